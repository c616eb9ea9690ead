import Ledger
import LedgerConformance
import Testing

@Suite("A cost above what is covered")
struct OverChargeTests {
  /// Charged, debt, uncollected.
  private func parts(_ usage: UsageRecord) -> [Int64] {
    [usage.chargedMicros, usage.debtMicros, usage.uncollectedMicros]
  }

  @Test(
    "of a settle: COVER takes available credit, then the overdraft; CAP stops at the grant",
    arguments: [
      (OverPolicy.cover, 8, [8, 0, 0]), (.cover, 13, [13, 0, 0]), (.cover, 18, [18, 3, 0]),
      (.cover, 30, [20, 5, 10]), (.cap, 8, [8, 0, 0]), (.cap, 13, [10, 0, 3]),
    ] as [(OverPolicy, Int64, [Int64])])
  func settle(policy: OverPolicy, cost: Int64, expected: [Int64]) async throws {
    let bench = try Bench()
    try await bench.set("alice", overdraft: 5)
    try await bench.allocate(15)
    let hold = try await bench.hold(.micros(10)).hold
    let answer = try await bench.settle(hold, .micros(cost), policy)
    #expect(parts(answer.usage) == expected)
    #expect(answer.usage.costMicros == cost)
    #expect(answer.returnedMicros == max(0, 10 - cost))
    let paid = expected[0] - expected[1]
    #expect(bench.balance() == [15 - paid, 0, expected[1]])
    let kinds = try bench.store.entries(afterSeq: 3, limit: 9).map(\.change.kind)
    #expect(kinds == (cost > 10 ? [.holdEnded, .overCharged] : [.holdEnded]), "I5")
  }

  @Test(
    "of a deduction: COVER records what it cannot collect, CAP spares the overdraft",
    arguments: [
      (OverPolicy.cover, 15, [15, 0, 0]), (.cover, 18, [18, 3, 0]), (.cover, 30, [20, 5, 10]),
      (.cap, 18, [15, 0, 3]), (.reject, 20, [20, 5, 0]),
    ] as [(OverPolicy, Int64, [Int64])])
  func deduct(policy: OverPolicy, cost: Int64, expected: [Int64]) async throws {
    let bench = try Bench()
    try await bench.set("alice", overdraft: 5)
    try await bench.allocate(15)
    let usage = try await bench.deduct(.micros(cost), from: "alice", policy).usage
    #expect(parts(usage) == expected)
  }

  @Test("debt is repaid by the next allocation, by one that begins, and by what a hold gives back")
  func debt() async throws {
    let bench = try Bench()
    try await bench.set("alice", overdraft: 100)
    try await bench.allocate(10)
    let hold = try await bench.hold(.micros(10)).hold
    try await bench.deduct(.micros(50))
    #expect(bench.balance() == [0, 10, 50])
    try await bench.release(hold)
    #expect(bench.balance() == [0, 0, 40])
    let granted = try await bench.allocate(15)
    #expect(granted.debtRepaidMicros == 15 && granted.allocation.spentMicros == 15)
    #expect(bench.balance() == [0, 0, 25])
    try await bench.allocate(7, models: ["tiny"])
    #expect(bench.balance() == [7, 0, 25], "credit for one model repays no debt")
    try await bench.allocate(30, effectiveAt: bench.after(60))
    #expect(bench.balance() == [7, 0, 25])
    bench.clock.advance(.seconds(60))
    #expect(bench.balance() == [12, 0, 0])
    try await bench.deduct(.micros(5))
    #expect(bench.balance() == [7, 0, 0])
  }

  @Test("a partial hold is granted down to the minimum that the caller accepts, and no lower")
  func partialHold() async throws {
    let bench = try Bench()
    try await bench.put(
      PriceRates(inputMicrosPerMillion: 1_000_000, outputMicrosPerMillion: 2_000_000))
    try await bench.allocate(25)
    let wanted = Charge.usage(TokenUsage(model: "model", inputTokens: 5, outputTokens: 50))
    let refused = await bench.submit(
      .openHold(OpenHold(account: "alice", charge: wanted, minMicros: 26)))
    guard case .failure(.insufficientCredits(let check)) = refused else {
      throw Breach("granted below the minimum")
    }
    #expect(check.requiredMicros == 105 && check.maxAffordableTokens == 10)
    #expect(bench.balance() == [25, 0, 0], "a denied hold holds nothing")
    let answer = try await bench.hold(wanted, min: 25)
    #expect(answer.hold.grantedMicros == 25 && answer.grantedTokens == 10)
    #expect(answer.expiresIn == .seconds(60))
    #expect(bench.balance() == [0, 25, 0])
  }

  @Test("a hold keeps the price that it pinned; work without tokens costs nothing")
  func pinnedPrice() async throws {
    let bench = try Bench()
    let old = try await bench.put(PriceRates(outputMicrosPerMillion: 1_000_000, perCallMicros: 3))
    try await bench.allocate(100)
    let usage = TokenUsage(model: "model", outputTokens: 10)
    let first = try await bench.hold(.usage(usage)).hold
    let second = try await bench.hold(.usage(usage)).hold
    try await bench.put(PriceRates(outputMicrosPerMillion: 9_000_000))
    let settled = try await bench.settle(first, .usage(usage)).usage
    #expect(settled.chargedMicros == 13 && settled.priceVersion == old.version)
    let nothing = try await bench.settle(second, .usage(TokenUsage(model: "model")))
    #expect(nothing.usage.chargedMicros == 0 && nothing.returnedMicros == 13)
    #expect(bench.balance() == [87, 0, 0])
  }
}
