import NIOCore

/// One place to connect to, and the target that it was found for.
struct ResolvedAddress: Sendable, Hashable, CustomStringConvertible {
  /// A `tcp` or `unix` target: what certificates and failures name.
  let origin: HTTP2ClientTransport.Target
  /// Where the socket connects to.
  let socket: SocketAddress

  /// The origin; the address too when that was a name.
  var description: String {
    guard case .tcp(let host, _) = origin, let address = socket.ipAddress, address != host else {
      return "\(origin)"
    }
    return "\(origin) (\(address))"
  }

  /// The address of a target that needs no looking up; nil for host names.
  ///
  /// - Throws: NIO's error when a path is too long for a socket.
  init?(literal target: HTTP2ClientTransport.Target) throws {
    switch target {
    case .unix(let path):
      self.init(origin: target, socket: try SocketAddress(unixDomainSocketPath: path))
    case .tcp(let host, let port):
      guard !host.utf8.contains(UInt8(ascii: "%")),
        let socket = try? SocketAddress(ipAddress: host, port: port)
      else { return nil }
      self.init(origin: target, socket: socket)
    case .list:
      return nil
    }
  }

  init(origin: HTTP2ClientTransport.Target, socket: SocketAddress) {
    self.origin = origin
    self.socket = socket
  }

  /// Each address once; the families take turns, beginning with that of the first address, so that
  /// one broken family costs one attempt and not all of them (RFC 8305 section 4, gRFC A61).
  static func interleavingFamilies(_ addresses: [ResolvedAddress]) -> [ResolvedAddress] {
    var seen: Set<SocketAddress> = []
    let distinct = addresses.filter { seen.insert($0.socket).inserted }
    guard let first = distinct.first else { return [] }
    func isLikeFirst(_ address: ResolvedAddress) -> Bool {
      address.socket.protocol == first.socket.protocol
    }
    let lines = [distinct.filter(isLikeFirst), distinct.filter { !isLikeFirst($0) }]
    var mixed: [ResolvedAddress] = []
    for index in 0..<max(lines[0].count, lines[1].count) {
      for line in lines where index < line.count { mixed.append(line[index]) }
    }
    return mixed
  }
}
