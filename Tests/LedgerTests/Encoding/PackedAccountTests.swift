import LedgerConformance
import Testing

@testable import Ledger

@Suite("A packed account")
struct PackedAccountTests {
  private func comesBack(_ account: Account) -> Bool {
    let packed = PackedAccount(account)
    return packed.account.facts == account.facts && packed.seq == account.seq
      && packed.id == account.id && packed.isNamed(account.id)
  }

  @Test("comes back as it was after every entry of a history that reaches every kind of them")
  func history() async throws {
    let store = MemoryLedgerStore()
    var history = RandomHistory(seed: 7, commandCount: 900)
    try await history.run { store }
    var replay = LedgerReplay()
    var shapes: Set<String> = []
    for stored in try store.storedEntries(afterSeq: 0, limit: 10_000) {
      _ = try replay.apply(
        seq: stored.seq, time: stored.time, account: stored.account, payload: stored.payload,
        hash: stored.hash)
      for account in replay.loaded.accounts where account.seq == stored.seq {
        #expect(comesBack(account), "\(account.facts)")
        shapes.formUnion(account.shapes)
      }
    }
    let missing = Set(Account.allShapes).subtracting(shapes)
    #expect(missing.isEmpty, "no account had \(missing)")
  }

  @Test("comes back also when everything in it is at its limit")
  func extremes() {
    for name in ["a", String(repeating: "x", count: 63), String(repeating: "y", count: 64)] {
      for time in [LedgerTime.distantPast, .init(microseconds: 0), .distantFuture] {
        var account = Account(id: AccountID(name))
        #expect(comesBack(account))
        account.state = .closed
        account.overdraftLimitMicros = .max
        account.debtMicros = .max
        account.seq = .max
        account.nextDue = time
        account.sweepAt = time
        let terms = AllocationTerms(
          id: AllocationID(seq: .max), account: account.id, amountMicros: LedgerLimits.amountMax,
          allocationClass: .adjust, priority: 255, effectiveAt: time,
          expiresAt: .distantFuture, models: (0..<32).map { "model-\($0)" },
          allocatedBy: String(repeating: "ü", count: 40),
          allocatedAt: LedgerTime(microseconds: .max - 1),
          notes: String(repeating: "n", count: LedgerLimits.notesBytesMax))
        account.allocations = [
          Allocation(
            terms: terms, availableMicros: 0, heldMicros: 0, spentMicros: 1, expiredMicros: 2,
            voidedMicros: LedgerLimits.amountMax - 3, isVoided: true)
        ]
        let budget = BudgetTerms(
          id: BudgetID(seq: .max), account: account.id, model: "", sessionID: "s",
          limitMicros: LedgerLimits.amountMax, window: .rolling(LedgerLimits.budgetWindowMax),
          mode: .observe)
        account.budgets = [Budget(terms: budget)]
        account.budgets[0].heldMicros = .max
        account.alerts = BalanceAlerts(
          thresholds: [.init(micros: 0, isArmed: false)], leads: [LedgerLimits.alertLeadMax],
          setAt: time, told: [AllocationID(seq: .max): LedgerLimits.alertLeadMin])
        #expect(comesBack(account), "\(account.facts)")
      }
    }
  }

  @Test("of one to three allocations takes few bytes", arguments: 1...3)
  func size(allocations: Int) {
    var account = Account(id: "customer_0123456789abcdef")
    let time = LedgerTime(microseconds: 1_790_000_000_000_000)
    account.seq = 123_456_789
    account.nextDue = time
    account.sweepAt = time
    account.allocations = (1...allocations).map { number in
      let terms = AllocationTerms(
        id: AllocationID(seq: 123_456_000 + Int64(number)), account: account.id,
        amountMicros: 100_000_000_000, allocationClass: .paid, priority: 100, effectiveAt: time,
        expiresAt: time.adding(.seconds(86_400)), models: [], allocatedBy: "billing-service",
        allocatedAt: time, notes: "")
      return Allocation(
        terms: terms, availableMicros: 40_000_000_000, heldMicros: 0,
        spentMicros: 60_000_000_000, expiredMicros: 0, voidedMicros: 0, isVoided: false)
    }
    let size = PackedAccount(account).bytes.count
    #expect(size <= 60 + 60 * allocations, "the sizes that are told of memory rest on this")
  }

  @Test("knows its own name from those that begin alike")
  func names() {
    let packed = PackedAccount(Account(id: "alice"))
    for name in ["", "alic", "alicf", "alice2", "blice", "ALICE"] {
      #expect(!packed.isNamed(AccountID(name)))
    }
  }
}

extension Account {
  /// All that it consists of: the same for equal accounts.
  var facts: [String] {
    var facts = ["\(id) \(state) \(overdraftLimitMicros) \(debtMicros) \(seq)"]
    facts.append("due \(nextDue.microseconds) swept \(sweepAt.microseconds)")
    facts += allocations.map(Self.written)
    facts += holds.map(Self.written)
    facts += budgets.map(Self.written)
    guard let alerts else { return facts }
    facts.append("\(alerts.thresholds) \(alerts.leads) \(alerts.setAt)")
    facts += alerts.told.sorted { $0.key < $1.key }.map { "\($0.key) told \($0.value)" }
    return facts
  }

  private static func written(_ value: some Any) -> String {
    var text = ""
    dump(value, to: &text)
    return text
  }

  static let allShapes = [
    "several allocations", "models", "expiry", "a hold", "a price", "a report",
    "debt", "overdraft", "frozen", "a budget", "a period", "steps", "alerts", "told", "due",
  ]

  /// What is unusual about it.
  var shapes: [String] {
    let rows: [(String, Bool)] = [
      ("several allocations", allocations.count > 1),
      ("models", allocations.contains { !$0.terms.models.isEmpty }),
      ("expiry", allocations.contains { $0.terms.expiresAt != nil }),
      ("a hold", !holds.isEmpty), ("a price", holds.contains { $0.terms.price != nil }),
      ("a report", holds.contains { $0.reportedUsage != nil }),
      ("debt", debtMicros > 0), ("overdraft", overdraftLimitMicros > 0),
      ("frozen", state == .frozen), ("a budget", !budgets.isEmpty),
      ("a period", budgets.contains { $0.period != nil }),
      ("steps", budgets.contains { !$0.steps.isEmpty }),
      ("alerts", alerts != nil), ("told", alerts.map { !$0.told.isEmpty } ?? false),
      ("due", nextDue != .distantFuture),
    ]
    return rows.filter(\.1).map(\.0)
  }
}
