import Synchronization
import Testing

@testable import Identity

@Suite("The ring of verification keys")
struct KeyRingTests {
  final class Source: KeySource {
    let fetches = Atomic<Int>(0)
    let keys: Mutex<KeySet?>
    init(_ keys: KeySet?) { self.keys = Mutex(keys) }
    struct Down: Error {}
    func fetchKeys() async throws -> KeySet {
      fetches.add(1, ordering: .relaxed)
      guard let keys = keys.withLock({ $0 }) else { throw Down() }
      return keys
    }
    var count: Int { fetches.load(ordering: .relaxed) }
  }

  let time = ManualClock()

  func makeVerifier(_ source: Source) -> TokenVerifier {
    TokenVerifier(
      audience: ServiceAudience.auth, keys: KeyRing(source: source, clock: time.clock),
      clock: time.clock)
  }

  func refusal(of token: String, by verifier: TokenVerifier) async -> TokenError? {
    do throws(TokenError) {
      _ = try await verifier.verify(Array(token.utf8))
      return nil
    } catch {
      return error
    }
  }

  @Test("Keys are fetched at the first token and then kept")
  func firstUse() async throws {
    let source = Source(KeySet([try TokenForge.signingKey.verificationKey]))
    let verifier = makeVerifier(source)
    for number in 0..<5 {
      let token = try TokenForge(now: time.now).claim("jti", "t\(number)").signed()
      #expect(await refusal(of: token, by: verifier) == nil)
    }
    #expect(source.count == 1)
  }

  @Test("A flood of unknown key ids costs one fetch per 30 seconds, and a new key is found")
  func unknownKeys() async throws {
    let source = Source(KeySet([SigningKey().verificationKey]))
    let verifier = makeVerifier(source)
    let token = try TokenForge(now: time.now).signed()
    for _ in 0..<100 { #expect(await refusal(of: token, by: verifier) == .unknownKey) }
    #expect(source.count == 1)
    let key = try TokenForge.signingKey.verificationKey
    source.keys.withLock { $0 = KeySet([key]) }
    time.now += 29
    #expect(await refusal(of: token, by: verifier) == .unknownKey)
    time.now += 1
    #expect(await refusal(of: token, by: verifier) == nil)
    #expect(source.count == 2)
  }

  @Test("Without keys, or with keys older than an hour that cannot be renewed, nothing is accepted")
  func stale() async throws {
    let key = try TokenForge.signingKey.verificationKey
    let source = Source(nil)
    let verifier = makeVerifier(source)
    #expect(
      await refusal(of: try TokenForge(now: time.now).signed(), by: verifier) == .keysUnavailable)
    source.keys.withLock { $0 = KeySet([key]) }
    time.now += 30
    #expect(await refusal(of: try TokenForge(now: time.now).signed(), by: verifier) == nil)
    source.keys.withLock { $0 = nil }
    time.now += 3599
    #expect(await refusal(of: try TokenForge(now: time.now).signed(), by: verifier) == nil)
    time.now += 60
    #expect(
      await refusal(of: try TokenForge(now: time.now).signed(), by: verifier) == .keysUnavailable)
  }

  @Test("Many calls at once share one fetch")
  func singleFlight() async throws {
    let source = Source(KeySet([try TokenForge.signingKey.verificationKey]))
    let verifier = makeVerifier(source)
    let token = try TokenForge(now: time.now).signed()
    await withTaskGroup(of: TokenError?.self) { group in
      for _ in 0..<50 { group.addTask { await refusal(of: token, by: verifier) } }
      for await refusal in group { #expect(refusal == nil) }
    }
    #expect(source.count == 1)
  }
}
