import Ledger

// Short scenes for what chance alone rarely brings about.

extension StepGenerator {
  /// The commands of a scene. They are the next steps, ten by ten from `number`.
  mutating func scene(from number: Int64) -> [Command] {
    let account = account()
    // Last to be spent, so that something is left of it.
    let grant = Command.allocateCredits(
      AllocateCredits(account: account, amountMicros: 60, priority: 99))
    let hold = HoldID(seq: number + 30)
    func set(_ state: AccountState?, _ limit: Int64?) -> Command {
      .setAccountState(
        SetAccountState(account: account, state: state, overdraftLimitMicros: limit))
    }
    func extend(_ wanted: Int64) -> Command {
      .extendHold(ExtendHold(hold: hold, used: .micros(3), wanted: wanted))
    }
    let opening: [Command] = [
      set(.active, Int64.random(in: 1...40, using: &random)), grant, set(nil, nil),
      .openHold(OpenHold(account: account, charge: .micros(4), minMicros: 1)),
    ]
    let settle = Command.settleHold(SettleHold(hold: hold, charge: .micros(30)))
    switch Int.random(in: 0..<4, using: &random) {
    case 0:
      // In debt and without an overdraft nothing more is held.
      let all = DeductCredits(account: account, charge: .micros(LedgerLimits.amountMax))
      return opening + [.deductCredits(all), set(nil, 0), extend(20), settle]
    case 1: return opening + [set(.frozen, nil), extend(5), set(.active, nil)]
    case 2: return opening + [set(.closed, nil), extend(5), set(.active, nil)]
    default: return opening + [extend(50), set(nil, 100), settle]
    }
  }

  /// A hold at a price whose output is cheap and whose input is not: work can cost too much to be
  /// told.
  mutating func overflow(from number: Int64) -> [Command] {
    let account = account()
    let rates = PriceRates(
      inputMicrosPerMillion: LedgerLimits.rateMax, outputMicrosPerMillion: 100_000)
    let slice = TokenUsage(model: "large", outputTokens: 20)
    let tooMuch = TokenUsage(model: "large", inputTokens: LedgerLimits.tokensMax)
    let hold = HoldID(seq: number + 30)
    return [
      .putPrice(PutPrice(model: "large", rates: rates)),
      .setAccountState(SetAccountState(account: account, state: .active)),
      .allocateCredits(AllocateCredits(account: account, amountMicros: 60)),
      .openHold(OpenHold(account: account, charge: .usage(slice))),
      .extendHold(ExtendHold(hold: hold, used: .usage(tooMuch), wanted: 1)),
      .settleHold(SettleHold(hold: hold, charge: .usage(tooMuch))),
      .openHold(OpenHold(account: account, charge: .usage(tooMuch))),
    ]
  }

  /// Answers of a model, so many that their usual length is known.
  mutating func answers() -> [Action] {
    let grant = AllocateCredits(account: "alice", amountMicros: 50)
    let tokens = Int64.random(in: 5...80, using: &random)
    let model = random.chance(50) ? "tiny" : "large"
    let answer = DeductCredits(
      account: "alice", charge: .usage(TokenUsage(model: model, outputTokens: tokens)),
      outcome: .complete)
    return [.command(.allocateCredits(grant)), .fill(.deductCredits(answer), count: 24)]
  }
}
