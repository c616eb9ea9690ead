import GRPC
import NIOCore
import NIOPosix

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Finds the addresses of a host name. The event loop must not wait meanwhile.
protocol NameResolver: Sendable {
  /// The addresses in order of preference; fails with ``ResolutionFailure``, or with whatever the
  /// resolver knows.
  func addresses(
    of host: String, port: Int, on eventLoop: any EventLoop
  ) -> EventLoopFuture<[SocketAddress]>
}

/// Why a name has no addresses, in words an operator can use.
struct ResolutionFailure: Error, Hashable, CustomStringConvertible {
  let description: String
}

/// The operating system's resolver, on a thread for blocking work. It orders by RFC 6724.
struct SystemResolver: NameResolver {
  /// Addresses of one name that are looked at.
  private static let addressesMax = 64

  func addresses(
    of host: String, port: Int, on eventLoop: any EventLoop
  ) -> EventLoopFuture<[SocketAddress]> {
    NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { try Self.lookUp(host, port) }
  }

  private static func lookUp(_ host: String, _ port: Int) throws -> [SocketAddress] {
    var hints = addrinfo()
    #if canImport(Glibc)
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      hints.ai_socktype = SOCK_STREAM
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, "\(port)", &hints, &list)
    guard code == 0 else { throw ResolutionFailure(description: words(code)) }
    defer { freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var next = list
    while let entry = next, found.count < addressesMax {
      if let address = address(entry.pointee) { found.append(address) }
      next = entry.pointee.ai_next
    }
    guard !found.isEmpty else { throw ResolutionFailure(description: "the name has no address") }
    return found
  }

  private static func address(_ entry: addrinfo) -> SocketAddress? {
    guard let bytes = UnsafeRawPointer(entry.ai_addr) else { return nil }
    let size = Int(entry.ai_addrlen)
    switch entry.ai_family {
    case AF_INET where size >= MemoryLayout<sockaddr_in>.size:
      return SocketAddress(bytes.loadUnaligned(as: sockaddr_in.self))
    case AF_INET6 where size >= MemoryLayout<sockaddr_in6>.size:
      return SocketAddress(bytes.loadUnaligned(as: sockaddr_in6.self))
    default:
      return nil
    }
  }

  static func words(_ code: Int32) -> String {
    switch code {
    case EAI_NONAME: "no such host name"
    case EAI_AGAIN: "the name servers did not answer"
    case EAI_FAIL: "the name servers failed"
    default: String(cString: gai_strerror(code))
    }
  }
}

extension HTTP2ClientTransport.Target {
  /// The addresses when none of the members has to be looked up, else nil.
  ///
  /// - Throws: NIO's error when a path is too long for a socket.
  var literalAddresses: [ResolvedAddress]? {
    get throws {
      var addresses: [ResolvedAddress] = []
      for member in members {
        guard let address = try ResolvedAddress(literal: member) else { return nil }
        addresses.append(address)
      }
      return addresses
    }
  }

  /// Looks all members up at once. Members without addresses are left out unless all are.
  func resolve(
    with resolver: any NameResolver, on eventLoop: any EventLoop
  ) -> EventLoopFuture<[ResolvedAddress]> {
    let lookups = members.map { member -> EventLoopFuture<[ResolvedAddress]> in
      do {
        if let address = try ResolvedAddress(literal: member) {
          return eventLoop.makeSucceededFuture([address])
        }
      } catch {
        return eventLoop.makeFailedFuture(error)
      }
      guard case .tcp(let host, let port) = member else {
        return eventLoop.makeSucceededFuture([])
      }
      return resolver.addresses(of: host, port: port, on: eventLoop).map { sockets in
        sockets.map { ResolvedAddress(origin: member, socket: $0) }
      }
    }
    return EventLoopFuture.whenAllComplete(lookups, on: eventLoop).flatMapThrowing { results in
      let found = results.flatMap { (try? $0.get()) ?? [] }
      if found.isEmpty, let first = results.first { _ = try first.get() }
      guard !found.isEmpty else { throw ResolutionFailure(description: "there are no addresses") }
      return found
    }
  }
}
