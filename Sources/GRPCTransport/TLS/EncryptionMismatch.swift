import GRPC

/// One side of a connection speaks TLS and the other one does not.
///
/// Every failure of a call that has this cause says so in its message; this finds it there, so that
/// a program can add which of its settings to change.
public enum EncryptionMismatch: Sendable, Hashable {
  /// We spoke plaintext, the server wants TLS.
  case serverExpectsTLS
  /// We spoke TLS, the server wants plaintext.
  case serverExpectsPlaintext

  /// The mismatch that a failure tells of, certain or likely; nil when it tells of none.
  public init?(in error: RPCError) {
    guard error.code == .unavailable else { return nil }
    func tells(_ texts: String...) -> Bool { texts.contains { error.message.contains($0) } }
    if tells(Self.answeredWithTLS, Self.closedBeforeSettings, Self.demandsTLS) {
      self = .serverExpectsTLS
    } else if tells(Self.noTLS, Self.closedInHandshake) {
      self = .serverExpectsPlaintext
    } else {
      return nil
    }
  }

  static let answeredWithTLS =
    "the server answered with TLS: it does not accept plaintext on this port"
  static let demandsTLS = "the server refuses plaintext: this port expects TLS"
  static let closedBeforeSettings =
    "the server closed the connection before its HTTP/2 settings; does it expect TLS?"
  static let noTLS = "it does not speak TLS on this port"
  static let closedInHandshake =
    "the server closed the connection during the TLS handshake; does it expect plaintext?"
}
