import Crypto

/// The private key that signs access tokens: ECDSA on P-256.
public struct SigningKey: Sendable {
  /// The algorithm's name in token headers.
  public let algorithm = "ES256"
  /// The key's id: the beginning of its thumbprint (RFC 7638), so that the same key has the same id
  /// everywhere.
  public let keyID: String
  private let key: P256.Signing.PrivateKey

  /// A fresh key.
  public init() {
    self.init(P256.Signing.PrivateKey())
  }

  /// A key from its PEM form.
  public init(pemRepresentation: String) throws {
    self.init(try P256.Signing.PrivateKey(pemRepresentation: pemRepresentation))
  }

  private init(_ key: P256.Signing.PrivateKey) {
    self.key = key
    self.keyID = VerificationKey.identifier(of: key.publicKey)
  }

  /// PKCS #8 in PEM: a secret.
  public var pemRepresentation: String { key.pemRepresentation }

  /// What verifies this key's signatures.
  public var verificationKey: VerificationKey { VerificationKey(key.publicKey) }
}

extension SigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The id only.
  public var description: String { "SigningKey(\(keyID))" }
  /// The id only.
  public var debugDescription: String { description }
  /// Shows no member, so that `dump` prints no secret.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
