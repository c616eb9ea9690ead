import JWTKit

/// The claims of an access token. All are mandatory.
struct TokenClaims: Sendable, Equatable {
  var issuer: String
  var audience: [String]
  var subject: String
  var username: String
  var roles: [String]
  var issuedAt: Int64
  var notBefore: Int64
  var expiresAt: Int64
  var tokenID: String
}

extension TokenClaims: JWTPayload {
  enum CodingKeys: String, CodingKey {
    case issuer = "iss"
    case audience = "aud"
    case subject = "sub"
    case username = "name"
    case roles
    case issuedAt = "iat"
    case notBefore = "nbf"
    case expiresAt = "exp"
    case tokenID = "jti"
  }

  /// JWTKit signs these claims and never verifies them: `TokenVerifier` does.
  func verify(using algorithm: some JWTAlgorithm) throws {
    throw TokenError.unsupportedHeader("alg")
  }
}

extension TokenClaims {
  /// Reads claims strictly: exact types, integers for times, well-formed ids.
  init(_ bytes: [UInt8]) throws(TokenError) {
    guard let members = TokenJSON.members(of: bytes) else { throw .malformed("claims") }

    func text(_ claim: CodingKeys) throws(TokenError) -> String {
      guard case .string(let text) = members[claim.rawValue], isIdentifier(text) else {
        throw .badClaim(claim.rawValue)
      }
      return text
    }
    func time(_ claim: CodingKeys) throws(TokenError) -> Int64 {
      // 2^40 seconds is the year 36812: sums with leeways and lifetimes stay far from overflow.
      guard case .integer(let seconds) = members[claim.rawValue], (0..<(1 << 40)).contains(seconds)
      else { throw .badClaim(claim.rawValue) }
      return seconds
    }

    issuer = try text(.issuer)
    switch members[CodingKeys.audience.rawValue] {
    case .string(let one): audience = [one]
    case .strings(let several): audience = several
    default: throw .badClaim(CodingKeys.audience.rawValue)
    }
    subject = try text(.subject)
    username = try text(.username)
    guard case .strings(let roles) = members[CodingKeys.roles.rawValue] else {
      throw .badClaim(CodingKeys.roles.rawValue)
    }
    self.roles = roles
    issuedAt = try time(.issuedAt)
    notBefore = try time(.notBefore)
    expiresAt = try time(.expiresAt)
    tokenID = try text(.tokenID)
  }
}
