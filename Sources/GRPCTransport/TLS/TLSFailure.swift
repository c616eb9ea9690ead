import NIOSSL

/// Why TLS did not come about or broke, in words an operator can use.
struct TLSFailure: Error, Hashable, CustomStringConvertible {
  /// Who we are in the handshake.
  enum Side: Sendable { case client, server }

  let description: String

  init(_ description: String) { self.description = description }

  /// Puts what NIOSSL reports into words. nil when it only says that a connection ended without the
  /// goodbye of TLS: HTTP/2 knows by itself what is complete (RFC 9113 section 9.2 asks for none).
  init?(_ error: any Error, on side: Side, expecting serverName: String = "us") {
    switch error {
    case let known as TLSFailure:
      self = known
      return
    case is NIOSSLCloseTimedOutError, NIOSSLError.uncleanShutdown, NIOSSLError.shutdownFailed:
      return nil
    case let mismatch as NIOSSLExtraError where mismatch == .failedToValidateHostname:
      self.init(Self.wrongName(serverName))
      return
    default: break
    }
    let text = "\(error)"
    let words = side == .client ? Self.clientWords : Self.serverWords
    if let (_, known) = words.first(where: { text.contains($0.reason) }) {
      self.init(known)
    } else {
      self.init(text)
    }
  }

  static func wrongName(_ serverName: String) -> String {
    "the server's certificate is not for \(serverName)"
  }

  private typealias Words = [(reason: String, words: String)]

  /// BoringSSL's reasons; those with ALERT are what the peer says about us.
  private static let clientWords: Words = [
    ("CERTIFICATE_VERIFY_FAILED",
      "the server's certificate is not trusted: unknown authority, or not valid now"),
    ("EOF during handshake", EncryptionMismatch.closedInHandshake),
    ("NO_APPLICATION_PROTOCOL", "the server does not offer HTTP/2 over TLS (ALPN h2)"),
    ("CERTIFICATE_REQUIRED", "the server demands a client certificate"),
    ("ALERT_UNKNOWN_CA", "the server does not trust our client certificate"),
    ("ALERT_BAD_CERTIFICATE", "the server does not accept our client certificate"),
    ("ALERT_CERTIFICATE", "the server does not accept our client certificate"),
    ("ALERT_PROTOCOL_VERSION", "the server does not speak TLS 1.2 or newer"),
    ("UNSUPPORTED_PROTOCOL", "the server does not speak TLS 1.2 or newer"),
    ("ALERT_HANDSHAKE_FAILURE",
      "the server refused the TLS handshake; does it demand a client certificate?"),
  ]

  private static let serverWords: Words = [
    ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "the client sent no certificate"),
    ("CERTIFICATE_VERIFY_FAILED",
      "the client's certificate is not trusted: unknown authority, or not valid now"),
    ("EOF during handshake", "the client closed the connection during the TLS handshake"),
    ("ALERT_UNKNOWN_CA", "the client does not trust our certificate"),
    ("ALERT_BAD_CERTIFICATE", "the client does not accept our certificate"),
    ("ALERT_CERTIFICATE", "the client does not accept our certificate"),
    ("UNSUPPORTED_PROTOCOL", "the client does not speak TLS 1.2 or newer"),
  ]
}
