import NIOCore
import NIOSSL
import Synchronization

/// The certificates of a server, and whether its clients need some too.
///
/// TLS 1.2 or newer, and HTTP/2 agreed on by ALPN ("h2"): other clients are told so and closed.
/// ``reload()`` takes over renewed files without a restart. May be used from any thread, and by
/// several servers.
public final class ServerTLS: Sendable {
  /// Time that a peer gets to say goodbye in TLS before the connection is just closed. Short: few
  /// peers answer at all, and connections with HTTP/2 on them close their halves in order first.
  static let goodbyeMax = TimeAmount.milliseconds(100)

  private let certificateChainFile: String
  private let privateKeyFile: String
  private let clientAuthorityFile: String?
  private let current: Mutex<NIOSSLContext>

  /// Reads the PEM files.
  ///
  /// - Parameters:
  ///   - certificateChainFile: the server's certificate, then those between it and the root.
  ///   - privateKeyFile: the key of the first certificate, without a password.
  ///   - clientAuthorityFile: the authorities that clients' certificates must come from; with it,
  ///     clients without such a certificate are refused. nil = clients need none.
  /// - Throws: ``TLSSetupError``, which names the file.
  public init(
    certificateChainFile: String, privateKeyFile: String, clientAuthorityFile: String? = nil
  ) throws(TLSSetupError) {
    self.certificateChainFile = certificateChainFile
    self.privateKeyFile = privateKeyFile
    self.clientAuthorityFile = clientAuthorityFile
    current = Mutex(
      try Self.read(certificateChainFile, privateKeyFile, clientAuthorityFile))
  }

  /// Reads the files again; connections accepted from now on get the new certificates, open ones
  /// keep theirs.
  ///
  /// - Throws: ``TLSSetupError``; the old certificates then stay in use.
  public func reload() throws(TLSSetupError) {
    let fresh = try Self.read(certificateChainFile, privateKeyFile, clientAuthorityFile)
    current.withLock { $0 = fresh }
  }

  /// What stands between the socket and the connection, the socket's side first.
  func handlers(for connection: ServerConnection) -> [any ChannelHandler] {
    let context = current.withLock { $0 }
    return [
      ServerTLSGreeting(), NIOSSLServerHandler(context: context),
      ServerTLSGate(connection, demandsCertificate: clientAuthorityFile != nil),
    ]
  }

  private static func read(
    _ chainFile: String, _ keyFile: String, _ authorityFile: String?
  ) throws(TLSSetupError) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try TLSFiles.certificates(chainFile).map { .certificate($0) },
      privateKey: .privateKey(try TLSFiles.privateKey(keyFile)))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["h2"]
    configuration.shutdownTimeout = goodbyeMax
    if let authorityFile {
      configuration.trustRoots = .certificates(try TLSFiles.certificates(authorityFile))
      // Clients have no host name to check; a certificate from the authority is demanded.
      configuration.certificateVerification = .noHostnameVerification
    }
    return try TLSFiles.context(configuration, of: "\(chainFile) and \(keyFile)")
  }
}
