import Ledger

/// A random list of commands, carried out by a ledger and by the model side by side.
///
/// After every command their answers, balances and credit decisions are compared and the journal is
/// audited. The same seed gives the same list.
public struct RandomHistory {
  private let seed: UInt64
  private let commandCount: Int
  /// The chance of a restart before a command, in percent.
  private let restartPercent: Int
  var random: SeededGenerator
  private let clock = TestClock()
  var model = ReferenceModel()
  var auditor = JournalAuditor()
  var grantIDs: [AllocationID] = []
  private var holdIDs: [HoldID] = []
  private var usageIDs: [UsageID] = []
  private var budgetIDs: [BudgetID] = []
  private var earlier: [(attempt: Attempt, command: Command, answer: String)] = []
  /// Entries of some accepted commands.
  private var earlierSeqs: [Int64] = []
  private var ledgerTime = LedgerTime.distantPast
  /// What the balances were when, for questions about the past.
  private var pastBalances: [LedgerTime: [[Int64]]] = [:]

  public init(seed: UInt64, commandCount: Int = 100, restartPercent: Int = 0) {
    self.seed = seed
    self.commandCount = commandCount
    self.restartPercent = restartPercent
    random = SeededGenerator(seed: seed)
  }

  /// Runs the list on a ledger over the store that `open` opens, and reopens after a restart.
  public mutating func run(open: () throws -> any LedgerStore) async throws {
    var store = try open()
    var ledger = try CreditLedger(store: store, clock: clock)
    for step in 0..<commandCount {
      if random.chance(restartPercent) {
        try await verify(ledger)
        try await ledger.shutDown()
        store = try open()
        ledger = try CreditLedger(store: store, clock: clock)
      }
      moveClock()
      // Swept or not: the same comes out.
      if random.chance(15) {
        let seq = ledger.committedSeq
        await ledger.sweep()
        // A sweep that found nothing to write leaves the journal's time where it was.
        if ledger.committedSeq > seq {
          ledgerTime = max(clock.now(), ledgerTime)
          model.run(to: ledgerTime.microseconds)
        }
      }
      do {
        try await self.step(step, ledger)
        try auditor.catchUp(with: store)
        try compareAlerts(isWhole: false)
      } catch let breach as Breach {
        throw Breach("seed \(seed), step \(step): \(breach)")
      }
    }
    clock.set(max(clock.now(), ledgerTime))
    await ledger.sweep()
    try auditor.catchUp(with: store)
    model.run(to: clock.now().microseconds)
    do { try compareAlerts(isWhole: true) } catch { throw Breach("seed \(seed): \(error)") }
    try await verify(ledger)
    try await ledger.shutDown()
  }

  /// The ledger's own proof finds nothing.
  private func verify(_ ledger: CreditLedger) async throws {
    let report = try await ledger.verify()
    if let found = report.firstBreak { throw Breach("seed \(seed): a false alarm: \(found)") }
    guard report.head.seq == ledger.committedSeq else {
      throw Breach("seed \(seed): examined up to \(report.head.seq) only")
    }
    for (time, balances) in pastBalances.prefix(4) {
      for (owner, expected) in zip(Self.owners, balances) {
        let balance = try await ledger.balance(of: AccountID(owner), at: time).balance
        let found = [balance.availableMicros, balance.heldMicros, balance.debtMicros]
        guard found == expected else {
          throw Breach(
            "seed \(seed): \(owner) had \(expected) at \(time.microseconds), not \(found)")
        }
      }
    }
    try await explainOne(ledger)
  }

  /// A decision of the past, made again on the journal before it, is the same.
  private func explainOne(_ ledger: CreditLedger) async throws {
    guard let seq = earlierSeqs.last else { return }
    let explanation = try await ledger.explain(seq)
    if let difference = explanation.difference {
      throw Breach("I8: seed \(seed): \(difference); \(explanation.command)")
    }
    guard earlier.contains(where: { $0.command == explanation.command }) else {
      throw Breach("seed \(seed): entry \(seq) is explained by \(explanation.command)")
    }
  }

  private mutating func moveClock() {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<60: clock.advance(.microseconds(Int64.random(in: 0...2_000_000, using: &random)))
    case 60..<85: clock.advance(.seconds(Int64.random(in: 1...40, using: &random)))
    case 85..<93: clock.advance(.seconds(Int64.random(in: 60...4_000, using: &random)))
    case 93..<95: clock.advance(.seconds(Int64.random(in: 40_000...100_000, using: &random)))
    case 95..<98: clock.advance(.seconds(-Int64.random(in: 1...3_600, using: &random)))
    default: break
    }
  }

  // MARK: One step

  private mutating func step(_ step: Int, _ ledger: CreditLedger) async throws {
    if !earlier.isEmpty, random.chance(8) { return try await repeatEarlier(ledger) }
    if !earlier.isEmpty, random.chance(3) { return try await reuseKey(ledger) }
    let command = randomCommand()
    let attempt = Attempt(principal: "p\(step % 3)", key: "key-\(step)")
    let time = max(clock.now(), ledgerTime)
    ledgerTime = time
    model.run(to: time.microseconds)
    let expected = expect(command)
    model.ring()
    let outcome = await ledger.submit(command, by: attempt)
    let found = render(outcome)
    guard found == expected else {
      throw Breach("\(command)\n  expected \(expected)\n  found    \(found)")
    }
    earlier.append((attempt, command, "\(found) \(seqText(outcome))"))
    if case .success(let receipt) = outcome, step % 5 == 0 {
      earlierSeqs.append(receipt.asOfSeq)
    }
    try compareBalances(ledger)
    pastBalances[time] = Self.owners.map { model.balance($0) }
    try compareChecks(ledger)
  }

  private mutating func repeatEarlier(_ ledger: CreditLedger) async throws {
    guard let past = earlier.randomElement(using: &random) else { return }
    let outcome = await ledger.submit(past.command, by: past.attempt)
    let found = "\(render(outcome, isNew: false)) \(seqText(outcome))"
    guard found == past.answer else {
      throw Breach("I6: a replay said \(found)\n  the first answer was \(past.answer)")
    }
    if case .success(let receipt) = outcome, !receipt.isReplayed {
      throw Breach("I6: a replayed answer does not say so")
    }
  }

  private mutating func reuseKey(_ ledger: CreditLedger) async throws {
    guard let past = earlier.randomElement(using: &random) else { return }
    guard case .deductCredits(var other) = past.command else { return }
    other.sessionID += "x"
    let outcome = await ledger.submit(.deductCredits(other), by: past.attempt)
    guard case .failure(.idempotencyMismatch) = outcome else {
      throw Breach("another command with a used key was answered \(render(outcome))")
    }
  }

  private mutating func expect(_ command: Command) -> String {
    switch command {
    case .settleHold(let settle):
      model.settle(
        holdIDs.firstIndex(of: settle.hold), settle.charge, settle.overPolicy, settle.outcome)
    case .extendHold(let extend):
      model.extend(holdIDs.firstIndex(of: extend.hold), extend)
    case .adjustAllocation(let adjust):
      model.adjust(grantIDs.firstIndex(of: adjust.allocation), adjust)
    case .voidAllocation(let void):
      model.void(grantIDs.firstIndex(of: void.allocation))
    case .setBudget(let set):
      model.set(set.budget.flatMap { budgetIDs.firstIndex(of: $0) }, set)
    case .refundUsage(let refund):
      model.refund(usageIDs.firstIndex(of: refund.usage), refund)
    case .forceRelease(let force):
      model.force(holdIDs.firstIndex(of: force.hold))
    case .releaseHold(let release):
      model.release(holdIDs.firstIndex(of: release.hold))
    default:
      model.carryOut(command)
    }
  }

  private func compareBalances(_ ledger: CreditLedger) throws {
    for owner in Self.owners {
      let balance = ledger.balance(of: AccountID(owner)).balance
      let found = [balance.availableMicros, balance.heldMicros, balance.debtMicros]
      guard found == model.balance(owner) else {
        throw Breach("balance of \(owner): expected \(model.balance(owner)), found \(found)")
      }
    }
    try compareBudgets(ledger)
    for grant in model.grants {
      // The journal may not have written down yet what time brought about for others.
      guard model.people[grant.owner] != nil, grant.number < grantIDs.count else { continue }
      guard grant.amount == grant.free + grant.held + grant.used + grant.lost else {
        throw Breach("the model itself lost money in grant \(grant.number)")
      }
    }
  }

  private func compareBudgets(_ ledger: CreditLedger) throws {
    for owner in Self.owners {
      for status in ledger.budgets(of: AccountID(owner)).budgets {
        guard let number = budgetIDs.firstIndex(of: status.terms.id) else { continue }
        let (used, held) = model.counted(model.limits[number])
        guard status.usedMicros == used, status.heldMicros == held else {
          throw Breach("budget \(status): expected \(used) used, \(held) held")
        }
      }
    }
  }

  private mutating func compareChecks(_ ledger: CreditLedger) throws {
    let owner = Self.owners.randomElement(using: &random) ?? "alice"
    let charge = randomCharge()
    let session = randomSession()
    let asked = ledger.check(AccountID(owner), for: charge, sessionID: session)
    guard case .success(let reply) = asked else {
      throw Breach("a lawful credit question was refused")
    }
    guard reply.answer.isSufficient == model.wouldSuffice(owner, charge, session) else {
      throw Breach("check of \(owner) for \(charge) was answered \(reply.answer)")
    }
  }

  // MARK: Rendering

  private mutating func render(
    _ outcome: Result<Receipt<Answer>, Refusal>, isNew: Bool = true
  ) -> String {
    switch outcome {
    case .failure(let refusal):
      return String("\(refusal)".prefix { $0 != "(" })
    case .success(let receipt):
      return render(receipt.value, isNew: isNew)
    }
  }

  private mutating func render(_ answer: Answer, isNew: Bool) -> String {
    switch answer {
    case .allocated(let answer):
      if isNew { grantIDs.append(answer.allocation.id) }
      return "allocated, repaid \(answer.debtRepaidMicros)"
    case .deducted(let answer):
      let usage = answer.usage
      if isNew { usageIDs.append(usage.id) }
      return charged(usage.pins, usage.debtMicros, usage.uncollectedMicros)
    case .alertsSet(let answer):
      return "alerted at \(answer.thresholds.map { "\($0.micros) \($0.isArmed)" })"
    case .allocationAdjusted:
      return "adjusted"
    case .allocationVoided(let answer):
      return "voided \(answer.voidedMicros)"
    case .refunded(let answer):
      if isNew { grantIDs += answer.grants.map(\.id) }
      let refund = answer.refund
      let lost = refund.expired.totalMicros + refund.voided.totalMicros
      return "refunded \(text(refund.returned)) lost \(lost) forgiven \(refund.debtMicros) "
        + "new \(refund.reissuedMicros)"
    case .holdOpened(let answer):
      if isNew { holdIDs.append(answer.hold.id) }
      let deadline = answer.hold.expiresAt.microseconds
      let word = answer.isFinalSlice ? "finally held" : "held"
      return "\(word) \(text(answer.hold.pins)) until \(deadline)"
    case .holdExtended(let answer):
      return "extended \(text(answer.hold.pins)) until \(answer.hold.expiresAt.microseconds) "
        + "\(answer.isFinalSlice ? "finally" : "more") \(answer.warning)"
    case .holdForced(let answer):
      if isNew, let usage = answer.usage { usageIDs.append(usage.id) }
      return "forced \(text(answer.usage?.pins ?? [])) back \(answer.returnedMicros)"
    case .holdSettled(let answer):
      if isNew { usageIDs.append(answer.usage.id) }
      return render(answer)
    case .holdReleased(let answer):
      return "released back \(answer.returnedMicros)"
    case .budgetSet(let answer):
      let id = answer.status.terms.id
      if isNew, !budgetIDs.contains(id) { budgetIDs.append(id) }
      return "limited"
    case .pricePut:
      return "priced"
    case .accountStateSet:
      return "set"
    }
  }

  private func render(_ answer: SettleAnswer) -> String {
    let usage = answer.usage
    if usage.isLate {
      return "late " + charged(usage.pins, usage.debtMicros, usage.uncollectedMicros)
    }
    // The model tells apart what the hold paid from what came on top.
    let number = usage.hold.flatMap { holdIDs.firstIndex(of: $0) } ?? 0
    var covered = min(usage.costMicros, model.holds[number].granted)
    var paid: [Pin] = []
    var rest = usage.pins[...]
    while covered > 0, let pin = rest.popFirst() {
      paid.append(pin)
      covered -= pin.amountMicros
    }
    let over = charged(Array(rest), usage.debtMicros, usage.uncollectedMicros)
    return "settled \(text(paid)) back \(answer.returnedMicros), over \(over)"
  }

  private func charged(_ pins: [Pin], _ debt: Int64, _ lost: Int64) -> String {
    "charged \(text(pins)) debt \(debt) lost \(lost)"
  }

  private func text(_ pins: [Pin]) -> [String] {
    pins.map { "\(grantIDs.firstIndex(of: $0.allocation) ?? -1):\($0.amountMicros)" }
  }

  private func seqText(_ outcome: Result<Receipt<Answer>, Refusal>) -> String {
    guard case .success(let receipt) = outcome else { return "" }
    return "seq \(receipt.asOfSeq)"
  }
}

// MARK: - Random commands

extension RandomHistory {
  static let owners = ["alice", "bob", "carol"]
  static let models = ["tiny", "large", "unpriced"]

  private mutating func randomCommand() -> Command {
    let account = AccountID(Self.owners.randomElement(using: &random) ?? "alice")
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<17: return .allocateCredits(randomGrant(account))
    case 17..<19: return .voidAllocation(VoidAllocation(allocation: randomAllocation()))
    case 19..<22: return .adjustAllocation(randomAdjustment())
    case 22..<28: return .refundUsage(randomRefund())
    case 28..<42:
      let deduction = DeductCredits(
        account: account, charge: randomCharge(), overPolicy: randomPolicy(), outcome: .complete,
        sessionID: randomSession())
      return random.chance(30) ? .recordUsage(deduction) : .deductCredits(deduction)
    case 42..<52:
      let charge = randomCharge()
      return .openHold(
        OpenHold(
          account: account, charge: charge, minMicros: random.chance(30) ? 1 : nil,
          life: random.chance(50) ? .seconds(Int64.random(in: 5...900, using: &random)) : nil,
          sliceTokens: charge.model != nil && random.chance(60)
            ? Int64.random(in: 1...300, using: &random) : nil,
          sessionID: randomSession()))
    case 52..<67: return .extendHold(randomExtension())
    case 67..<83:
      let hold = randomHold()
      return .settleHold(
        SettleHold(
          hold: hold, charge: randomUse(of: hold), overPolicy: randomPolicy(),
          outcome: random.chance(50) ? .complete : .cancelled))
    case 83..<88: return .releaseHold(ReleaseHold(hold: randomHold()))
    case 88..<90: return .forceRelease(ForceRelease(hold: randomHold()))
    case 90..<94: return .putPrice(randomPrice())
    case 94..<96: return .setBudget(randomBudget(account))
    case 96..<98: return .setBalanceAlerts(randomAlerts(account))
    default:
      return .setAccountState(
        SetAccountState(
          account: account,
          state: random.chance(70) ? .active : AccountState.allCases.randomElement(using: &random),
          overdraftLimitMicros: random.chance(50) ? 0 : Int64.random(in: 0...80, using: &random)))
    }
  }

  private mutating func randomGrant(_ account: AccountID) -> AllocateCredits {
    var effectiveAt: LedgerTime?
    if random.chance(20) {
      effectiveAt = clock.now().adding(.seconds(Int64.random(in: -50...200, using: &random)))
    }
    var expiresAt: LedgerTime?
    if random.chance(60) {
      expiresAt = clock.now().adding(.seconds(Int64.random(in: -5...300, using: &random)))
    }
    if let begins = effectiveAt, let ends = expiresAt, ends <= begins { effectiveAt = nil }
    return AllocateCredits(
      account: account, amountMicros: Int64.random(in: 1...100, using: &random),
      allocationClass: AllocationClass.allCases.randomElement(using: &random) ?? .paid,
      priority: UInt8.random(in: 99...101, using: &random), effectiveAt: effectiveAt,
      expiresAt: expiresAt, models: random.chance(20) ? ["tiny"] : [])
  }

  private mutating func randomCharge() -> Charge {
    if random.chance(50) { return .micros(Int64.random(in: 1...120, using: &random)) }
    let model = Self.models.randomElement(using: &random) ?? "tiny"
    return .usage(
      TokenUsage(
        model: model, inputTokens: Int64.random(in: 0...400, using: &random),
        outputTokens: Int64.random(in: 1...400, using: &random),
        cachedInputTokens: Int64.random(in: 0...40, using: &random)))
  }

  private mutating func randomAllocation() -> AllocationID {
    if random.chance(5) { return AllocationID(seq: 1_000_000) }
    let recent = random.chance(70) ? grantIDs.suffix(5) : grantIDs[...]
    return recent.randomElement(using: &random) ?? AllocationID(seq: 1_000_000)
  }

  private mutating func randomAdjustment() -> AdjustAllocation {
    let ends = clock.now().adding(.seconds(Int64.random(in: -5...300, using: &random)))
    let expiry: AdjustAllocation.Expiry? =
      random.chance(50) ? .at(ends) : random.chance(50) ? .never : nil
    return AdjustAllocation(
      allocation: randomAllocation(), expiry: expiry,
      priority: expiry == nil || random.chance(50)
        ? UInt8.random(in: 98...102, using: &random) : nil)
  }

  private mutating func randomRefund() -> RefundUsage {
    let recent = random.chance(60) ? usageIDs.suffix(4) : usageIDs[...]
    let usage = random.chance(95) ? recent.randomElement(using: &random) : nil
    return RefundUsage(
      usage: usage ?? UsageID(seq: 1_000_000),
      amountMicros: random.chance(60) ? Int64.random(in: 1...40, using: &random) : nil,
      isServiceFault: random.chance(40))
  }

  private mutating func randomSession() -> String {
    ["", "s1", "s2"].randomElement(using: &random) ?? ""
  }

  private mutating func randomBudget(_ account: AccountID) -> SetBudget {
    let windows: [BudgetWindow] = [
      .none, .rolling(.seconds(60)), .rolling(.seconds(3_600)), .calendar(.hour, zone: "UTC"),
      .calendar(.day, zone: "UTC"),
    ]
    let old = random.chance(40) ? budgetIDs.randomElement(using: &random) : nil
    return SetBudget(
      account: account, budget: old, model: old == nil && random.chance(30) ? "tiny" : nil,
      sessionID: old == nil && random.chance(30) ? "s1" : nil,
      limitMicros: Int64.random(in: 0...300, using: &random),
      window: windows.randomElement(using: &random) ?? .none,
      mode: random.chance(70) ? .enforce : old != nil && random.chance(50) ? .off : .observe)
  }

  private mutating func randomExtension() -> ExtendHold {
    let hold = randomHold()
    return ExtendHold(
      hold: hold, used: randomUse(of: hold), wanted: Int64.random(in: 0...200, using: &random),
      life: random.chance(50) ? .seconds(Int64.random(in: 5...900, using: &random)) : nil)
  }

  /// What a hold's work may have come to, mostly in tokens of its own model.
  private mutating func randomUse(of hold: HoldID) -> Charge {
    if random.chance(10) { return .micros(0) }
    let number = holdIDs.firstIndex(of: hold)
    guard let name = number.flatMap({ model.holds[$0].price?.model }), random.chance(80) else {
      return randomCharge()
    }
    if random.chance(10) { return .usage(TokenUsage(model: name)) }
    return .usage(
      TokenUsage(
        model: name, inputTokens: Int64.random(in: 0...400, using: &random),
        outputTokens: Int64.random(in: 1...400, using: &random)))
  }

  private mutating func randomPolicy() -> OverPolicy {
    OverPolicy.allCases.randomElement(using: &random) ?? .cover
  }

  private mutating func randomHold() -> HoldID {
    if random.chance(5) { return HoldID(seq: 1_000_000) }
    // Mostly a recent one, so that open holds are found.
    let recent = random.chance(80) ? holdIDs.suffix(4) : holdIDs[...]
    return recent.randomElement(using: &random) ?? HoldID(seq: 1_000_000)
  }

  private mutating func randomPrice() -> PutPrice {
    PutPrice(
      model: random.chance(60) ? "tiny" : "large",
      effectiveFrom: random.chance(30)
        ? clock.now().adding(.seconds(Int64.random(in: -100...100, using: &random))) : nil,
      rates: PriceRates(
        inputMicrosPerMillion: Int64.random(in: 0...90_000, using: &random),
        outputMicrosPerMillion: Int64.random(in: 0...190_000, using: &random),
        cachedInputMicrosPerMillion: Int64.random(in: 0...9_000, using: &random),
        perCallMicros: Int64.random(in: 0...5, using: &random),
        minimumMicros: Int64.random(in: 0...5, using: &random)))
  }
}
