import NIOCore
import NIOSSL
import Synchronization

/// Whom a client trusts, and how it shows who it is.
///
/// TLS 1.2 or newer, and HTTP/2 agreed on by ALPN ("h2"). ``reload()`` takes over renewed files
/// without a restart. May be used from any thread, and by several transports.
public final class ClientTLS: Sendable {
  /// Which servers are believed.
  public enum Trust: Sendable, Hashable {
    /// Those whose certificate the operating system's authorities vouch for.
    case systemRoots
    /// Those whose certificate an authority of this PEM file vouches for.
    case authorityFile(String)
    /// Any: whoever sits in between reads and changes everything. For tests and diagnosis only.
    case anyone
  }

  private let trust: Trust
  private let certificateChainFile: String?
  private let privateKeyFile: String?
  private let serverName: String?
  private let current: Mutex<NIOSSLContext>

  /// Reads the files.
  ///
  /// - Parameters:
  ///   - trust: which servers are believed.
  ///   - certificateChainFile: our own certificate (PEM) for servers that demand one, then those
  ///     between it and the root; `privateKeyFile` goes with it.
  ///   - privateKeyFile: the key of our own certificate (PEM, without a password).
  ///   - serverName: the name that the server's certificate must bear; nil = the host or the IP
  ///     address of the target (`localhost` for unix sockets).
  /// - Throws: ``TLSSetupError``, which names the file or the value.
  public init(
    trust: Trust = .systemRoots, certificateChainFile: String? = nil,
    privateKeyFile: String? = nil, serverName: String? = nil
  ) throws(TLSSetupError) {
    if let serverName { try Self.check(serverName) }
    self.trust = trust
    self.certificateChainFile = certificateChainFile
    self.privateKeyFile = privateKeyFile
    self.serverName = serverName
    current = Mutex(try Self.read(trust, certificateChainFile, privateKeyFile))
  }

  /// Reads the files again; connections made from now on use what they hold, open ones stay.
  ///
  /// - Throws: ``TLSSetupError``; the old certificates then stay in use.
  public func reload() throws(TLSSetupError) {
    let fresh = try Self.read(trust, certificateChainFile, privateKeyFile)
    current.withLock { $0 = fresh }
  }

  private static func read(
    _ trust: Trust, _ chainFile: String?, _ keyFile: String?
  ) throws(TLSSetupError) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["h2"]
    configuration.shutdownTimeout = ServerTLS.goodbyeMax
    var files: [String] = []
    switch trust {
    case .systemRoots: break
    case .authorityFile(let path):
      configuration.trustRoots = .certificates(try TLSFiles.certificates(path))
      files.append(path)
    case .anyone: configuration.certificateVerification = .none
    }
    switch (chainFile, keyFile) {
    case (nil, nil): break
    case (let chain?, let key?):
      configuration.certificateChain = try TLSFiles.certificates(chain).map { .certificate($0) }
      configuration.privateKey = .privateKey(try TLSFiles.privateKey(key))
      files += [chain, key]
    default:
      throw TLSSetupError(description: "a client certificate and its key go together")
    }
    return try TLSFiles.context(
      configuration, of: files.isEmpty ? "the system's roots" : files.joined(separator: ", "))
  }

  /// What stands between the socket and the connection, the socket's side first.
  func handlers(for target: HTTP2ClientTransport.Target) throws -> [any ChannelHandler] {
    let host =
      switch target {
      case .tcp(let host, _): host
      case .unix, .list: "localhost"
      }
    // An IP address has no place in SNI (RFC 6066 section 3): without a name, the certificate is
    // held against the address of the peer.
    let isAddress = serverName == nil && Self.isIPAddress(host)
    let name = serverName ?? host
    return [
      ClientTLSGreeting(),
      try NIOSSLClientHandler(
        context: current.withLock { $0 }, serverHostname: isAddress ? nil : name),
      ClientTLSGate(serverName: name, checksName: trust != .anyone && !isAddress),
    ]
  }

  private static func check(_ name: String) throws(TLSSetupError) {
    let isPlain = name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    guard isPlain, (1...255).contains(name.utf8.count), !isIPAddress(name) else {
      throw TLSSetupError(description: "'\(name)' is no host name that a certificate could bear")
    }
  }

  private static func isIPAddress(_ host: String) -> Bool {
    (try? SocketAddress(ipAddress: host, port: 0)) != nil
  }
}
