import Testing

@testable import Identity

@Suite("The cache of verified tokens")
struct VerifiedTokenCacheTests {
  let principal = Principal(
    subject: "usr_1", username: "alice", roles: [.user], tokenID: "t", expiresAt: 100)

  func look(_ cache: VerifiedTokenCache, _ token: [UInt8], now: Int64) -> Principal? {
    token.withUnsafeBufferPointer { cache.principal(of: $0, now: now) }
  }

  @Test("A token is found until its time, byte for byte, and then no more")
  func expiry() {
    let cache = VerifiedTokenCache()
    let token = Array("header.claims.\(String(repeating: "s", count: 86))".utf8)
    #expect(look(cache, token, now: 0) == nil)
    cache.insert(token, principal: principal, usableUntil: 130, now: 0)
    #expect(look(cache, token, now: 129) === principal)
    #expect(look(cache, token, now: 130) == nil)
    // The same end, hence the same hash: the rest decides.
    var other = token
    other[0] = UInt8(ascii: "H")
    #expect(look(cache, other, now: 0) == nil)
    #expect(look(cache, Array(token.dropLast()), now: 0) == nil)
    #expect(look(cache, [], now: 0) == nil)
    cache.removeAll()
    #expect(look(cache, token, now: 0) == nil)
  }

  @Test("It never holds more than its capacity, and gives up what expires first")
  func bound() {
    let cache = VerifiedTokenCache(capacity: 64)
    for number in 0..<10_000 {
      cache.insert(
        Array("token-\(number)".utf8), principal: principal, usableUntil: Int64(1000 + number),
        now: 0)
    }
    #expect(cache.count == 64)
    #expect(look(cache, Array("token-9999".utf8), now: 0) != nil)
    #expect(look(cache, Array("token-0".utf8), now: 0) == nil)
  }

  @Test("A verified token is answered without its key, a refused one is never remembered")
  func throughVerifier() throws {
    let time = ManualClock()
    let cache = VerifiedTokenCache()
    let verifier = TokenVerifier(
      audience: ServiceAudience.auth,
      keys: KeyRing(fixed: KeySet([try TokenForge.signingKey.verificationKey])), cache: cache,
      clock: time.clock)
    let token = Array(try TokenForge(now: time.now).signed().utf8)
    func cached() -> Principal? { token.withUnsafeBufferPointer { verifier.verifyCached($0) } }
    #expect(cached() == nil)
    let principal = try verifier.verifyWithKnownKeys(token)
    #expect(cached() === principal)
    time.now += 629
    #expect(cached() === principal)
    time.now += 1
    #expect(cached() == nil)
    #expect(throws: TokenError.expired) { try verifier.verifyWithKnownKeys(token) }

    let before = cache.count
    let bad = try TokenForge(now: time.now).claim("iss", "other").signed()
    #expect(verifier.refusal(of: bad) == .wrongIssuer)
    #expect(cache.count == before)
  }
}
