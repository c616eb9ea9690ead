import Crypto
import Foundation
import Synchronization

@testable import Identity

/// A clock that tests set.
final class ManualClock: Sendable {
  private let time: Atomic<Int64>
  init(_ time: Int64 = 1_800_000_000) { self.time = Atomic(time) }
  var now: Int64 {
    get { time.load(ordering: .relaxed) }
    set { time.store(newValue, ordering: .relaxed) }
  }
  var clock: UnixClock { UnixClock { self.now } }
}

/// Makes tokens that the issuer would never make, signed or not.
struct TokenForge {
  static let key = P256.Signing.PrivateKey()
  static var signingKey: SigningKey {
    get throws { try SigningKey(pemRepresentation: key.pemRepresentation) }
  }
  static var keyID: String { VerificationKey.identifier(of: key.publicKey) }

  var now: Int64
  var header: [String: any Sendable]
  var claims: [String: any Sendable]

  init(now: Int64) {
    self.now = now
    header = ["alg": "ES256", "typ": "at+jwt", "kid": Self.keyID]
    claims = [
      "iss": "farebox", "aud": ["farebox.auth", "farebox.accounting"], "sub": "usr_1",
      "name": "alice", "roles": ["USER"], "iat": now, "nbf": now, "exp": now + 600, "jti": "t1",
    ]
  }

  static func part(_ object: [String: any Sendable]) throws -> String {
    Base64URL.encode(try JSONSerialization.data(withJSONObject: object))
  }

  static func part(json: String) -> String { Base64URL.encode(Array(json.utf8)) }

  /// Signs `header.claims` correctly, whatever they are.
  static func sign(
    _ header: String, _ claims: String, with key: P256.Signing.PrivateKey = key
  ) throws -> String {
    let signed = "\(header).\(claims)"
    let signature = try key.signature(for: Data(signed.utf8))
    return "\(signed).\(Base64URL.encode(signature.rawRepresentation))"
  }

  func signed() throws -> String {
    try Self.sign(Self.part(header), Self.part(claims))
  }

  func header(_ name: String, _ value: (any Sendable)?) -> TokenForge {
    var copy = self
    copy.header[name] = value
    return copy
  }

  func claim(_ name: String, _ value: (any Sendable)?) -> TokenForge {
    var copy = self
    copy.claims[name] = value
    return copy
  }
}

extension TokenVerifier {
  func verdict(on token: String) -> Result<Principal, TokenError> {
    do throws(TokenError) {
      return .success(try verifyWithKnownKeys(Array(token.utf8)))
    } catch {
      return .failure(error)
    }
  }

  /// Why the token is refused; nil when it is accepted.
  func refusal(of token: String) -> TokenError? {
    if case .failure(let error) = verdict(on: token) { return error }
    return nil
  }
}
