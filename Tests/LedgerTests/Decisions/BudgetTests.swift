import LedgerConformance
import Testing

@testable import Ledger

@Suite("Budgets")
struct BudgetTests {
  private func set(
    _ bench: Bench, _ limit: Int64, _ window: BudgetWindow = .none, model: String? = nil,
    session: String? = nil, id: BudgetID? = nil, _ mode: BudgetMode = .enforce
  ) async throws -> BudgetStatus {
    try await bench.ledger.setBudget(
      SetBudget(
        account: "alice", budget: id, model: model, sessionID: session, limitMicros: limit,
        window: window, mode: mode), by: bench.attempt()
    ).get().value.status
  }

  private func statuses(_ bench: Bench) async throws -> [[Int64]] {
    try await bench.ledger.budgets(of: "alice").budgets.map { [$0.usedMicros, $0.heldMicros] }
  }

  @Test("a hold, what it charges on top and a deduction stay within the limit (I12)")
  func enforced() async throws {
    let bench = try Bench()
    let budget = try await set(bench, 20)
    #expect(budget.remainingMicros == 20)
    try await bench.allocate(1_000)
    let hold = try await bench.hold(.micros(50), min: 5)
    #expect(hold.hold.grantedMicros == 20 && hold.isFinalSlice)
    #expect(try await statuses(bench) == [[0, 20]])
    #expect(try bench.check(.micros(1)).decision == .budgetExceeded)
    let settled = try await bench.settle(hold.hold, .micros(25)).usage
    #expect(settled.chargedMicros == 20 && settled.uncollectedMicros == 5)
    let more = try await bench.deduct(.micros(9), from: "alice", .cover).usage
    #expect(more.chargedMicros == 0 && more.uncollectedMicros == 9)
    _ = try await set(bench, 30, id: budget.terms.id)
    #expect(try await statuses(bench) == [[20, 0]], "what was counted counts on")
    #expect(try await bench.deduct(.micros(15), from: "alice", .cover).usage.chargedMicros == 10)
    #expect(bench.balance() == [970, 0, 0])
    _ = try await set(bench, 30, id: budget.terms.id, .off)
    #expect(try await statuses(bench).isEmpty)
    #expect(try bench.check(.micros(100)).isSufficient)
  }

  @Test("a budget counts its model and session only; the tightest is named; OBSERVE only counts")
  func scopes() async throws {
    let bench = try Bench()
    try await bench.put(PriceRates(outputMicrosPerMillion: 1_000_000))
    try await bench.allocate(1_000)
    let byModel = try await set(bench, 50, model: "model").terms.id
    let bySession = try await set(bench, 40, session: "s").terms.id
    _ = try await set(bench, 1, .none, .observe)
    func tokens(_ count: Int64) -> Charge {
      .usage(TokenUsage(model: "model", outputTokens: count))
    }
    func check(_ charge: Charge, _ session: String) async throws -> CheckAnswer {
      try await bench.ledger.check("alice", for: charge, sessionID: session).get().answer
    }
    #expect(try await check(tokens(51), "").budget?.terms.id == byModel)
    #expect(try await check(tokens(45), "s").budget?.terms.id == bySession)
    #expect(try await check(tokens(45), "s").decision == .budgetExceeded)
    #expect(try await check(tokens(45), "s").maxAffordableTokens == 40)
    #expect(try await check(.micros(900), "").budget == nil)
    #expect(try await check(.micros(900), "").isSufficient)
    try await bench.deduct(tokens(30))
    #expect(try await statuses(bench) == [[30, 0], [0, 0], [30, 0]])
    #expect(try await check(tokens(21), "s").budget?.terms.id == byModel)
  }

  @Test("a rolling window forgets step by step, a civil one at its end, to the microsecond")
  func windows() async throws {
    let bench = try Bench()
    // 2026-05-28T20:26:40Z: the hour ends after 2,000 s, and a step of an hour's window after 20 s.
    _ = try await set(bench, 100, .rolling(.seconds(3_600)))
    _ = try await set(bench, 100, .calendar(.hour, zone: "UTC"))
    try await bench.allocate(1_000)
    try await bench.deduct(.micros(10))
    bench.clock.advance(.seconds(1_000))
    try await bench.deduct(.micros(5))
    #expect(try await statuses(bench) == [[15, 0], [15, 0]])
    let start = LedgerTime(microseconds: 1_780_000_000_000_000)
    let rows: [(seconds: Int64, used: [Int64])] = [
      (1_999, [15, 15]), (2_000, [15, 0]), (3_619, [15, 0]), (3_620, [5, 0]), (4_619, [5, 0]),
      (4_680, [0, 0]),
    ]
    for (seconds, used) in rows {
      bench.clock.set(start.adding(.seconds(seconds)))
      #expect(try await statuses(bench).map { $0[0] } == used, "after \(seconds) s")
    }
    try await bench.deduct(.micros(100))
    #expect(try await statuses(bench) == [[100, 0], [100, 0]])
  }

  @Test("civil periods of UTC begin and end where the calendar says")
  func civilPeriods() {
    let calendar = UTCCalendar()
    // Instants and bounds in seconds since the epoch.
    let rows: [(CalendarPeriod, Int64, ClosedRange<Int64>)] = [
      (.hour, 3_599, 0...3_600), (.day, 86_399, 0...86_400), (.day, -1, -86_400...0),
      (.week, 0, -259_200...345_600), (.week, 345_600, 345_600...950_400),
      (.month, 951_782_400, 949_363_200...951_868_800),
      (.year, 951_782_400, 946_684_800...978_307_200),
      (.month, 1_780_000_000, 1_777_593_600...1_780_272_000),
      (.month, 1_798_761_599, 1_796_083_200...1_798_761_600),
      (.year, 1_798_761_600, 1_798_761_600...1_830_297_600), (.month, -1, -2_678_400...0),
    ]
    for (period, instant, bounds) in rows {
      let found = calendar.period(
        period, containing: LedgerTime(microseconds: instant * 1_000_000), zone: "UTC")
      let seconds = [found.lowerBound, found.upperBound].map { $0.microseconds / 1_000_000 }
      #expect(seconds == [bounds.lowerBound, bounds.upperBound], "\(period) of \(instant)")
    }
  }

  @Test("budgets survive a restart with what they counted")
  func restart() async throws {
    let store = MemoryLedgerStore()
    let bench = try Bench(store: store)
    _ = try await set(bench, 100, .rolling(.seconds(60)))
    _ = try await set(bench, 100, .calendar(.month, zone: "UTC"), session: "s")
    try await bench.allocate(1_000)
    try await bench.deduct(.micros(10))
    _ = try await bench.hold(.micros(7))
    let before = try await statuses(bench)
    let again = try CreditLedger(store: store, clock: bench.clock)
    let after = try await again.budgets(of: "alice").budgets.map { [$0.usedMicros, $0.heldMicros] }
    #expect(after == before && before == [[10, 7], [0, 0]])
  }
}
