import Ledger

/// Makes the steps of random lists. The same seed makes the same list.
///
/// Looks at the model, so that most commands are about something that exists.
struct StepGenerator {
  /// What a list is about.
  enum Theme {
    case ordinary
    /// Amounts, rates and tokens near their limits.
    case rich
    /// An account with as many allocations and budgets as it may have.
    case crowded
    /// A hold that is extended for a day.
    case longHold
  }

  let theme: Theme
  private let restartPercent: Int
  var random: SeededGenerator
  private var lastNumber: Int64 = 0
  private(set) var commandCount = 0
  /// Steps whose keys can be used again.
  private var sentSteps: [Int64] = []

  init(seed: UInt64, restartPercent: Int) {
    self.restartPercent = restartPercent
    random = SeededGenerator(seed: seed)
    switch seed % 200 {
    case 199: theme = .crowded
    case 17, 67, 117, 167: theme = .longHold
    case let rest: theme = rest % 10 == 8 ? .rich : .ordinary
    }
  }

  /// The steps up to and with the next command.
  mutating func next(_ model: ReferenceModel, now: LedgerTime) -> [Step] {
    commandCount += 1
    var actions = opening()
    if let move = boundary(model, now) ?? clockMove() { actions.append(.clock(move)) }
    // Swept or not: the same comes out.
    if random.chance(12) { actions.append(.sweep) }
    if random.chance(restartPercent) {
      actions.append(random.chance(70) ? .restart : .verify)
    }
    if random.chance(1), theme == .ordinary || theme == .rich {
      let number = lastNumber + Int64(actions.count + 1) * 10
      let commands = theme == .rich ? overflow(from: number) : scene(from: number)
      actions += commands.map { .command($0) }
    }
    actions.append(action(model, now))
    return actions.map { action in
      lastNumber += 10
      if action.isSentUnderKey { sentSteps.append(lastNumber) }
      return Step(lastNumber, action)
    }
  }

  /// What a list about something special does at its beginning and all along.
  private mutating func opening() -> [Action] {
    switch theme {
    case .ordinary, .rich:
      // Mostly the models have a price from the beginning.
      guard commandCount == 1, random.chance(80) else { return [] }
      let prices: [Action] = ["tiny", "large"].map { model in
        let rates = PriceRates(
          inputMicrosPerMillion: Int64.random(in: 0...30_000, using: &random),
          outputMicrosPerMillion: Int64.random(in: 20_000...300_000, using: &random))
        return .command(.putPrice(PutPrice(model: model, rates: rates)))
      }
      return random.chance(20) ? prices + answers() : prices
    case .crowded:
      guard commandCount == 1 else { return [] }
      let grant = AllocateCredits(account: "carol", amountMicros: 300)
      let budget = SetBudget(account: "carol", limitMicros: 5_000, mode: .observe)
      return [
        .fill(.allocateCredits(grant), count: 1_002), .fill(.setBudget(budget), count: 33),
      ]
    case .longHold:
      if commandCount == 1 {
        let grant = AllocateCredits(account: "alice", amountMicros: 500, priority: 1)
        let hold = OpenHold(account: "alice", charge: .micros(5), life: .seconds(900))
        return [.command(.allocateCredits(grant)), .command(.openHold(hold))]
      }
      let report = ExtendHold(
        hold: HoldID(seq: 20), used: .micros(Int64(commandCount / 20)), wanted: 0,
        life: .seconds(900))
      return [.command(.extendHold(report))]
    }
  }

  /// Sometimes to the very instant at which something begins or ends, or a microsecond beside it.
  private mutating func boundary(_ model: ReferenceModel, _ now: LedgerTime) -> Int64? {
    guard theme != .longHold, random.chance(15) else { return nil }
    var instants: [Int64] = []
    for hold in model.holds.suffix(8) {
      if hold.fate == "open" {
        instants += [hold.deadline, hold.deadline + ReferenceModel.grace]
      } else if hold.fate == "expired", random.chance(5) {
        instants.append(hold.diedAt + ReferenceModel.day)
      }
    }
    for grant in model.grants.suffix(8) { instants += [grant.begins, grant.ends ?? 0] }
    let ahead = instants.filter { $0 > now.microseconds }
    guard let instant = ahead.randomElement(using: &random) else { return nil }
    return instant - now.microseconds + Int64.random(in: -1...1, using: &random)
  }

  private mutating func clockMove() -> Int64? {
    let second: Int64 = 1_000_000
    if theme == .longHold {
      return Int64.random(in: 780...880, using: &random) * second
    }
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<75: return Int64.random(in: 0...2 * second, using: &random)
    case 75..<90: return Int64.random(in: 1...40, using: &random) * second
    case 90..<94: return Int64.random(in: 60...4_000, using: &random) * second
    case 94..<95: return Int64.random(in: 40_000...100_000, using: &random) * second
    case 95..<98: return -Int64.random(in: 1...3_600, using: &random) * second
    default: return nil
    }
  }

  private mutating func action(_ model: ReferenceModel, _ now: LedgerTime) -> Action {
    switch Int.random(in: 0..<1_000, using: &random) {
    case 0..<80: if let past = sentSteps.randomElement(using: &random) { return .retry(past) }
    case 80..<110: if let past = sentSteps.randomElement(using: &random) { return .otherBody(past) }
    case 110..<112: if let past = sentSteps.randomElement(using: &random) { return .overload(past) }
    case 112..<125: return .unlawful(unlawfulCommand(model))
    case 125..<132: return .late(command(model, now))
    case 132..<152: return .twice(command(model, now))
    case 152..<164: return .crash(command(model, now), isKept: random.chance(50))
    case 164..<190:
      let count = Int.random(in: 1...9, using: &random)
      return .batch((0..<count).map { _ in charge(now) })
    case 190..<310: return .check(account(), amount(), session: session())
    default: break
    }
    return .command(command(model, now))
  }

  mutating func account() -> AccountID {
    if theme == .crowded { return random.chance(70) ? "carol" : "bob" }
    // The long hold's owner is left in peace.
    if theme == .longHold { return random.chance(50) ? "carol" : "bob" }
    return AccountID(Trial.owners.randomElement(using: &random) ?? "alice")
  }
}

extension Action {
  /// Whether one command of the step can be sent again.
  fileprivate var isSentUnderKey: Bool {
    switch self {
    case .command, .twice, .batch, .fill, .crash: true
    default: false
    }
  }
}
