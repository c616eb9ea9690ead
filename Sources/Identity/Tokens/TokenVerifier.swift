/// Checks access tokens offline, against the public keys of a `KeyRing`.
///
/// `verifyCached` is for the hot path: no suspension, no allocation. What it does not know goes to
/// `verify`, which checks the signature and may suspend to fetch keys.
public struct TokenVerifier: Sendable {
  /// Longest token looked at, in bytes.
  public static let tokenBytesMax = 8 * 1024
  /// Seconds by which clocks may differ.
  public static let leeway: Int64 = 30

  private let issuer: String
  private let audience: String
  private let keys: KeyRing
  private let cache: VerifiedTokenCache
  private let clock: UnixClock

  /// Makes a verifier for one service.
  ///
  /// - Parameters:
  ///   - issuer: the `iss` that tokens must have.
  ///   - audience: the service's own name, which tokens must list in `aud`, unless they are for
  ///     the whole system.
  ///   - keys: shared by all verifiers of the process.
  ///   - cache: of this verifier alone, because what is in it was accepted for its audience.
  ///   - clock: tells whether tokens have expired.
  public init(
    issuer: String = "farebox", audience: String, keys: KeyRing,
    cache: VerifiedTokenCache = VerifiedTokenCache(), clock: UnixClock = .system
  ) {
    self.issuer = issuer
    self.audience = audience
    self.keys = keys
    self.cache = cache
    self.clock = clock
  }

  /// The caller, when this token was accepted before and has not expired since; else nil.
  public func verifyCached(_ token: UnsafeBufferPointer<UInt8>) -> Principal? {
    cache.principal(of: token, now: clock.now())
  }

  /// The caller that a token stands for.
  ///
  /// Suspends only when the token names a key that is unknown here, or the keys are stale.
  public func verify(_ token: [UInt8]) async throws(TokenError) -> Principal {
    do throws(TokenError) {
      return try verifyWithKnownKeys(token)
    } catch .unknownKey, .keysUnavailable {
      await keys.refresh()
      return try verifyWithKnownKeys(token)
    }
  }

  /// The caller that a token stands for, judged by the keys at hand; never suspends.
  public func verifyWithKnownKeys(_ token: [UInt8]) throws(TokenError) -> Principal {
    let now = clock.now()
    if let known = token.withUnsafeBufferPointer({ cache.principal(of: $0, now: now) }) {
      return known
    }
    let parts = try CompactToken(token)
    try checkSignature(of: parts)
    let claims = try TokenClaims(parts.claimsBytes)
    try check(claims, now: now)
    let principal = Principal(
      subject: claims.subject, username: claims.username, roles: RoleSet(names: claims.roles),
      tokenID: claims.tokenID, expiresAt: claims.expiresAt)
    cache.insert(
      token, principal: principal, usableUntil: claims.expiresAt + Self.leeway, now: now)
    keys.refreshInBackgroundWhenOld()
    return principal
  }

  private func checkSignature(of token: CompactToken) throws(TokenError) {
    switch keys.answer(for: token.header.keyID) {
    case .unknown: throw .unknownKey
    case .stale: throw .keysUnavailable
    case .key(let key):
      // The key decides the algorithm; the header only has to agree (RFC 8725, section 3.1).
      guard token.header.algorithm == key.algorithm else { throw .wrongAlgorithm }
      guard key.isValidSignature(token.signature, over: token.signedBytes) else {
        throw .badSignature
      }
    }
  }

  /// Claims in the order of refusal. Times were bounded when they were read: no sum overflows.
  private func check(_ claims: TokenClaims, now: Int64) throws(TokenError) {
    guard claims.issuer == issuer else { throw .wrongIssuer }
    guard claims.audience.contains(audience) || claims.audience.contains(ServiceAudience.system)
    else { throw .wrongAudience }
    guard claims.notBefore <= now + Self.leeway else { throw .notYetValid }
    guard claims.issuedAt <= now + Self.leeway else { throw .notYetValid }
    guard claims.expiresAt + Self.leeway > now else { throw .expired }
    // A token that lives longer than any we issue is not one of ours, whoever signed it.
    guard claims.expiresAt > claims.issuedAt,
      claims.expiresAt - claims.issuedAt <= TokenIssuer.lifetimeMax
    else { throw .badClaim("exp") }
  }
}
