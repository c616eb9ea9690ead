import Ledger
import LedgerConformance
import Testing

@Suite("The sweeper")
struct SweepTests {
  /// What an account went through, without what depends on when it was written down.
  private func history(_ bench: Bench) throws -> [String] {
    try bench.store.entries(afterSeq: 0, limit: 10_000).compactMap { entry in
      switch entry.change {
      case .holdEnded(let end):
        "hold ended \(end.state) \(end.endedAt) spent \(end.spent.totalMicros) "
          + "back \(end.returned.totalMicros) lost \(end.expired.totalMicros) "
          + "charged \(end.usage?.chargedMicros ?? 0) "
          + "at \(String(describing: end.usage?.chargedAt))"
      case .allocationExpired(_, let amount): "expired \(amount)"
      case .debtRepaid(let pins): "repaid \(pins.totalMicros)"
      default: nil
      }
    }
  }

  /// Credit that begins and ends, debt, a hold that reports and is left alone, a budget of hours.
  private func play(_ bench: Bench) async throws {
    try await bench.set("alice", overdraft: 100)
    _ = try await bench.ledger.setBudget(
      SetBudget(
        account: "alice", limitMicros: 10_000, window: .calendar(.hour, zone: "UTC")),
      by: bench.attempt()
    ).get()
    try await bench.allocate(50, expiresAt: bench.after(100))
    try await bench.allocate(20, priority: 1, effectiveAt: bench.after(30))
    let hold = try await bench.hold(.micros(30), life: .seconds(40)).hold
    try await bench.extend(hold, used: .micros(12), wanted: 30, life: .seconds(60))
    try await bench.deduct(.micros(60), from: "alice", .cover)
    try await bench.allocate(25, effectiveAt: bench.after(60), expiresAt: bench.after(90))
  }

  @Test("gives the same as the next touch would, however often it comes")
  func sameResult() async throws {
    var histories: [[String]] = []
    var balances: [[Int64]] = []
    var used: [[Int64]] = []
    for pause in [0, 1, 7, 200] as [Int64] {
      let bench = try Bench()
      try await play(bench)
      let start = bench.clock.now()
      if pause > 0 {
        for second in stride(from: pause, through: 8_000, by: Int64.Stride(pause)) {
          bench.clock.set(start.adding(.seconds(second)))
          await bench.ledger.sweep()
        }
      }
      bench.clock.set(start.adding(.seconds(8_001)))
      let before = bench.balance()
      try await bench.allocate(1)
      #expect(bench.balance()[0] == before[0] + 1 || before[2] > 0)
      histories.append(try history(bench))
      balances.append(bench.balance())
      used.append(try await bench.ledger.budgets(of: "alice").budgets.map(\.usedMicros))
    }
    for other in 1..<4 {
      #expect(histories[other] == histories[0])
      #expect(balances[other] == balances[0] && used[other] == used[0])
    }
    #expect(histories[0].count >= 4, "\(histories[0])")
  }

  @Test("looks at what is due and at nothing else, and writes it down as the ledger itself")
  func onlyDue() async throws {
    let bench = try Bench()
    for number in 0..<20 {
      try await bench.allocate(
        5, to: AccountID("user\(number)"), expiresAt: bench.after(number < 7 ? 10 : 1_000))
    }
    #expect(await bench.ledger.sweep() == 20, "each begins at once")
    #expect(await bench.ledger.sweep() == 0)
    bench.clock.advance(.seconds(10))
    let seq = bench.ledger.committedSeq
    #expect(await bench.ledger.sweep() == 7)
    let entries = try bench.store.entries(afterSeq: seq, limit: 99)
    #expect(entries.map(\.change.kind) == Array(repeating: .allocationExpired, count: 7))
    #expect(entries.allSatisfy { $0.actor == JournalEntry.systemActor && $0.reply == nil })
    #expect(await bench.ledger.sweep() == 0)
    try await bench.ledger.shutDown()
    #expect(await bench.ledger.sweep() == 0)
  }
}
