import JWTKit

/// Makes access tokens: ES256-signed JSON Web Tokens.
public struct TokenIssuer: Sendable {
  /// How long a token lives at most, in seconds; verifiers refuse longer ones.
  public static let lifetimeMax: Int64 = 600

  /// Characters of a token's id, 5 random bits each: it is for logs, and sent with every call.
  private static let tokenIDCount = 16

  /// Who signs, the `iss` of every token.
  public let issuer: String
  private let audience: [String]
  private let lifetime: Int64
  private let key: SigningKey
  private let signer: JWTKeyCollection
  private let clock: UnixClock

  /// A token and when it ends.
  public struct IssuedToken: Sendable {
    /// The token in compact form: a secret.
    public let token: String
    /// Seconds since 1970.
    public let expiresAt: Int64
  }

  /// Makes an issuer.
  ///
  /// - Parameters:
  ///   - key: signs the tokens.
  ///   - issuer: the `iss` of every token, an identifier.
  ///   - audience: the services that tokens are for, see `ServiceAudience`.
  ///   - lifetime: seconds, 1 to `lifetimeMax`.
  ///   - clock: tells the time of issue.
  public init(
    key: SigningKey, issuer: String = "farebox", audience: [String] = [ServiceAudience.system],
    lifetime: Int64 = lifetimeMax, clock: UnixClock = .system
  ) async throws {
    precondition((1...Self.lifetimeMax).contains(lifetime), "tokens live up to ten minutes")
    precondition(isIdentifier(issuer), "an issuer is an identifier")
    self.key = key
    self.issuer = issuer
    self.audience = audience
    self.lifetime = lifetime
    self.clock = clock
    self.signer = await JWTKeyCollection().add(
      ecdsa: try ES256PrivateKey(pem: key.pemRepresentation),
      kid: JWKIdentifier(string: key.keyID))
  }

  /// Makes a token for a user who has proved who they are.
  public func issue(to user: UserRecord) async throws -> IssuedToken {
    try await issue(subject: user.id, username: user.username, roles: user.roles)
  }

  /// Makes a token.
  ///
  /// - Parameters:
  ///   - subject: the user's id, or for a program `svc:` and its name.
  ///   - username: the name for people.
  ///   - roles: what the token grants.
  public func issue(
    subject: String, username: Username, roles: RoleSet
  ) async throws -> IssuedToken {
    precondition(isIdentifier(subject), "a subject is an identifier")
    let now = clock.now()
    let claims = TokenClaims(
      issuer: issuer, audience: audience, subject: subject, username: username.text,
      roles: roles.names, issuedAt: now, notBefore: now, expiresAt: now + lifetime,
      tokenID: String(randomIdentifier().prefix(Self.tokenIDCount)))
    let header: JWTHeader = [
      "alg": .string(key.algorithm), "typ": .string(TokenHeader.type), "kid": .string(key.keyID),
    ]
    let token = try await signer.sign(
      claims, kid: JWKIdentifier(string: key.keyID), header: header)
    return IssuedToken(token: token, expiresAt: claims.expiresAt)
  }
}

/// The names by which tokens tell which service they are for.
public enum ServiceAudience {
  /// All services of an installation, in one word: a token is sent with every call.
  public static let system = "farebox"
  /// The auth service.
  public static let auth = "farebox.auth"
  /// The accounting service.
  public static let accounting = "farebox.accounting"
  /// The chat service.
  public static let chat = "farebox.chat"
  /// The names of all services.
  public static let all = [auth, accounting, chat]
}
