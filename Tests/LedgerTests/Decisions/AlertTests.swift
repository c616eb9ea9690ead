import Ledger
import LedgerConformance
import Testing

@Suite("Alerts")
struct AlertTests {
  @discardableResult
  private func set(
    _ bench: Bench, _ thresholds: [Int64], leads: [Int64] = []
  ) async throws -> SetBalanceAlertsAnswer {
    try await bench.ledger.setBalanceAlerts(
      SetBalanceAlerts(
        account: "alice", thresholdsMicros: thresholds, leads: leads.map { .seconds($0) }),
      by: bench.attempt()
    ).get().value
  }

  /// All that was told, in order.
  private func told(_ bench: Bench) async throws -> [String] {
    var told: [String] = []
    for id in try await bench.ledger.listEvents(EventQuery()) {
      guard let event = try await bench.ledger.event(id) else { continue }
      switch event.detail {
      case .balanceLow(let fall): told.append("\(fall.availableMicros) <= \(fall.thresholdMicros)")
      case .creditExpiring(let notice):
        told.append("\(notice.allocation): \(notice.leftMicros) in \(notice.lead)")
      case .creditExpired(let pins): told.append("lost \(pins.totalMicros)")
      case .chargeUncovered(_, let debt, let lost): told.append("debt \(debt) lost \(lost)")
      }
    }
    return told
  }

  @Test("each fall to a threshold is told once, and again only after a rise above it")
  func thresholds() async throws {
    let bench = try Bench()
    try await bench.allocate(100)
    let answer = try await set(bench, [20, 150, 50])
    #expect(answer.thresholds.map(\.micros) == [150, 50, 20])
    #expect(answer.thresholds.map(\.isArmed) == [false, true, true])
    try await bench.deduct(.micros(49))
    #expect(try await told(bench) == [])
    try await bench.deduct(.micros(1))
    try await bench.deduct(.micros(1))
    #expect(try await told(bench) == ["50 <= 50"])
    try await bench.allocate(2)
    try await bench.deduct(.micros(40))
    #expect(try await told(bench) == ["50 <= 50", "11 <= 50", "11 <= 20"])
    try await bench.allocate(200)
    let armed = try await bench.ledger.alerts(of: "alice").alerts?.thresholds
    #expect(armed?.allSatisfy(\.isArmed) == true)
    try await bench.deduct(.micros(211))
    #expect(
      try await told(bench).suffix(3) == ["0 <= 150", "0 <= 50", "0 <= 20"])
    #expect(try await bench.ledger.verify().firstBreak == nil)
  }

  @Test("a hold makes credit unavailable; what one command takes and gives back crosses nothing")
  func holds() async throws {
    let bench = try Bench()
    try await bench.allocate(100)
    try await set(bench, [0, 10])
    let hold = try await bench.hold(.micros(95)).hold
    #expect(try await told(bench) == ["5 <= 10"])
    // Gives 95 back and takes 99 in all.
    try await bench.settle(hold, .micros(99))
    #expect(try await told(bench) == ["5 <= 10"])
    try await bench.deduct(.micros(5), from: "alice", .cap)
    #expect(try await told(bench) == ["5 <= 10", "debt 0 lost 4", "0 <= 0"])
  }

  @Test("setting them anew tells nothing; none at all turns them off")
  func replaced() async throws {
    let bench = try Bench()
    try await bench.allocate(100)
    try await set(bench, [50])
    try await bench.deduct(.micros(60))
    let again = try await set(bench, [50, 45])
    #expect(again.thresholds.map(\.isArmed) == [false, false])
    try await bench.deduct(.micros(10))
    #expect(try await told(bench) == ["40 <= 50"])
    try await set(bench, [])
    #expect(try await bench.ledger.alerts(of: "alice").alerts == nil)
    try await bench.deduct(.micros(30))
    #expect(try await told(bench) == ["40 <= 50"])
  }

  @Test("an expiry is told once for each lead, by the sweeper, and then what was lost")
  func expiries() async throws {
    let bench = try Bench()
    try await set(bench, [0], leads: [600, 60, 3_600])
    let grant = try await bench.allocate(100, expiresAt: bench.after(1_000)).allocation.id
    #expect(try await told(bench) == ["\(grant): 100 in 3600.0 seconds"])
    for _ in 0..<1_100 {
      bench.clock.advance(.seconds(1))
      await bench.ledger.sweep()
    }
    #expect(
      try await told(bench) == [
        "\(grant): 100 in 3600.0 seconds", "\(grant): 100 in 600.0 seconds",
        "\(grant): 100 in 60.0 seconds", "lost 100", "0 <= 0",
      ])
    #expect(try await bench.ledger.verify().firstBreak == nil)
  }

  @Test("another expiry is told anew; what is spent or voided is not told of")
  func adjusted() async throws {
    let bench = try Bench()
    try await set(bench, [], leads: [60])
    let first = try await bench.allocate(10, expiresAt: bench.after(50)).allocation.id
    let second = try await bench.allocate(10, expiresAt: bench.after(200)).allocation.id
    #expect(try await told(bench).count == 1)
    _ = try await bench.ledger.adjustAllocation(
      AdjustAllocation(allocation: first, expiry: .at(bench.after(100))), by: bench.attempt()
    ).get()
    #expect(try await told(bench).count == 1)
    bench.clock.advance(.seconds(40))
    await bench.ledger.sweep()
    #expect(try await told(bench).count == 2)
    _ = try await bench.ledger.voidAllocation(
      VoidAllocation(allocation: second), by: bench.attempt()
    ).get()
    try await bench.deduct(.micros(10))
    bench.clock.advance(.seconds(1_000))
    await bench.ledger.sweep()
    #expect(try await told(bench).count == 2)
  }

  @Test("a rise and a fall between two looks at an account are told as they happened")
  func unattended() async throws {
    for isSwept in [true, false] {
      let bench = try Bench()
      try await bench.allocate(10)
      try await set(bench, [50])
      try await bench.allocate(100, effectiveAt: bench.after(100), expiresAt: bench.after(200))
      let start = bench.clock.now()
      for second in stride(from: 10, through: 300, by: 10) as StrideThrough<Int64> {
        bench.clock.set(start.adding(.seconds(second)))
        if isSwept { await bench.ledger.sweep() }
      }
      try await bench.deduct(.micros(1))
      #expect(try await told(bench) == ["lost 100", "10 <= 50"])
      let events = try await bench.ledger.listEvents(EventQuery(kinds: [.balanceLow]))
      let event = try #require(events.first)
      let fall = try await bench.ledger.event(event)
      #expect(fall?.happenedAt == start.adding(.seconds(200)), "swept: \(isSwept)")
    }
  }

  @Test("what credit did not cover is told of every account; events are listed by kind and account")
  func uncovered() async throws {
    let bench = try Bench()
    try await bench.allocate(10)
    try await bench.set("alice", overdraft: 5)
    let hold = try await bench.hold(.micros(10)).hold
    try await bench.settle(hold, .micros(18))
    try await bench.deduct(.micros(1), from: "alice", .cap)
    #expect(try await told(bench) == ["debt 5 lost 3", "debt 0 lost 1"])
    let ledger = bench.ledger
    #expect(try await ledger.listEvents(EventQuery(kinds: [.balanceLow])) == [])
    #expect(try await ledger.listEvents(EventQuery(account: "bob")) == [])
    #expect(try await ledger.listEvents(EventQuery(account: "alice", limit: 1)).count == 1)
    let first = try #require(try await ledger.listEvents(EventQuery(limit: 1)).first)
    #expect(try await ledger.listEvents(EventQuery(afterSeq: first.seq)).count == 1)
    #expect(try await ledger.event(EventID(seq: 1)) == nil)
    #expect(try await ledger.event(EventID(seq: 1_000_000)) == nil)
  }

  @Test("unlawful thresholds and leads are refused by name")
  func unlawful() async throws {
    let bench = try Bench()
    let cases: [(SetBalanceAlerts, String)] = [
      (SetBalanceAlerts(account: "a b"), "account_id"),
      (SetBalanceAlerts(account: "a", thresholdsMicros: [-1]), "threshold_micros"),
      (SetBalanceAlerts(account: "a", thresholdsMicros: [.max]), "threshold_micros"),
      (SetBalanceAlerts(account: "a", thresholdsMicros: [5, 5]), "threshold_micros"),
      (SetBalanceAlerts(account: "a", thresholdsMicros: Array(1...9)), "threshold_micros"),
      (SetBalanceAlerts(account: "a", leads: [.seconds(59)]), "expiry_leads"),
      (SetBalanceAlerts(account: "a", leads: [.milliseconds(60_500)]), "expiry_leads"),
      (SetBalanceAlerts(account: "a", leads: [.seconds(31_622_401)]), "expiry_leads"),
      (SetBalanceAlerts(account: "a", leads: [.seconds(60), .seconds(60)]), "expiry_leads"),
    ]
    for (command, field) in cases {
      guard case .invalidArgument(let invalid) = try await bench.refusal(.setBalanceAlerts(command))
      else { throw Breach("\(command) was not refused as unlawful") }
      #expect(invalid.field == field)
    }
  }
}
