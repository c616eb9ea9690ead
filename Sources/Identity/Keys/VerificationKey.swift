import Crypto

/// A public key that verifies access tokens, with the one algorithm it is used with.
public struct VerificationKey: Sendable {
  /// The only algorithm: token headers must name exactly this one.
  public let algorithm = "ES256"
  /// The key's id.
  public let keyID: String
  private let key: P256.Signing.PublicKey

  init(_ key: P256.Signing.PublicKey, keyID: String? = nil) {
    self.key = key
    self.keyID = keyID ?? Self.identifier(of: key)
  }

  /// A key from the two coordinates of its point, 32 bytes each; nil when they are no point of
  /// P-256.
  init?(x: [UInt8], y: [UInt8], keyID: String) {
    guard x.count == 32, y.count == 32, isIdentifier(keyID),
      let key = try? P256.Signing.PublicKey(rawRepresentation: x + y)
    else { return nil }
    self.init(key, keyID: keyID)
  }

  /// Whether `signature` (`r` and `s`, 32 bytes each) was made over `bytes` by this key's owner.
  func isValidSignature(_ signature: [UInt8], over bytes: ArraySlice<UInt8>) -> Bool {
    guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else {
      return false
    }
    return key.isValidSignature(signature, for: bytes)
  }

  /// The coordinates of the key's point in base 64, as a JSON Web Key writes them.
  var coordinates: (x: String, y: String) { Self.coordinates(of: key) }

  /// Characters of an id, 6 bits each. Every token bears it, and every call a token; it only has to
  /// tell the few keys of an installation apart.
  private static let identifierCount = 12

  /// The beginning of the key's thumbprint: SHA-256 over its required members in alphabetical order
  /// (RFC 7638).
  static func identifier(of key: P256.Signing.PublicKey) -> String {
    let (x, y) = coordinates(of: key)
    let canonical = #"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#
    let thumbprint = Base64URL.encode(SHA256.hash(data: Array(canonical.utf8)))
    return String(thumbprint.prefix(identifierCount))
  }

  private static func coordinates(of key: P256.Signing.PublicKey) -> (x: String, y: String) {
    let point = key.rawRepresentation
    return (Base64URL.encode(point.prefix(32)), Base64URL.encode(point.suffix(32)))
  }
}
