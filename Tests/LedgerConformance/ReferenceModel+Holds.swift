import Ledger

// Holds, by their number.

extension ReferenceModel {
  mutating func open(_ command: OpenHold) -> String {
    let owner = command.account.name
    guard let person = people[owner] else { return "noAccount" }
    if person.standing != "active" { return "account\(person.standing.capitalizedFirst)" }
    guard let whole = bill(command.charge) else { return "unknownModel" }
    var bill = whole
    var least = command.minMicros ?? bill.cost
    if let slice = command.sliceTokens, case .usage(let usage) = command.charge {
      guard let price = whole.price else { return "unknownModel" }
      let tokens = min(slice, usage.outputTokens, usualLength(usage.model))
      bill.cost = Self.cost(Self.with(usage, tokens), price)
      least = command.minMicros ?? Self.cost(Self.with(usage, 1), price)
    }
    if person.debt > 0 && person.limit == 0 { return "inDebt" }
    let free = spendable(owner, for: command.charge.model)
    if min(free, bill.cost) < min(least, bill.cost) { return "insufficientCredits" }
    let allowed = room(owner, command.charge.model, command.sessionID)
    let granted = min(free, bill.cost, allowed)
    if granted < min(least, bill.cost) { return "budgetExceeded" }
    let parts = take(granted, from: owner, for: command.charge.model)
    for part in parts { grants[part.grant].held += part.amount }
    let life = command.life ?? .seconds(60)
    let deadline = now + life.components.seconds * 1_000_000
    holds.append(
      ModelHold(
        number: holds.count, owner: owner, granted: granted, deadline: deadline, price: bill.price,
        openedAt: now, session: command.sessionID, parts: parts))
    let word = granted < bill.cost ? "finally held" : "held"
    return "\(word) \(Self.text(parts)) until \(deadline)"
  }

  /// Settles the hold `number`; nil stands for one that never was.
  mutating func settle(
    _ number: Int?, _ charge: Charge, _ policy: OverPolicy, _ outcome: Outcome
  ) -> String {
    guard let number, holds.indices.contains(number) else { return "holdNotFound" }
    let hold = holds[number]
    guard hold.fate == "open" || hold.fate == "expired" else { return "holdEnded" }
    var cost: Int64
    switch charge {
    case .micros(let amount): cost = amount
    case .usage(let usage):
      guard let price = hold.price, price.model == usage.model else { return "modelMismatch" }
      cost = usage.isZero ? 0 : Self.cost(usage, price)
    }
    if policy == .reject, cost > hold.granted { return "overGranted" }
    let wasOpen = hold.fate == "open"
    if wasOpen { note(charge, outcome) }
    holds[number].fate = wasOpen ? "settled" : "late"
    return wasOpen
      ? settleOpen(hold, cost, policy) : settleLate(hold, cost, policy, charge.model)
  }

  mutating func settleOpen(_ hold: ModelHold, _ cost: Int64, _ policy: OverPolicy)
    -> String
  {
    let covered = min(cost, hold.granted)
    let (paid, back) = pay(covered, from: hold.parts)
    pay(hold.owner, hold.price?.model, hold.session, covered, at: now)
    let allowed = room(hold.owner, hold.price?.model, hold.session)
    var over = "charged [] debt 0 lost \(max(0, cost - hold.granted))"
    if cost > hold.granted, policy == .cover {
      over = charge(
        cost - hold.granted, hold.owner, hold.price?.model, mayOwe: true, allowed: allowed,
        before: paid)
    } else {
      bill(hold.owner, paid, 0)
    }
    pay(hold.owner, hold.price?.model, hold.session, lastBill - covered, at: now)
    repay(hold.owner)
    return "settled \(Self.text(paid)) back \(back), over \(over)"
  }

  mutating func settleLate(
    _ hold: ModelHold, _ cost: Int64, _ policy: OverPolicy, _ model: String?
  ) -> String {
    // What its end charged for is not charged again.
    let owed = max(0, cost - hold.reported)
    guard now < hold.diedAt + Self.day else {
      bill(hold.owner, [], 0)
      return "late charged [] debt 0 lost \(owed)"
    }
    let wanted = min(
      policy == .cap ? max(0, min(cost, hold.granted) - hold.reported) : owed,
      room(hold.owner, model, hold.session))
    let parts = take(wanted, from: hold.owner, for: hold.price?.model)
    for part in parts { grants[part.grant].used += part.amount }
    let open = wanted - parts.reduce(0) { $0 + $1.amount }
    let person = people[hold.owner] ?? Person()
    let debt = policy == .cap ? 0 : min(open, max(0, person.limit - person.debt))
    people[hold.owner]?.debt += debt
    bill(hold.owner, parts, debt)
    pay(hold.owner, model, hold.session, lastBill, at: now)
    let lost = owed - wanted + open - debt
    return "late charged \(Self.text(parts)) debt \(debt) lost \(lost)"
  }

  /// Releases the hold `number`; nil stands for one that never was.
  mutating func release(_ number: Int?) -> String {
    guard let number, holds.indices.contains(number) else { return "holdNotFound" }
    guard holds[number].fate == "open", now < holds[number].deadline else { return "holdEnded" }
    holds[number].fate = "released"
    let back = giveBack(holds[number].parts)
    repay(holds[number].owner)
    return "released back \(back)"
  }

  /// Takes a report about the hold `number` and gives it another slice.
  mutating func extend(_ number: Int?, _ command: ExtendHold) -> String {
    guard let number, holds.indices.contains(number) else { return "holdNotFound" }
    let hold = holds[number]
    guard hold.fate == "open", now < hold.deadline else { return "holdEnded" }
    let person = people[hold.owner] ?? Person()
    if person.standing != "active" { return "account\(person.standing.capitalizedFirst)" }
    var used: Int64
    var target: Int64
    switch command.used {
    case .micros(let amount):
      used = amount
      target = amount + command.wanted
    case .usage(let usage):
      guard let price = hold.price, price.model == usage.model else { return "modelMismatch" }
      used = usage.isZero ? 0 : Self.cost(usage, price)
      target = used
      if command.wanted > 0 {
        let slice = min(command.wanted, usualLength(usage.model))
        target = Self.cost(Self.with(usage, usage.outputTokens + slice), price)
      }
    }
    let owes = person.debt > 0 && person.limit == 0
    let missing = max(0, target - hold.granted)
    let allowed = room(hold.owner, hold.price?.model, hold.session)
    let parts = owes ? [] : take(min(missing, allowed), from: hold.owner, for: hold.price?.model)
    for part in parts {
      grants[part.grant].held += part.amount
      if let old = holds[number].parts.firstIndex(where: { $0.grant == part.grant }) {
        holds[number].parts[old].amount += part.amount
      } else {
        holds[number].parts.append(part)
      }
      holds[number].granted += part.amount
    }
    let life = (command.life ?? .seconds(60)).components.seconds * 1_000_000
    holds[number].deadline = max(hold.deadline, min(now + life, hold.openedAt + Self.day))
    holds[number].reported = max(hold.reported, used)
    let last = parts.reduce(0) { $0 + $1.amount } < missing
    let left = min(
      spendable(hold.owner, for: hold.price?.model),
      room(hold.owner, hold.price?.model, hold.session))
    let all = holds[number].granted + left
    let percent = Double(holds[number].reported) / Double(all) * 100
    let warning = percent >= 95 ? "critical" : percent >= 80 ? "low" : "none"
    return "extended \(Self.text(holds[number].parts)) until \(holds[number].deadline) "
      + "\(last ? "finally" : "more") \(warning)"
  }

  /// Ends the hold `number` as an operator does.
  mutating func force(_ number: Int?) -> String {
    guard let number, holds.indices.contains(number) else { return "holdNotFound" }
    guard holds[number].fate == "open" else { return "holdEnded" }
    let (paid, back) = die(number, at: now)
    if holds[number].reported > 0 { bill(holds[number].owner, paid, 0) }
    repay(holds[number].owner)
    return "forced \(Self.text(paid)) back \(back)"
  }

  /// Ends a hold without an answer: what it reported is paid as far as it was granted.
  @discardableResult
  mutating func die(_ number: Int, at instant: Int64)
    -> (paid: [(grant: Int, amount: Int64)], back: Int64)
  {
    holds[number].fate = "expired"
    holds[number].diedAt = instant
    let hold = holds[number]
    let due = min(hold.reported, hold.granted)
    pay(hold.owner, hold.price?.model, hold.session, due, at: instant)
    return pay(due, from: hold.parts)
  }

  /// The first parts pay, as far as the cost goes; the rest is given back.
  mutating func pay(_ cost: Int64, from parts: [(grant: Int, amount: Int64)])
    -> (paid: [(grant: Int, amount: Int64)], back: Int64)
  {
    var left = cost
    var paid: [(grant: Int, amount: Int64)] = []
    var rest: [(grant: Int, amount: Int64)] = []
    for part in parts {
      let used = min(left, part.amount)
      left -= used
      grants[part.grant].held -= used
      grants[part.grant].used += used
      if used > 0 { paid.append((part.grant, used)) }
      if part.amount > used { rest.append((part.grant, part.amount - used)) }
    }
    return (paid, giveBack(rest))
  }

  static func text(_ parts: [(grant: Int, amount: Int64)]) -> [String] {
    parts.map { "\($0.grant):\($0.amount)" }
  }

  static func with(_ usage: TokenUsage, _ output: Int64) -> TokenUsage {
    TokenUsage(
      model: usage.model, inputTokens: usage.inputTokens, outputTokens: output,
      cachedInputTokens: usage.cachedInputTokens, reasoningTokens: usage.reasoningTokens)
  }

  mutating func note(_ charge: Charge, _ outcome: Outcome) {
    guard outcome == .complete, case .usage(let usage) = charge, usage.outputTokens > 0 else {
      return
    }
    answers.append((usage.model, usage.outputTokens))
  }

  /// How long nine of ten answers of a model are at most, in steps of 16, once 20 are known.
  func usualLength(_ model: String) -> Int64 {
    let lengths = answers.suffix(10_000).filter { $0.model == model }.map(\.tokens).sorted()
    guard lengths.count >= 20 else { return 512 }
    let ninth = lengths[(lengths.count * 9 + 9) / 10 - 1]
    return min(512, (ninth + 15) / 16 * 16)
  }
}
