import Ledger
import LedgerConformance
import Testing

/// Each row breaks one rule more than the row after it; the first rule in contract order answers.
@Suite("Refusals come in contract order")
struct RefusalOrderTests {
  static let huge = TokenUsage(model: "dear", outputTokens: LedgerLimits.tokensMax)

  private func prices(_ bench: Bench) async throws {
    try await bench.put(PriceRates(outputMicrosPerMillion: LedgerLimits.rateMax), for: "dear")
    try await bench.put(PriceRates(outputMicrosPerMillion: 1_000_000), for: "cheap")
  }

  @Test("for AllocateCredits")
  func allocate() async throws {
    let bench = try Bench()
    try await bench.allocate(LedgerLimits.amountMax)
    func grant(_ amount: Int64, expires: Int64? = nil) -> Command {
      .allocateCredits(
        AllocateCredits(
          account: "alice", amountMicros: amount, expiresAt: expires.map(bench.after)))
    }
    try await bench.set("alice", .closed)
    #expect(try await bench.refusal(grant(0, expires: 0)).name == "invalidArgument")
    #expect(try await bench.refusal(grant(1, expires: 0)) == .expiresInThePast)
    #expect(try await bench.refusal(grant(1)) == .accountClosed)
    try await bench.set("alice", .frozen)
    #expect(try await bench.refusal(grant(1)) == .balanceOverflow)
    try await bench.deduct(.micros(1), .cover, activating: true)
    try await bench.allocate(1)
  }

  @Test("for DeductCredits")
  func deduct() async throws {
    let bench = try Bench()
    try await prices(bench)
    func charge(_ charge: Charge, hoursAgo: Int64 = 0) -> Command {
      .deductCredits(
        DeductCredits(
          account: "alice", charge: charge, overPolicy: .reject,
          eventTime: bench.after(-hoursAgo * 3_600)))
    }
    let unpriced = Charge.usage(TokenUsage(model: "none", outputTokens: 1))
    #expect(try await bench.refusal(charge(.micros(0))).name == "invalidArgument")
    #expect(try await bench.refusal(charge(unpriced, hoursAgo: 73)) == .eventTimeOutOfRange)
    #expect(try await bench.refusal(charge(unpriced)) == .noAccount)
    try await bench.set("alice", .closed)
    #expect(try await bench.refusal(charge(unpriced)) == .accountClosed)
    try await bench.set("alice", .frozen)
    #expect(try await bench.refusal(charge(unpriced)) == .accountFrozen)
    try await bench.set("alice", .active)
    #expect(try await bench.refusal(charge(unpriced)) == .unknownModel)
    #expect(try await bench.refusal(charge(.usage(Self.huge))) == .costOverflow)
    guard case .insufficientCredits(let check) = try await bench.refusal(charge(.micros(5))) else {
      throw Breach("a charge without credit was not refused for that")
    }
    #expect(check.decision == .insufficient)
    #expect(check.requiredMicros == 5 && check.shortfallMicros == 5)
  }

  @Test("for OpenHold")
  func openHold() async throws {
    let bench = try Bench()
    try await prices(bench)
    func hold(_ charge: Charge) -> Command {
      .openHold(OpenHold(account: "alice", charge: charge))
    }
    let unpriced = Charge.usage(TokenUsage(model: "none", outputTokens: 1))
    let nothing = Charge.usage(TokenUsage(model: "cheap"))
    #expect(try await bench.refusal(hold(nothing)).name == "invalidArgument")
    #expect(try await bench.refusal(hold(unpriced)) == .noAccount)
    try await bench.set("alice", .closed, overdraft: 5)
    #expect(try await bench.refusal(hold(unpriced)) == .accountClosed)
    try await bench.set("alice", .frozen)
    #expect(try await bench.refusal(hold(unpriced)) == .accountFrozen)
    try await bench.set("alice", .active)
    #expect(try await bench.refusal(hold(unpriced)) == .unknownModel)
    #expect(try await bench.refusal(hold(.usage(Self.huge))) == .costOverflow)
    try await bench.deduct(.micros(5))
    #expect(try await bench.refusal(hold(.micros(1))).name == "insufficientCredits")
    try await bench.set("alice", overdraft: 0)
    #expect(try await bench.refusal(hold(.micros(1))).name == "inDebt")
    try await bench.allocate(15)
    #expect(bench.balance() == [10, 0, 0])
    #expect(try await bench.refusal(hold(.micros(11))).name == "insufficientCredits")
    _ = try await bench.hold(.micros(10))
    guard case .insufficientCredits(let check) = try await bench.refusal(hold(.micros(1))) else {
      throw Breach("a hold without credit was not refused for that")
    }
    #expect(check.decision == .held && check.soonestRelease == bench.after(65))
  }

  @Test("for SettleHold and ReleaseHold")
  func settleAndRelease() async throws {
    let bench = try Bench()
    try await prices(bench)
    try await bench.allocate(1_000)
    func settle(_ hold: HoldID, _ charge: Charge) -> Command {
      .settleHold(SettleHold(hold: hold, charge: charge, overPolicy: .reject))
    }
    let unknown = HoldID(seq: 99)
    #expect(try await bench.refusal(settle(unknown, .micros(-1))).name == "invalidArgument")
    #expect(try await bench.refusal(settle(unknown, .micros(1))) == .holdNotFound)
    #expect(try await bench.refusal(.releaseHold(ReleaseHold(hold: unknown))) == .holdNotFound)

    let settled = try await bench.hold(.micros(10)).hold
    try await bench.settle(settled, .micros(10))
    #expect(try await bench.refusal(settle(settled.id, .usage(Self.huge))) == .holdEnded(.settled))
    let released = try await bench.hold(.micros(10)).hold
    try await bench.release(released)
    for hold in [settled, released] {
      #expect(
        try await bench.refusal(.releaseHold(ReleaseHold(hold: hold.id))).name == "holdEnded")
    }
    #expect(try await bench.refusal(settle(released.id, .micros(1))) == .holdEnded(.released))

    let byAmount = try await bench.hold(.micros(10)).hold
    #expect(try await bench.refusal(settle(byAmount.id, .usage(Self.huge))) == .modelMismatch)
    try await bench.allocate(LedgerLimits.amountMax - 2_000)
    let dear = try await bench.hold(.usage(TokenUsage(model: "dear", outputTokens: 1))).hold
    #expect(try await bench.refusal(settle(dear.id, .usage(Self.huge))) == .costOverflow)
    #expect(
      try await bench.refusal(settle(byAmount.id, .micros(11)))
        == .overGranted(costMicros: 11, grantedMicros: 10))
    try await bench.settle(byAmount, .micros(10), .reject)
  }

  @Test("for AdjustAllocation, VoidAllocation and RefundUsage")
  func administration() async throws {
    let bench = try Bench()
    func adjust(_ id: AllocationID, _ expiry: Int64) -> Command {
      .adjustAllocation(AdjustAllocation(allocation: id, expiry: .at(bench.after(expiry))))
    }
    func void(_ id: AllocationID) -> Command { .voidAllocation(VoidAllocation(allocation: id)) }
    func refund(_ id: UsageID, _ amount: Int64?) -> Command {
      .refundUsage(RefundUsage(usage: id, amountMicros: amount))
    }
    let unknown = AllocationID(seq: 99)
    let nothing = AdjustAllocation(allocation: unknown)
    #expect(try await bench.refusal(.adjustAllocation(nothing)).name == "invalidArgument")
    #expect(try await bench.refusal(adjust(unknown, 0)) == .allocationNotFound)
    #expect(try await bench.refusal(void(unknown)) == .allocationNotFound)
    #expect(try await bench.refusal(refund(UsageID(seq: 99), 0)).name == "invalidArgument")
    #expect(try await bench.refusal(refund(UsageID(seq: 99), 1)) == .usageNotFound)
    let spent = try await bench.allocate(5).allocation.id
    let usage = try await bench.deduct(.micros(5)).usage.id
    let open = try await bench.allocate(
      5, effectiveAt: bench.after(50), expiresAt: bench.after(99)
    ).allocation.id
    try await bench.set("alice", .closed)
    #expect(try await bench.refusal(adjust(spent, 0)) == .accountClosed)
    #expect(try await bench.refusal(void(spent)) == .allocationEnded)
    #expect(try await bench.refusal(refund(usage, 6)) == .accountClosed)
    try await bench.set("alice", .active)
    #expect(try await bench.refusal(adjust(spent, 0)) == .allocationEnded)
    #expect(try await bench.refusal(adjust(open, 0)) == .expiresInThePast)
    #expect(try await bench.refusal(adjust(open, 50)) == .expiresInThePast, "before it begins")
    let over = try await bench.refusal(refund(usage, 6))
    #expect(over == .overRefund(refundableMicros: 5))
    _ = try await bench.submit(void(open)).get()
    #expect(try await bench.refusal(void(open)) == .allocationEnded)
    let gone = try await bench.allocate(5, expiresAt: bench.after(9)).allocation.id
    bench.clock.advance(.seconds(9))
    #expect(try await bench.refusal(void(gone)) == .allocationEnded)
    try await bench.allocate(LedgerLimits.amountMax)
    #expect(try await bench.refusal(refund(usage, 5)) == .balanceOverflow)
  }

  @Test("for SetBudget, and of a budget that stops what credit would pay")
  func budgets() async throws {
    let bench = try Bench()
    func set(_ id: Int64?, _ limit: Int64, zone: String = "UTC") -> Command {
      .setBudget(
        SetBudget(
          account: "alice", budget: id.map(BudgetID.init), limitMicros: limit,
          window: .calendar(.day, zone: zone)))
    }
    #expect(try await bench.refusal(set(7, -1)).name == "invalidArgument")
    #expect(try await bench.refusal(set(7, 1, zone: "Mars/Base")).name == "invalidArgument")
    #expect(try await bench.refusal(set(7, 1)) == .budgetNotFound)
    for _ in 0..<LedgerLimits.budgetsPerAccountMax { _ = try await bench.submit(set(nil, 5)).get() }
    #expect(try await bench.refusal(set(nil, 5)) == .tooManyBudgets)
    try await bench.allocate(7)
    let dear = Command.openHold(OpenHold(account: "alice", charge: .micros(8)))
    let fair = Command.openHold(OpenHold(account: "alice", charge: .micros(6)))
    #expect(try await bench.refusal(dear).name == "insufficientCredits")
    guard case .budgetExceeded(let check) = try await bench.refusal(fair) else {
      throw Breach("a hold above the budget was not refused for that")
    }
    #expect(check.decision == .budgetExceeded && check.shortfallMicros == 1)
    #expect(check.budget?.terms.limitMicros == 5)
    for amount in [8, 6] as [Int64] {
      let charge = DeductCredits(account: "alice", charge: .micros(amount), overPolicy: .reject)
      let refusal = try await bench.refusal(.deductCredits(charge)).name
      #expect(refusal == (amount == 8 ? "insufficientCredits" : "budgetExceeded"))
    }
  }

  @Test("for ExtendHold and ForceRelease")
  func extendAndForce() async throws {
    let bench = try Bench()
    try await prices(bench)
    try await bench.allocate(LedgerLimits.amountMax)
    func extend(_ hold: HoldID, _ used: Charge, wanted: Int64 = 1) -> Command {
      .extendHold(ExtendHold(hold: hold, used: used, wanted: wanted))
    }
    func force(_ hold: HoldID) -> Command { .forceRelease(ForceRelease(hold: hold)) }
    let unknown = HoldID(seq: 99)
    let other = Charge.usage(TokenUsage(model: "cheap", outputTokens: 1))
    #expect(try await bench.refusal(extend(unknown, .micros(-1))).name == "invalidArgument")
    #expect(try await bench.refusal(extend(unknown, .micros(1))) == .holdNotFound)
    #expect(try await bench.refusal(force(unknown)) == .holdNotFound)
    let dear = try await bench.hold(.usage(TokenUsage(model: "dear", outputTokens: 1)), min: 1)
    let released = try await bench.hold(.micros(10), min: 1).hold
    try await bench.release(released)
    try await bench.set("alice", .closed)
    #expect(try await bench.refusal(extend(released.id, other)) == .holdEnded(.released))
    #expect(try await bench.refusal(force(released.id)) == .holdEnded(.released))
    #expect(try await bench.refusal(extend(dear.hold.id, other)) == .accountClosed)
    try await bench.set("alice", .frozen)
    #expect(try await bench.refusal(extend(dear.hold.id, other)) == .accountFrozen)
    try await bench.set("alice", .active)
    #expect(try await bench.refusal(extend(dear.hold.id, other)) == .modelMismatch)
    #expect(try await bench.refusal(extend(dear.hold.id, .usage(Self.huge))) == .costOverflow)
    let most = Charge.micros(LedgerLimits.amountMax)
    #expect(try await bench.refusal(extend(dear.hold.id, most)) == .costOverflow)
    try await bench.extend(dear.hold, used: .micros(1), wanted: 0)
    bench.clock.set(dear.hold.expiresAt)
    #expect(try await bench.refusal(extend(dear.hold.id, .micros(1))) == .holdEnded(.expired))
    #expect(try await bench.submit(force(dear.hold.id)).get().value.isForced)
  }
}

extension Answer {
  fileprivate var isForced: Bool { if case .holdForced = self { true } else { false } }
}

extension Bench {
  /// Charges an account that is frozen, by making it active for it.
  fileprivate func deduct(_ charge: Charge, _ policy: OverPolicy, activating: Bool) async throws {
    try await set("alice", .active)
    try await deduct(charge, from: "alice", policy)
  }
}
