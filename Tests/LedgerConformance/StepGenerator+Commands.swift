import Ledger

// Random commands, mostly about what exists.

extension StepGenerator {
  /// Names what no step makes.
  private static let nothing: Int64 = 1_000_001

  mutating func command(_ model: ReferenceModel, _ now: LedgerTime) -> Command {
    let account = account()
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<17: return .allocateCredits(grant(account, now))
    case 17..<19: return .voidAllocation(VoidAllocation(allocation: allocation(model)))
    case 19..<22: return .adjustAllocation(adjustment(model, now))
    case 22..<29: return .refundUsage(refund(model))
    case 29..<39: return .deductCredits(charge(now))
    case 39..<41: return .recordUsage(charge(now))
    case 41..<54: return .openHold(hold(account))
    case 54..<69: return .extendHold(extensionOfHold(model))
    case 69..<80: return .settleHold(settle(model))
    case 80..<84: return .releaseHold(ReleaseHold(hold: heldName(model)))
    case 84..<87: return .forceRelease(ForceRelease(hold: heldName(model)))
    case 87..<91: return .putPrice(price(now))
    case 91..<93: return .setBudget(budget(account, model))
    case 93..<95: return .setBalanceAlerts(alerts(account))
    default:
      return .setAccountState(
        SetAccountState(
          account: account,
          state: random.chance(75) ? .active : AccountState.allCases.randomElement(using: &random),
          overdraftLimitMicros: random.chance(45) ? 0 : Int64.random(in: 0...80, using: &random)))
    }
  }

  /// A command that breaks the bounds of one of its fields.
  mutating func unlawfulCommand(_ model: ReferenceModel) -> Command {
    let account = account()
    let tooMuch = LedgerLimits.amountMax + 1
    let commands: [Command] = [
      .allocateCredits(AllocateCredits(account: account, amountMicros: 0)),
      .allocateCredits(AllocateCredits(account: account, amountMicros: tooMuch)),
      .allocateCredits(AllocateCredits(account: "no such/name", amountMicros: 1)),
      .deductCredits(DeductCredits(account: account, charge: .micros(-1))),
      .deductCredits(
        DeductCredits(account: account, charge: .usage(TokenUsage(model: "tiny")))),
      .openHold(OpenHold(account: account, charge: .micros(5), minMicros: 6)),
      .openHold(OpenHold(account: account, charge: .micros(5), life: .seconds(4))),
      .openHold(OpenHold(account: account, charge: .micros(5), sliceTokens: 1)),
      .settleHold(SettleHold(hold: heldName(model), charge: .micros(-1))),
      .extendHold(ExtendHold(hold: heldName(model), used: .micros(0), wanted: -1)),
      .extendHold(
        ExtendHold(hold: heldName(model), used: .micros(0), wanted: 1, life: .seconds(901))),
      .refundUsage(RefundUsage(usage: UsageID(seq: 1), amountMicros: 0)),
      .adjustAllocation(AdjustAllocation(allocation: allocation(model))),
      .setBudget(SetBudget(account: account, limitMicros: -1)),
      .setBudget(SetBudget(account: account, limitMicros: 1, window: .rolling(.seconds(59)))),
      .setBudget(
        SetBudget(account: account, limitMicros: 1, window: .calendar(.day, zone: "Nowhere"))),
      .setBudget(SetBudget(account: account, limitMicros: 1, mode: .off)),
      .putPrice(PutPrice(model: "tiny", rates: PriceRates(perCallMicros: -1))),
      .setAccountState(SetAccountState(account: account, overdraftLimitMicros: tooMuch)),
      .setBalanceAlerts(
        SetBalanceAlerts(account: account, thresholdsMicros: [-1], leads: [])),
    ]
    return commands.randomElement(using: &random) ?? commands[0]
  }

  // MARK: Grants

  private mutating func grant(_ account: AccountID, _ now: LedgerTime) -> AllocateCredits {
    var effectiveAt: LedgerTime?
    if random.chance(20) {
      effectiveAt = now.adding(.seconds(Int64.random(in: -50...200, using: &random)))
    }
    var expiresAt: LedgerTime?
    if random.chance(60) {
      expiresAt = now.adding(.seconds(Int64.random(in: -5...300, using: &random)))
    }
    if let begins = effectiveAt, let ends = expiresAt, ends <= begins { effectiveAt = nil }
    var amount = Int64.random(in: 1...(random.chance(50) ? 100 : 400), using: &random)
    if theme == .rich, random.chance(30) {
      amount = LedgerLimits.amountMax - (random.chance(50) ? 0 : amount * 1_000_000_000_000)
    }
    return AllocateCredits(
      account: account, amountMicros: max(1, amount),
      allocationClass: AllocationClass.allCases.randomElement(using: &random) ?? .paid,
      priority: UInt8.random(in: 99...101, using: &random), effectiveAt: effectiveAt,
      expiresAt: expiresAt, models: random.chance(20) ? ["tiny"] : [])
  }

  private mutating func allocation(_ model: ReferenceModel) -> AllocationID {
    let recent = random.chance(70) ? model.grantNames.suffix(5) : model.grantNames[...]
    let name = random.chance(95) ? recent.randomElement(using: &random) : nil
    return AllocationID(seq: name ?? Self.nothing)
  }

  private mutating func adjustment(
    _ model: ReferenceModel, _ now: LedgerTime
  ) -> AdjustAllocation {
    let ends = now.adding(.seconds(Int64.random(in: -5...300, using: &random)))
    let expiry: AdjustAllocation.Expiry? =
      random.chance(50) ? .at(ends) : random.chance(50) ? .never : nil
    return AdjustAllocation(
      allocation: allocation(model), expiry: expiry,
      priority: expiry == nil || random.chance(50)
        ? UInt8.random(in: 98...102, using: &random) : nil)
  }

  private mutating func refund(_ model: ReferenceModel) -> RefundUsage {
    let recent = random.chance(60) ? model.billNames.suffix(4) : model.billNames[...]
    let usage = random.chance(95) ? recent.randomElement(using: &random) : nil
    return RefundUsage(
      usage: UsageID(seq: usage ?? Self.nothing),
      amountMicros: random.chance(60) ? Int64.random(in: 1...40, using: &random) : nil,
      isServiceFault: random.chance(40))
  }

  // MARK: Charges

  mutating func amount() -> Charge {
    if theme == .rich, random.chance(25) { return greatAmount() }
    if random.chance(40) {
      return .micros(Int64.random(in: 1...(random.chance(60) ? 30 : 150), using: &random))
    }
    let model = random.chance(5) ? "unpriced" : random.chance(60) ? "tiny" : "large"
    return .usage(
      TokenUsage(
        model: model, inputTokens: Int64.random(in: 0...400, using: &random),
        outputTokens: outputTokens(),
        cachedInputTokens: Int64.random(in: 0...40, using: &random)))
  }

  private mutating func greatAmount() -> Charge {
    if random.chance(40) {
      return .micros(LedgerLimits.amountMax - Int64.random(in: 0...9, using: &random))
    }
    let most = LedgerLimits.tokensMax
    return .usage(
      TokenUsage(
        model: random.chance(50) ? "tiny" : "large",
        inputTokens: most - Int64.random(in: 0...9, using: &random),
        outputTokens: random.chance(50) ? most : 1))
  }

  mutating func charge(_ now: LedgerTime) -> DeductCredits {
    var eventTime: LedgerTime?
    if random.chance(20) {
      eventTime = now.adding(.seconds(Int64.random(in: -400...100, using: &random)))
    } else if random.chance(3) {
      eventTime = now.adding(.seconds(random.chance(50) ? -300_000 : 900))
    }
    return DeductCredits(
      account: account(), charge: amount(),
      overPolicy: OverPolicy.allCases.randomElement(using: &random) ?? .cover,
      eventTime: eventTime, outcome: .complete, sessionID: session())
  }

  mutating func session() -> String {
    ["", "s1", "s2"].randomElement(using: &random) ?? ""
  }

  // MARK: Holds

  private mutating func hold(_ account: AccountID) -> OpenHold {
    let charge = amount()
    var slices = false
    if case .usage(let usage) = charge { slices = usage.outputTokens > 0 && random.chance(60) }
    return OpenHold(
      account: account, charge: charge, minMicros: random.chance(30) ? 1 : nil,
      life: random.chance(50) ? .seconds(Int64.random(in: 5...900, using: &random)) : nil,
      sliceTokens: slices ? Int64.random(in: 1...300, using: &random) : nil, sessionID: session())
  }

  /// Mostly a recent one, so that open holds are found.
  private mutating func heldName(_ model: ReferenceModel) -> HoldID {
    var recent = model.holds[...]
    // The long hold is kept open.
    if theme == .longHold, commandCount < 115 { recent = recent.dropFirst() }
    if random.chance(80) {
      let open = recent.suffix(12).filter { $0.fate == "open" }
      recent = open.isEmpty ? recent.suffix(4) : open[...]
    }
    let hold = random.chance(95) ? recent.randomElement(using: &random) : nil
    return HoldID(seq: hold?.name ?? Self.nothing)
  }

  private mutating func extensionOfHold(_ model: ReferenceModel) -> ExtendHold {
    let hold = heldName(model)
    let used = use(of: hold, model)
    var wanted = Int64.random(in: 0...200, using: &random)
    if theme == .rich, random.chance(20) { wanted = LedgerLimits.tokensMax }
    return ExtendHold(
      hold: hold, used: used, wanted: wanted,
      life: random.chance(50) ? .seconds(Int64.random(in: 5...900, using: &random)) : nil)
  }

  private mutating func settle(_ model: ReferenceModel) -> SettleHold {
    let hold = heldName(model)
    return SettleHold(
      hold: hold, charge: use(of: hold, model),
      overPolicy: OverPolicy.allCases.randomElement(using: &random) ?? .cover,
      outcome: random.chance(50) ? .complete : .cancelled)
  }

  /// What a hold's work may have come to, mostly in tokens of its own model.
  private mutating func use(of hold: HoldID, _ model: ReferenceModel) -> Charge {
    if random.chance(10) { return .micros(0) }
    let held = model.holdNumbers[hold.seq].map { model.holds[$0] }
    if let held, random.chance(8) { return .micros(held.granted) }
    guard let name = held?.price?.model, random.chance(80) else { return amount() }
    if random.chance(10) { return .usage(TokenUsage(model: name)) }
    if theme == .rich, random.chance(25) {
      return .usage(TokenUsage(model: name, outputTokens: LedgerLimits.tokensMax))
    }
    return .usage(
      TokenUsage(
        model: name, inputTokens: Int64.random(in: 0...400, using: &random),
        outputTokens: outputTokens()))
  }

  /// Mostly a short answer, so that a model's usual length shows.
  private mutating func outputTokens() -> Int64 {
    Int64.random(in: 1...(random.chance(94) ? 90 : 600), using: &random)
  }

  // MARK: Alerts, prices and budgets

  private mutating func alerts(_ account: AccountID) -> SetBalanceAlerts {
    let levels = (0..<Int.random(in: 0...3, using: &random)).map { _ in
      Int64.random(in: 0...150, using: &random)
    }
    let leads = (0..<Int.random(in: 0...2, using: &random)).map { _ in
      Int64.random(in: 60...400, using: &random)
    }
    return SetBalanceAlerts(
      account: account, thresholdsMicros: Array(Set(levels)).sorted(),
      leads: Set(leads).sorted().map { .seconds($0) })
  }

  private mutating func price(_ now: LedgerTime) -> PutPrice {
    let isDear = theme == .rich && random.chance(60)
    return PutPrice(
      model: random.chance(60) ? "tiny" : "large",
      effectiveFrom: random.chance(30)
        ? now.adding(.seconds(Int64.random(in: -100...100, using: &random))) : nil,
      rates: PriceRates(
        inputMicrosPerMillion: Int64.random(in: 0...90_000, using: &random),
        outputMicrosPerMillion: isDear
          ? LedgerLimits.rateMax : Int64.random(in: 0...190_000, using: &random),
        cachedInputMicrosPerMillion: Int64.random(in: 0...9_000, using: &random),
        perCallMicros: Int64.random(in: 0...5, using: &random),
        minimumMicros: Int64.random(in: 0...5, using: &random)))
  }

  private mutating func budget(_ account: AccountID, _ model: ReferenceModel) -> SetBudget {
    let windows: [BudgetWindow] = [
      .none, .rolling(.seconds(60)), .rolling(.seconds(3_600)), .calendar(.hour, zone: "UTC"),
      .calendar(.day, zone: "UTC"),
    ]
    var owner = account
    var old: BudgetID?
    if random.chance(40), let name = model.limitNames.randomElement(using: &random),
      let number = model.limitNumbers[name]
    {
      old = BudgetID(seq: name)
      // Rarely another account's: nobody may change that.
      if random.chance(90) { owner = AccountID(model.limits[number].owner) }
    }
    return SetBudget(
      account: owner, budget: old, model: old == nil && random.chance(30) ? "tiny" : nil,
      sessionID: old == nil && random.chance(30) ? "s1" : nil,
      limitMicros: Int64.random(in: 0...600, using: &random),
      window: windows.randomElement(using: &random) ?? .none,
      mode: random.chance(70) ? .enforce : old != nil && random.chance(50) ? .off : .observe)
  }
}
