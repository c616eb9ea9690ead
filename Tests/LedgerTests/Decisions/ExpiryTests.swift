import Ledger
import LedgerConformance
import Testing

@Suite("What time brings about")
struct ExpiryTests {
  @Test("a grant is live from its first microsecond to the one before its expiry")
  func boundaries() async throws {
    let bench = try Bench()
    let begins = bench.after(100)
    let ends = bench.after(200)
    try await bench.allocate(10, effectiveAt: begins, expiresAt: ends)
    let expected: [(LedgerTime, Duration, Int64)] = [
      (begins, .microseconds(-1), 0), (begins, .zero, 10), (begins, .microseconds(1), 10),
      (ends, .microseconds(-1), 10), (ends, .zero, 0), (ends, .microseconds(1), 0),
    ]
    for (instant, offset, available) in expected {
      bench.clock.set(instant.adding(offset))
      #expect(bench.balance() == [available, 0, 0], "\(offset) from \(instant)")
      #expect(try bench.check(.micros(10)).isSufficient == (available == 10))
    }
  }

  @Test(
    "a deduction one microsecond before the expiry is paid, at the expiry it is not",
    arguments: [(-1, true), (0, false), (1, false)] as [(Int64, Bool)])
  func deductAtExpiry(offset: Int64, isPaid: Bool) async throws {
    let bench = try Bench()
    let ends = bench.after(50)
    try await bench.allocate(10, expiresAt: ends)
    bench.clock.set(ends.adding(.microseconds(offset)))
    let answer = await bench.submit(
      .deductCredits(DeductCredits(account: "alice", charge: .micros(10), overPolicy: .reject)))
    switch answer {
    case .success: #expect(isPaid)
    case .failure(let refusal): #expect(!isPaid && refusal.name == "insufficientCredits")
    }
  }

  @Test("the expiry is written down on the first touch, by the ledger and not by the caller")
  func expiredEntry() async throws {
    let bench = try Bench()
    try await bench.allocate(10, expiresAt: bench.after(50))
    bench.clock.advance(.seconds(60))
    try await bench.allocate(1)
    let entries = try bench.store.entries(afterSeq: 1, limit: 10)
    #expect(entries.map(\.change.kind) == [.allocationExpired, .allocated])
    #expect(entries.map(\.actor) == [JournalEntry.systemActor, "tester"])
    #expect(entries[0].change.legs.contains { $0.place == .expired && $0.micros == 10 })
  }

  @Test("what a hold pinned stays spendable after the grant's expiry, the rest of it expires")
  func grantExpiresUnderHold() async throws {
    let bench = try Bench()
    try await bench.allocate(10, expiresAt: bench.after(20))
    let hold = try await bench.hold(.micros(6)).hold
    bench.clock.advance(.seconds(30))
    #expect(bench.balance() == [0, 6, 0])
    let settled = try await bench.settle(hold, .micros(4))
    #expect(settled.usage.chargedMicros == 4)
    #expect(settled.returnedMicros == 0, "the grant is over: what is given back expires")
    #expect(bench.balance() == [0, 0, 0])
  }

  @Test("at the very instant of its expiry a pinned grant is over: nothing comes back to it")
  func pinnedGrantAtExpiry() async throws {
    for offset in [Int64(-1), 0] {
      let bench = try Bench()
      let ends = bench.after(20)
      try await bench.allocate(10, expiresAt: ends)
      let hold = try await bench.hold(.micros(6)).hold
      let spent = try await bench.deduct(.micros(3)).usage
      bench.clock.set(ends.adding(.microseconds(offset)))
      let isOver = offset == 0
      let active = try await bench.ledger.balance(of: "alice").activeAllocations
      #expect(active.count == (isOver ? 0 : 1))
      // What is held of it would not pay if it were given back.
      #expect(try bench.check(.micros(5)).decision == (isOver ? .insufficient : .held))
      let refunded = try await bench.ledger.refundUsage(
        RefundUsage(usage: spent.id), by: bench.attempt()
      ).get().value
      #expect(refunded.refund.returned.totalMicros == (isOver ? 0 : 3))
      #expect(try await bench.release(hold).returnedMicros == (isOver ? 0 : 6))
      #expect(bench.balance() == [isOver ? 0 : 10, 0, 0])
      #expect(try await bench.ledger.verify().firstBreak == nil)
    }
  }

  @Test(
    "a hold ends by itself at its expiry plus the grace, to the microsecond",
    arguments: [(-1, true), (0, false), (1, false)] as [(Int64, Bool)])
  func holdEnds(offset: Int64, isOpen: Bool) async throws {
    let bench = try Bench()
    try await bench.allocate(10)
    let hold = try await bench.hold(.micros(6), life: .seconds(5)).hold
    #expect(hold.expiresAt == bench.after(5))
    bench.clock.set(bench.after(10).adding(.microseconds(offset)))
    #expect(bench.balance() == (isOpen ? [4, 6, 0] : [10, 0, 0]))
    let settled = try await bench.settle(hold, .micros(6))
    #expect(settled.usage.isLate == !isOpen)
    #expect(bench.balance() == [4, 0, 0])
  }

  @Test(
    "a late settle is charged for a day, then it is recorded as uncollected; there is one only",
    arguments: [(-1, 6), (0, 0)] as [(Int64, Int64)])
  func lateSettle(offset: Int64, charged: Int64) async throws {
    let bench = try Bench()
    try await bench.allocate(10)
    let hold = try await bench.hold(.micros(6)).hold
    bench.clock.set(hold.endsAt.adding(.seconds(86_400)).adding(.microseconds(offset)))
    let settled = try await bench.settle(hold, .micros(6))
    #expect(settled.usage.isLate && settled.usage.chargedMicros == charged)
    #expect(settled.usage.uncollectedMicros == 6 - charged)
    let second = SettleHold(hold: hold.id, charge: .micros(6))
    #expect(try await bench.refusal(.settleHold(second)) == .holdEnded(.settled))
    let release = ReleaseHold(hold: hold.id)
    #expect(try await bench.refusal(.releaseHold(release)) == .holdEnded(.expired))
  }

  @Test("the same comes out whether an account is touched often or once")
  func touchedOftenOrOnce() async throws {
    var ends: [[Int64]] = []
    for touches in [0, 3, 40] {
      let bench = try Bench()
      try await bench.set("alice", overdraft: 100)
      try await bench.allocate(50, expiresAt: bench.after(100))
      let hold = try await bench.hold(.micros(30), life: .seconds(40)).hold
      try await bench.deduct(.micros(60), .cover)
      try await bench.allocate(25, effectiveAt: bench.after(60), expiresAt: bench.after(90))
      for _ in 0..<touches {
        bench.clock.advance(.seconds(120 / Int64(touches)))
        try await bench.put(PriceRates())
        _ = try? await bench.deduct(.micros(LedgerLimits.amountMax))
      }
      bench.clock.set(hold.terms.openedAt.adding(.seconds(121)))
      _ = try? await bench.deduct(.micros(LedgerLimits.amountMax))
      ends.append(bench.balance())
    }
    #expect(ends[0] == ends[1] && ends[1] == ends[2], "\(ends)")
  }

  @Test("journal time never falls when the wall clock steps back")
  func clockStepsBack() async throws {
    let bench = try Bench()
    try await bench.allocate(10, expiresAt: bench.after(100))
    bench.clock.advance(.seconds(90))
    try await bench.deduct(.micros(1))
    bench.clock.advance(.seconds(-3_600))
    let usage = try await bench.deduct(.micros(1)).usage
    #expect(bench.ledger.now == usage.chargedAt)
    let times = try bench.store.entries(afterSeq: 0, limit: 10).map(\.time)
    #expect(times == times.sorted())
    #expect(times[1] == times[2])
  }

  @Test("what came due and left no trace comes due again when the wall clock steps back")
  func clockStepsBackAfterSweep() async throws {
    let bench = try Bench()
    try await bench.set(overdraft: 50)
    try await bench.allocate(10, effectiveAt: bench.after(100))
    bench.clock.advance(.seconds(200))
    // The grant has begun and repays nothing: there is no entry to keep the time.
    await bench.ledger.sweep()
    bench.clock.advance(.seconds(-150))
    try await bench.deduct(.micros(4), .cover)
    #expect(bench.balance() == [0, 0, 4])
    bench.clock.advance(.seconds(50))
    #expect(bench.balance() == [6, 0, 0])
    await bench.ledger.sweep()
    let last = try bench.store.entries(afterSeq: 3, limit: 10)
    #expect(last.map(\.change.kind) == [.debtRepaid])
  }
}

extension Bench {
  @discardableResult
  fileprivate func deduct(_ charge: Charge, _ policy: OverPolicy) async throws -> DeductAnswer {
    try await deduct(charge, from: "alice", policy)
  }
}
