import LedgerConformance
import Testing

@testable import Ledger

@Suite("The ledger agrees with a plain model")
struct RandomHistoryTests {
  private static let inMemory: Campaign.Fresh = {
    let store = MemoryLedgerStore()
    return { store }
  }

  @Test("on two thousand random lists of two hundred commands, which reach every answer")
  func inMemory() async throws {
    let count = CampaignSize.lists(usual: 2_000)
    let first = CampaignSize.firstSeed
    print("random lists in memory: \(count) from seed \(first)")
    let campaign = Campaign(firstSeed: first, listCount: count, fresh: Self.inMemory)
    var coverage = try await campaign.run { done in
      if done % 5_000 == 0 { print("\(done) lists") }
    }
    coverage.merge(try await crowdOfHolds())
    if count >= 1_000 { print("\(coverage.commandCount) commands reached\n\(coverage.table)") }
    // A few lists cannot reach everything.
    if count >= 1_000 { #expect(coverage.gaps == []) }
  }

  /// Ten thousand open holds, which no list opens one by one.
  private func crowdOfHolds() async throws -> Coverage {
    let store = PreparedStore(LedgerLimits.openHoldsPerAccountMax)
    let ledger = try CreditLedger(store: store, clock: store.clock)
    let command = Command.openHold(OpenHold(account: "alice", charge: .micros(1)))
    var coverage = Coverage()
    let refused = await ledger.submit(command, by: Attempt(principal: "p", key: "1"))
    coverage.note(command.kind, refused)
    guard case .failure(.tooManyHolds) = refused else { throw Breach("one hold too many") }
    let released = await ledger.submit(
      .releaseHold(ReleaseHold(hold: HoldID(seq: 1_000_000))),
      by: Attempt(principal: "p", key: "2"))
    _ = try released.get()
    _ = try await ledger.submit(command, by: Attempt(principal: "p", key: "3")).get()
    return coverage
  }

  @Test("and when it does not, the list is struck down to its core, and told as Swift")
  func shortened() async throws {
    // A ledger that forgets whose fault a refund was.
    let campaign = Campaign(
      firstSeed: 1, listCount: 900, commandCount: 60, fresh: Self.inMemory,
      tamper: { command in
        guard case .refundUsage(var refund) = command else { return command }
        refund.isServiceFault = false
        return .refundUsage(refund)
      })
    let found = await #expect(throws: Breach.self) { try await campaign.run() }
    let text = try #require(found?.description)
    let steps = text.split(separator: "\n").filter { $0.contains("Step(") }
    #expect((3...6).contains(steps.count), "\(text)")
    #expect(steps.last?.contains(".refundUsage(RefundUsage(usage: UsageID(seq: ") == true)
    #expect(steps.last?.contains("isServiceFault: true") == true)
  }

  @Test("also on lists that were printed before")
  func replayed() async throws {
    let steps: [Step] = [
      Step(10, .command(.allocateCredits(AllocateCredits(account: "alice", amountMicros: 90)))),
      Step(30, .batch([DeductCredits(account: "alice", charge: .micros(40), sessionID: "s1")])),
      Step(40, .clock(2_000_000)),
      Step(50, .command(.openHold(OpenHold(account: "alice", charge: .micros(20))))),
      Step(60, .command(.refundUsage(RefundUsage(usage: UsageID(seq: 30))))),
      Step(70, .crash(.releaseHold(ReleaseHold(hold: HoldID(seq: 50))), isKept: true)),
      Step(80, .overload(60)), Step(90, .restart), Step(100, .retry(50)), Step(110, .otherBody(50)),
      Step(120, .check("alice", .micros(91), session: "")), Step(130, .verify),
    ]
    try await RandomHistory.replay(steps, open: Self.inMemory())
  }
}

@Suite("A full queue behind somebody late")
struct LateThenFullTests {
  /// The writer went to the store for nobody, and one more had to wait than there was room for.
  @Test("refuses only who finds no place")
  func lateThenFull() async throws {
    let grant = Command.allocateCredits(AllocateCredits(account: "alice", amountMicros: 90))
    let store = MemoryLedgerStore()
    let rounds = (1...50).flatMap { round in
      [Step(Int64(round) * 20 + 1, .late(grant)), Step(Int64(round) * 20 + 2, .overload(10))]
    }
    try await RandomHistory.replay([Step(10, .command(grant))] + rounds, open: { store })
  }
}

/// A store in memory that starts with an account of so many open holds.
private final class PreparedStore: StoreInFront {
  let clock = TestClock()
  let store: any LedgerStore = MemoryLedgerStore()
  private let account: Account

  init(_ holdCount: Int) {
    let now = clock.now()
    let grant = AllocationID(seq: 1)
    let amount = Int64(holdCount) + 10
    let terms = AllocationTerms(
      id: grant, account: "alice", amountMicros: amount, allocationClass: .paid, priority: 100,
      effectiveAt: now, expiresAt: nil, models: [], allocatedBy: "p", allocatedAt: now, notes: "")
    let holds = (0..<holdCount).map { number in
      Hold(
        terms: HoldTerms(
          id: HoldID(seq: Int64(number) + 1_000_000), account: "alice", price: nil, sessionID: "",
          openedAt: now),
        state: .open, grantedMicros: 1, pins: [Pin(allocation: grant, amountMicros: 1)],
        expiresAt: now.adding(.seconds(60)), reportedMicros: 0, reportedUsage: nil, endedAt: nil,
        isLateSettled: false)
    }
    account = Account(
      id: "alice", state: .active, overdraftLimitMicros: 0, debtMicros: 0, seq: 1,
      allocations: [
        Allocation(
          terms: terms, availableMicros: 10, heldMicros: Int64(holdCount), spentMicros: 0,
          expiredMicros: 0, voidedMicros: 0, isVoided: false)
      ], holds: holds)
  }

  func load(_ request: LoadRequest) throws(StoreError) -> LoadedState {
    var loaded = try store.load(request)
    if request.accounts.contains(account.id) { loaded.accounts = [account] }
    return loaded
  }

  func catchUp(to seq: Int64) throws(StoreError) {}
}
