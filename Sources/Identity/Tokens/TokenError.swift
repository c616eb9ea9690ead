/// Why a token was not accepted.
public enum TokenError: Error, Sendable, Hashable {
  /// Not a compact JSON Web Signature as RFC 7515 writes it; the text says where it fails.
  case malformed(String)
  /// Longer than `TokenVerifier.tokenBytesMax`.
  case tooLong
  /// The header asks for something this system does not do, named here.
  case unsupportedHeader(String)
  /// The header's algorithm is not the one of our key.
  case wrongAlgorithm
  /// No key of that id is known.
  case unknownKey
  /// The keys are too old to be trusted and could not be fetched again.
  case keysUnavailable
  /// The signature does not fit.
  case badSignature
  /// A claim is missing, of the wrong type or out of its range; named here.
  case badClaim(String)
  /// Signed by somebody else's authority.
  case wrongIssuer
  /// Made for another service.
  case wrongAudience
  /// Not yet valid.
  case notYetValid
  /// No longer valid.
  case expired

  /// What the caller is told; holds nothing of the token.
  public var message: String {
    switch self {
    case .malformed(let place): "the access token is malformed: \(place)"
    case .tooLong: "the access token is longer than \(TokenVerifier.tokenBytesMax) bytes"
    case .unsupportedHeader(let field): "the access token's header is not supported: \(field)"
    case .wrongAlgorithm: "the access token's algorithm is not the one of its key"
    case .unknownKey: "the access token is signed with an unknown key"
    case .keysUnavailable: "the keys that verify access tokens cannot be fetched"
    case .badSignature: "the access token's signature is not valid"
    case .badClaim(let claim): "the access token's claim is missing or wrong: \(claim)"
    case .wrongIssuer: "the access token is from another issuer"
    case .wrongAudience: "the access token is not for this service"
    case .notYetValid: "the access token is not valid yet"
    case .expired: "the access token has expired"
    }
  }
}
