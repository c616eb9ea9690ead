import Ledger

/// What the ledger should do, written down plainly and without looking at it.
///
/// Where the ledger writes down what time brought about when an account is touched, the model lets
/// time run and acts at each instant; where the ledger keeps what is left, the model keeps all.
/// It knows nothing of journals, seqs and files. Grants and holds are numbered as they come.
struct ReferenceModel {
  struct Grant {
    let number: Int
    let owner: String
    let amount, begins: Int64
    var ends: Int64?
    var priority: Int
    let isPromo: Bool
    let models: [String]
    var free: Int64
    var held: Int64 = 0
    var used: Int64 = 0
    var lost: Int64 = 0
    var isVoid = false
  }

  struct ModelHold {
    let number: Int
    let owner: String
    var granted, deadline: Int64
    let price: PriceVersion?
    let openedAt: Int64
    let session: String
    var parts: [(grant: Int, amount: Int64)]
    var reported: Int64 = 0
    var fate = "open"
    var diedAt: Int64 = 0
  }

  struct Person {
    var standing = "active"
    var limit: Int64 = 0
    var debt: Int64 = 0
  }

  var people: [String: Person] = [:]
  var grants: [Grant] = []
  var holds: [ModelHold] = []
  var priceList: [PriceVersion] = []
  /// What was charged by a command: the part from each grant in turn, then debt as grant −1.
  var bills: [(owner: String, parts: [(grant: Int, amount: Int64)], refunded: Int64)] = []
  var limits: [Limit] = []
  var paid: [Paid] = []
  var bells: [String: Bell] = [:]
  /// What was told of each owner, in order.
  var news: [String: [String]] = [:]
  /// Model and output tokens of each whole answer.
  var answers: [(model: String, tokens: Int64)] = []
  var now = Int64.min

  static let grace: Int64 = 5_000_000
  static let day: Int64 = 86_400_000_000

  // MARK: Time

  /// Lets time run to `instant`, stopping wherever something happens.
  mutating func run(to instant: Int64) {
    guard instant > now else { return }
    while let stop = nextStop(until: instant) {
      now = stop
      happen()
      ring()
    }
    now = instant
  }

  func nextStop(until end: Int64) -> Int64? {
    var stops: [Int64] = []
    for hold in holds where hold.fate == "open" { stops.append(hold.deadline + Self.grace) }
    for grant in grants {
      stops.append(grant.begins)
      guard let ends = grant.ends else { continue }
      stops.append(ends)
      for lead in bells[grant.owner]?.leads ?? [] { stops.append(ends - lead) }
    }
    return stops.filter { $0 > now && $0 <= end }.min()
  }

  /// All that happens at this very instant: holds die, then grants, then debts are repaid.
  mutating func happen() {
    for index in holds.indices where holds[index].fate == "open" {
      guard holds[index].deadline + Self.grace <= now else { continue }
      die(index, at: holds[index].deadline + Self.grace)
      repay(holds[index].owner)
    }
    for index in grants.indices where isOver(grants[index]) {
      grants[index].lost += grants[index].free
      grants[index].free = 0
    }
    for owner in people.keys { repay(owner) }
  }

  func isOver(_ grant: Grant) -> Bool { grant.ends.map { $0 <= now } ?? false }
  func isAlive(_ grant: Grant) -> Bool { grant.begins <= now && !isOver(grant) }

  @discardableResult
  mutating func giveBack(_ parts: [(grant: Int, amount: Int64)]) -> Int64 {
    var back: Int64 = 0
    for part in parts {
      grants[part.grant].held -= part.amount
      if isOver(grants[part.grant]) || grants[part.grant].isVoid {
        grants[part.grant].lost += part.amount
      } else {
        grants[part.grant].free += part.amount
        back += part.amount
      }
    }
    return back
  }

  mutating func repay(_ owner: String) {
    guard let debt = people[owner]?.debt, debt > 0 else { return }
    let parts = take(debt, from: owner, for: nil)
    for part in parts {
      grants[part.grant].used += part.amount
      people[owner]?.debt -= part.amount
    }
  }

  // MARK: Money

  /// Takes up to `amount` of free credit, best first, and returns from where.
  mutating func take(_ amount: Int64, from owner: String, for model: String?)
    -> [(grant: Int, amount: Int64)]
  {
    var left = amount
    var parts: [(grant: Int, amount: Int64)] = []
    for index in order(owner) where left > 0 && serves(grants[index], model) {
      let part = min(left, grants[index].free)
      guard part > 0 else { continue }
      grants[index].free -= part
      left -= part
      parts.append((index, part))
    }
    return parts
  }

  func serves(_ grant: Grant, _ model: String?) -> Bool {
    isAlive(grant) && (grant.models.isEmpty || model.map(grant.models.contains) == true)
  }

  func order(_ owner: String) -> [Int] {
    let mine = grants.indices.filter { grants[$0].owner == owner }
    return mine.sorted { first, second in
      let (one, two) = (grants[first], grants[second])
      let ranks: [(Int64, Int64)] = [
        (Int64(one.priority), Int64(two.priority)),
        (one.ends ?? .max, two.ends ?? .max),
        (one.isPromo ? 0 : 1, two.isPromo ? 0 : 1),
        (one.begins, two.begins),
        (Int64(one.number), Int64(two.number)),
      ]
      for (left, right) in ranks where left != right { return left < right }
      return false
    }
  }

  func spendable(_ owner: String, for model: String?) -> Int64 {
    grants.filter { $0.owner == owner && serves($0, model) }.reduce(0) { $0 + $1.free }
  }

  /// Available, held and debt: what GetBalance should say.
  func balance(_ owner: String) -> [Int64] {
    let mine = grants.filter { $0.owner == owner }
    return [
      mine.filter(isAlive).reduce(0) { $0 + $1.free }, mine.reduce(0) { $0 + $1.held },
      people[owner]?.debt ?? 0,
    ]
  }

  // MARK: Prices

  /// Cost by schoolbook arithmetic: add up parts of a millionth, round up at the end.
  static func cost(_ usage: TokenUsage, _ price: PriceVersion) -> Int64 {
    let rates = price.rates
    let pairs = [
      (usage.inputTokens, rates.inputMicrosPerMillion),
      (usage.outputTokens, rates.outputMicrosPerMillion),
      (usage.cachedInputTokens, rates.cachedInputMicrosPerMillion),
      (usage.reasoningTokens, rates.reasoningMicrosPerMillion),
    ]
    var whole: Int64 = 0
    var millionths: Int64 = 0
    for (tokens, rate) in pairs {
      // The test's counts and rates are small: the product fits.
      let product = tokens * rate
      whole += product / 1_000_000
      millionths += product % 1_000_000
    }
    whole += millionths / 1_000_000 + (millionths % 1_000_000 > 0 ? 1 : 0)
    return max(whole + rates.perCallMicros, rates.minimumMicros, 1)
  }

  func price(_ model: String, at time: Int64) -> PriceVersion? {
    var best: PriceVersion?
    for candidate in priceList where candidate.model == model {
      guard candidate.effectiveFrom.microseconds <= time else { continue }
      if let found = best, found.effectiveFrom > candidate.effectiveFrom { continue }
      best = candidate
    }
    return best
  }

  // MARK: Commands

  /// Carries out a command at the present instant and says what came of it.
  mutating func carryOut(_ command: Command) -> String {
    switch command {
    case .allocateCredits(let command): allocate(command)
    case .deductCredits(let command): deduct(command)
    case .openHold(let command): open(command)
    case .recordUsage(let command): deduct(command)
    case .setBudget: preconditionFailure("limits are named by number")
    case .adjustAllocation, .voidAllocation, .refundUsage:
      preconditionFailure("grants and bills are named by number")
    case .settleHold, .extendHold, .releaseHold, .forceRelease:
      preconditionFailure("holds are named by number")
    case .setBalanceAlerts(let command): setBell(command)
    case .putPrice(let command): put(command)
    case .setAccountState(let command): set(command)
    }
  }

  mutating func allocate(_ command: AllocateCredits) -> String {
    let owner = command.account.name
    let begins = command.effectiveAt?.microseconds ?? now
    if let ends = command.expiresAt?.microseconds, ends <= now || ends <= begins {
      return "expiresInThePast"
    }
    if people[owner]?.standing == "closed" { return "accountClosed" }
    people[owner, default: Person()].debt += 0
    let debt = people[owner]?.debt ?? 0
    grants.append(
      Grant(
        number: grants.count, owner: owner, amount: command.amountMicros, begins: begins,
        ends: command.expiresAt?.microseconds, priority: Int(command.priority),
        isPromo: command.allocationClass == .promo, models: command.models,
        free: command.amountMicros))
    repay(owner)
    return "allocated, repaid \(debt - (people[owner]?.debt ?? 0))"
  }

  mutating func deduct(_ command: DeductCredits) -> String {
    let owner = command.account.name
    guard let person = people[owner] else { return "noAccount" }
    if person.standing != "active" { return "account\(person.standing.capitalizedFirst)" }
    guard let cost = bill(command.charge)?.cost else { return "unknownModel" }
    let free = spendable(owner, for: command.charge.model)
    let room = max(0, person.limit - person.debt)
    let allowed = self.room(owner, command.charge.model, command.sessionID)
    if command.overPolicy == .reject, cost > free + room { return "insufficientCredits" }
    if command.overPolicy == .reject, cost > allowed { return "budgetExceeded" }
    note(command.charge, command.outcome)
    let text = charge(
      cost, owner, command.charge.model, mayOwe: command.overPolicy != .cap, allowed: allowed)
    pay(owner, command.charge.model, command.sessionID, lastBill, at: now)
    return text
  }

  mutating func charge(
    _ cost: Int64, _ owner: String, _ model: String?, mayOwe: Bool,
    allowed: Int64, before: [(grant: Int, amount: Int64)] = []
  ) -> String {
    let wanted = min(cost, allowed)
    let parts = take(wanted, from: owner, for: model)
    for part in parts { grants[part.grant].used += part.amount }
    let open = wanted - parts.reduce(0) { $0 + $1.amount }
    let person = people[owner] ?? Person()
    let debt = mayOwe ? min(open, max(0, person.limit - person.debt)) : 0
    people[owner]?.debt += debt
    bill(owner, before + parts, debt)
    return "charged \(parts.map { "\($0.grant):\($0.amount)" }) debt \(debt) "
      + "lost \(cost - wanted + open - debt)"
  }

  /// What the last bill came to.
  var lastBill: Int64 { bills.last?.parts.reduce(0) { $0 + $1.amount } ?? 0 }

  mutating func bill(_ owner: String, _ parts: [(grant: Int, amount: Int64)], _ debt: Int64) {
    bills.append((owner, parts + (debt > 0 ? [(-1, debt)] : []), 0))
  }

  func bill(_ charge: Charge) -> (cost: Int64, price: PriceVersion?)? {
    switch charge {
    case .micros(let amount): return (amount, nil)
    case .usage(let usage):
      guard let price = price(usage.model, at: now) else { return nil }
      return (Self.cost(usage, price), price)
    }
  }

  mutating func put(_ command: PutPrice) -> String {
    priceList.append(
      PriceVersion(
        version: Int64(priceList.count), model: command.model,
        effectiveFrom: command.effectiveFrom ?? LedgerTime(microseconds: now),
        rates: command.rates))
    return "priced"
  }

  mutating func set(_ command: SetAccountState) -> String {
    var person = people[command.account.name] ?? Person()
    if let state = command.state { person.standing = "\(state)" }
    if let limit = command.overdraftLimitMicros { person.limit = limit }
    people[command.account.name] = person
    return "set"
  }

  /// Decides whether a credit question should be answered with yes.
  func wouldSuffice(_ owner: String, _ charge: Charge, _ session: String) -> Bool {
    guard let person = people[owner], person.standing == "active" else { return false }
    guard let cost = bill(charge)?.cost else { return false }
    if person.debt > 0 && person.limit == 0 { return false }
    return cost <= spendable(owner, for: charge.model)
      && cost <= room(owner, charge.model, session)
  }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
