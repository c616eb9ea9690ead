import LedgerConformance
import Testing

@testable import Ledger

@Suite("Holds that grow by slices")
struct HoldSliceTests {
  private func tokens(_ output: Int64, input: Int64 = 0) -> Charge {
    .usage(TokenUsage(model: "model", inputTokens: input, outputTokens: output))
  }

  /// A bench with a price of 2 per output token and that much credit.
  private func bench(_ credit: Int64) async throws -> Bench {
    let bench = try Bench()
    try await bench.put(PriceRates(outputMicrosPerMillion: 2_000_000))
    try await bench.allocate(credit)
    return bench
  }

  @Test("a slice is the least of what was asked for, 512 tokens, the estimate and the credit")
  func firstSlice() async throws {
    let rows: [(credit: Int64, slice: Int64, estimate: Int64, granted: Int64, isFinal: Bool)] = [
      (10_000, 100, 1_000, 200, false), (10_000, 900, 1_000, 1_024, false),
      (10_000, 100, 30, 60, false), (150, 100, 1_000, 150, true), (2, 100, 1_000, 2, true),
    ]
    for row in rows {
      let bench = try await bench(row.credit)
      let answer = try await bench.hold(tokens(row.estimate), slice: row.slice)
      #expect(answer.hold.grantedMicros == row.granted, "\(row)")
      #expect(answer.isFinalSlice == row.isFinal && answer.grantedTokens == row.granted / 2)
    }
    let poor = try await bench(1)
    let hold = OpenHold(account: "alice", charge: tokens(50), sliceTokens: 10)
    #expect(try await poor.refusal(.openHold(hold)).name == "insufficientCredits")
  }

  @Test("an extension grants up to the slice beyond what was used, and says when credit ends")
  func extend() async throws {
    let bench = try await bench(1_000)
    let hold = try await bench.hold(tokens(10_000), slice: 100).hold
    let second = try await bench.extend(hold, used: tokens(75), wanted: 100)
    #expect(second.hold.grantedMicros == 350 && second.grantedTokens == 175)
    #expect(!second.isFinalSlice && second.warning == .none)
    #expect(bench.balance() == [650, 350, 0])
    #expect(SliceRenewal.point(used: 75, granted: 175) == 150)
    let third = try await bench.extend(hold, used: tokens(400), wanted: 50)
    #expect(third.hold.grantedMicros == 900 && third.warning == .low)
    let last = try await bench.extend(hold, used: tokens(475), wanted: 100)
    #expect(last.hold.grantedMicros == 1_000 && last.isFinalSlice && last.warning == .critical)
    #expect(last.hold.pins.count == 1, "what one allocation gives is one pin")
    let settled = try await bench.settle(hold, tokens(500))
    #expect(settled.usage.chargedMicros == 1_000 && settled.usage.uncollectedMicros == 0)
    #expect(bench.balance() == [0, 0, 0])
  }

  @Test("the life is lengthened, never shortened, and ends a day after the opening")
  func life() async throws {
    let bench = try await bench(100)
    let hold = try await bench.hold(.micros(10), life: .seconds(60)).hold
    let opened = hold.terms.openedAt
    let shorter = try await bench.extend(hold, used: .micros(0), wanted: 0, life: .seconds(5))
    #expect(shorter.hold.expiresAt == opened.adding(.seconds(60)))
    var expiry = hold.expiresAt
    for _ in 0..<97 {
      bench.clock.set(expiry.adding(.microseconds(-1)))
      let answer = try await bench.extend(
        hold, used: .micros(0), wanted: 0, life: .seconds(900))
      expiry = answer.hold.expiresAt
    }
    #expect(expiry == opened.adding(.seconds(86_400)))
    bench.clock.set(expiry)
    let late = ExtendHold(hold: hold.id, used: .micros(0), wanted: 0)
    #expect(try await bench.refusal(.extendHold(late)) == .holdEnded(.expired))
    let release = ReleaseHold(hold: hold.id)
    #expect(try await bench.refusal(.releaseHold(release)) == .holdEnded(.expired))
    try await bench.settle(hold, .micros(10))
    #expect(bench.balance() == [90, 0, 0], "the grace is for the settle")
  }

  @Test("a hold that ends by itself charges what was reported, and a late settle only the rest")
  func reportedAtExpiry() async throws {
    let bench = try await bench(1_000)
    let hold = try await bench.hold(tokens(500), slice: 100).hold
    try await bench.extend(hold, used: tokens(40, input: 7), wanted: 100)
    try await bench.extend(hold, used: tokens(30), wanted: 0)
    bench.clock.advance(.seconds(70))
    #expect(bench.balance() == [920, 0, 0])
    #expect(try await bench.ledger.hold(hold.id)?.state == .expired, "also before it is written")
    let late = try await bench.settle(hold, tokens(90, input: 7)).usage
    #expect(late.isLate && late.chargedMicros == 100)
    #expect(late.usage?.outputTokens == 50 && late.usage?.inputTokens == 0)
    #expect(bench.balance() == [820, 0, 0])
    let usage = try await bench.ledger.listUsage(UsageQuery(account: "alice")).records
    #expect(usage.map(\.chargedMicros) == [80, 100])
    #expect(usage[0].chargedAt == hold.terms.openedAt.adding(.seconds(65)))
  }

  @Test("a report above the grant is charged up to the grant; the rest is uncollected")
  func reportedAboveGrant() async throws {
    let bench = try await bench(20)
    let hold = try await bench.hold(.micros(20)).hold
    let answer = try await bench.extend(hold, used: .micros(35), wanted: 5)
    #expect(answer.isFinalSlice && answer.hold.grantedMicros == 20)
    bench.clock.advance(.seconds(65))
    try await bench.allocate(1)
    let usage = try await bench.ledger.listUsage(UsageQuery(account: "alice")).records
    #expect(usage.map(\.chargedMicros) == [20] && usage.map(\.uncollectedMicros) == [15])
    #expect(bench.balance() == [1, 0, 0])
  }

  @Test("an operator's release charges what was reported, and a settle after it is late")
  func force() async throws {
    let bench = try await bench(100)
    let hold = try await bench.hold(.micros(50)).hold
    try await bench.extend(hold, used: .micros(20), wanted: 0)
    let forced = try await bench.ledger.forceRelease(
      ForceRelease(hold: hold.id, reason: "leaked"), by: bench.attempt()
    ).get().value
    #expect(forced.usage?.chargedMicros == 20 && forced.returnedMicros == 30)
    #expect(forced.hold.state == .expired && bench.balance() == [80, 0, 0])
    let again = ForceRelease(hold: hold.id)
    #expect(try await bench.refusal(.forceRelease(again)) == .holdEnded(.expired))
    #expect(try await bench.settle(hold, .micros(45)).usage.chargedMicros == 25)
    let entries = try bench.store.entries(afterSeq: 0, limit: 99)
    let end = try #require(entries.first { $0.change.kind == .holdEnded })
    #expect(end.actor == "tester", "somebody's wish, not time's")
  }

  @Test("ninety percent of a model's whole answers bound its slices")
  func usualLength() {
    var history = OutputHistory()
    func note(_ tokens: Int64, _ outcome: Outcome = .complete, late: Bool = false) {
      let zero = LedgerTime(microseconds: 0)
      history.note(
        UsageRecord(
          id: UsageID(seq: 1), account: "a", usage: TokenUsage(model: "m", outputTokens: tokens),
          priceVersion: 1, debtMicros: 0, uncollectedMicros: 0, pins: [], chargedAt: zero,
          eventTime: zero, isLate: late, outcome: outcome, hold: nil, sessionID: ""))
    }
    for _ in 0..<18 { note(33) }
    note(400)
    for _ in 0..<50 { note(500, .cancelled) }
    for _ in 0..<50 { note(500, late: true) }
    #expect(history.sliceTokens(for: "m") == 512, "nineteen answers say nothing")
    note(400)
    #expect(history.sliceTokens(for: "m") == 48)
    note(401)
    #expect(history.sliceTokens(for: "m") == 400)
    #expect(history.sliceTokens(for: "other") == 512)
    let again = OutputHistory(history.remembered)
    #expect(again.remembered == history.remembered && again.sliceTokens(for: "m") == 400)
    for _ in 0..<OutputHistory.chargesMax { note(16) }
    #expect(history.sliceTokens(for: "m") == 16, "old answers are forgotten")
  }

  @Test("an extension stops at a budget, and says that it is the last")
  func extensionWithinBudget() async throws {
    let bench = try Bench()
    try await bench.allocate(100)
    _ = try await bench.submit(
      .setBudget(SetBudget(account: "alice", limitMicros: 10))
    ).get()
    let hold = try await bench.hold(.micros(4)).hold
    let extended = try await bench.extend(hold, used: .micros(4), wanted: 20)
    #expect(extended.hold.grantedMicros == 10 && extended.isFinalSlice)
    #expect(bench.balance() == [90, 10, 0])
  }
}
