import Ledger
import LedgerConformance
import Testing

@Suite("Credit is spent in a fixed order")
struct SpendingOrderTests {
  @Test("priority, soonest expiry with never last, promotions, effective instant, id")
  func order() async throws {
    let bench = try Bench()
    let start = bench.clock.now()
    bench.clock.advance(.seconds(10))
    let late = bench.after(500)
    let soon = bench.after(100)
    // In the order in which they are to be spent; granted in another.
    let grants: [(name: String, grant: AllocateCredits)] = [
      ("low priority number first, although it never expires", grant(priority: 1)),
      ("then the soonest expiry, although it is paid", grant(expiresAt: soon)),
      ("of equal expiry the promotion", grant(.promo, expiresAt: late)),
      ("of others the one begun first", grant(.adjust, effectiveAt: start, expiresAt: late)),
      ("then by id", grant(.paid, expiresAt: late)),
      ("by id", grant(.adjust, expiresAt: late)),
      ("never expires: last of its priority, the promotion first", grant(.promo)),
      ("never expires", grant()),
      ("a high priority number", grant(.promo, priority: 200, expiresAt: soon)),
    ]
    let seed = UInt64.random(in: 0..<1_000_000)
    print("spending order: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    // Two are equal but for the id: the one to be spent later is granted last.
    let granted = grants.indices.filter { $0 != 5 }.shuffled(using: &random) + [5]
    var ids: [Int: AllocationID] = [:]
    for index in granted {
      ids[index] = try await bench.ledger.allocate(grants[index].grant, by: bench.attempt())
        .get().value.allocation.id
    }
    let usage = try await bench.deduct(.micros(10 * Int64(grants.count))).usage
    #expect(usage.pins.map(\.allocation) == grants.indices.map { ids[$0] })
    #expect(usage.pins.allSatisfy { $0.amountMicros == 10 })
  }

  @Test("a grant for one model pays for that model only")
  func modelFilter() async throws {
    let bench = try Bench()
    try await bench.put(PriceRates(outputMicrosPerMillion: 1_000_000), for: "tiny")
    try await bench.put(PriceRates(outputMicrosPerMillion: 1_000_000), for: "large")
    let filtered = try await bench.allocate(10, priority: 1, models: ["tiny"]).allocation.id
    let general = try await bench.allocate(5).allocation.id
    #expect(bench.balance() == [15, 0, 0])
    #expect(try bench.check(.micros(6)).decision == .insufficient)
    let large = Charge.usage(TokenUsage(model: "large", outputTokens: 6))
    #expect(try bench.check(large).shortfallMicros == 1)
    #expect(try bench.check(.usage(TokenUsage(model: "tiny", outputTokens: 15))).isSufficient)
    let usage = try await bench.deduct(.usage(TokenUsage(model: "tiny", outputTokens: 12))).usage
    #expect(
      usage.pins == [
        Pin(allocation: filtered, amountMicros: 10), Pin(allocation: general, amountMicros: 2),
      ])
  }

  private func grant(
    _ allocationClass: AllocationClass = .paid, priority: UInt8 = 100,
    effectiveAt: LedgerTime? = nil, expiresAt: LedgerTime? = nil
  ) -> AllocateCredits {
    AllocateCredits(
      account: "alice", amountMicros: 10, allocationClass: allocationClass, priority: priority,
      effectiveAt: effectiveAt, expiresAt: expiresAt)
  }
}
