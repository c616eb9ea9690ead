import Ledger

// Holds, by their number; nil stands for one that never was.

extension ReferenceModel {
  mutating func open(_ command: OpenHold) -> String {
    let owner = command.account.name
    guard let person = people[owner] else { return "noAccount" }
    if person.standing != "active" { return "account\(person.standing.capitalizedFirst)" }
    var wanted = command.charge
    var slice: Branch?
    if let wish = command.sliceTokens, case .usage(let usage) = command.charge {
      let usual = usualLength(usage.model)
      let tokens = min(wish, usage.outputTokens, usual)
      slice =
        tokens == wish ? .sliceAsWished : tokens == usual ? .sliceByHistory : .sliceByEstimate
      wanted = .usage(Self.with(usage, tokens))
    }
    let bill: (cost: Int64, price: PriceVersion?)
    switch self.bill(wanted, at: now) {
    case .failure(let denial): return denial.name
    case .success(let made): bill = made
    }
    var least = command.minMicros ?? bill.cost
    if command.minMicros == nil, slice != nil, case .usage(let usage) = command.charge,
      let price = bill.price
    {
      least = Self.cost(Self.with(usage, 1), price) ?? bill.cost
    }
    let others = holds.count { $0.fate == "open" && $0.owner == owner }
    if others >= 10_000 { return "tooManyHolds" }
    if person.debt > 0 && person.limit == 0 { return "inDebt" }
    let free = spendable(owner, for: command.charge.model)
    if min(free, bill.cost) < min(least, bill.cost) { return "insufficientCredits" }
    let allowed = room(owner, command.charge.model, command.sessionID)
    let granted = min(free, bill.cost, allowed)
    if granted < min(least, bill.cost) { return "budgetExceeded" }
    if let slice { mark(slice) }
    mark(bill.price == nil ? .holdByAmount : .holdByTokens)
    mark(
      granted == bill.cost ? .holdWhole : granted == free ? .holdLessForCredit : .holdLessForBudget)
    let parts = take(granted, from: owner, for: command.charge.model)
    for part in parts { grants[part.grant].held += part.amount }
    let life = command.life ?? .seconds(60)
    let deadline = now + life.components.seconds * 1_000_000
    add(
      ModelHold(
        name: step, owner: owner, granted: granted, deadline: deadline, price: bill.price,
        openedAt: now, session: command.sessionID, parts: parts))
    let word = granted < bill.cost ? "finally held" : "held"
    return "\(word) \(Self.text(parts)) until \(deadline)"
  }

  mutating func settle(_ number: Int?, _ command: SettleHold) -> String {
    guard let number, holds.indices.contains(number) else { return "holdNotFound" }
    let hold = holds[number]
    guard hold.fate == "open" || hold.fate == "expired" else { return "holdEnded" }
    let cost: Int64
    switch price(of: command.charge, in: hold) {
    case .failure(let denial): return denial.name
    case .success(let priced): cost = priced
    }
    if command.overPolicy == .reject, cost > hold.granted { return "overGranted" }
    guard hold.fate == "open" else {
      holds[number].fate = "late"
      return settleLate(hold, cost, command.overPolicy, command.charge.model)
    }
    note(command.charge, command.outcome)
    holds[number].fate = "settled"
    mark(.settlesInGrace, if: now >= hold.deadline)
    return settleOpen(hold, cost, command.overPolicy)
  }

  private func price(of charge: Charge, in hold: ModelHold) -> Result<Int64, Denial> {
    switch charge {
    case .micros(let amount): return .success(amount)
    case .usage(let usage):
      guard let price = hold.price, price.model == usage.model else {
        return .failure(Denial(name: "modelMismatch"))
      }
      if usage.isZero { return .success(0) }
      guard let cost = Self.cost(usage, price) else {
        return .failure(Denial(name: "costOverflow"))
      }
      return .success(cost)
    }
  }

  private mutating func settleOpen(
    _ hold: ModelHold, _ cost: Int64, _ policy: OverPolicy
  ) -> String {
    mark(.settlesNothing, if: cost == 0)
    mark(.settlesBelow, if: cost > 0 && cost < hold.granted)
    mark(.settlesExactly, if: cost == hold.granted)
    let covered = min(cost, hold.granted)
    let (paid, back) = pay(covered, from: hold.parts)
    pay(hold.owner, hold.price?.model, hold.session, covered, at: now)
    let allowed = room(hold.owner, hold.price?.model, hold.session)
    let above = cost - covered
    var over = "charged [] debt 0 lost \(above)"
    if above > 0, policy == .cover {
      let owed = people[hold.owner]?.debt ?? 0
      over = charge(
        above, hold.owner, hold.price?.model, mayOwe: true, allowed: allowed, before: paid)
      let debt = (people[hold.owner]?.debt ?? 0) - owed
      let collected = lastBill - covered
      mark(.overByDebt, if: debt > 0)
      mark(.overByCredit, if: collected > debt)
      mark(.overUncollected, if: collected < above)
    } else {
      mark(.overCapped, if: above > 0)
      bill(hold.owner, paid, 0)
    }
    pay(hold.owner, hold.price?.model, hold.session, lastBill - covered, at: now)
    repay(hold.owner)
    return "settled \(Self.text(paid)) back \(back), over \(over)"
  }

  private mutating func settleLate(
    _ hold: ModelHold, _ cost: Int64, _ policy: OverPolicy, _ model: String?
  ) -> String {
    // What its end charged for is not charged again.
    let owed = max(0, cost - hold.reported)
    guard now < hold.diedAt + Self.day else {
      mark(.lateAfterDay)
      bill(hold.owner, [], 0)
      return "late charged [] debt 0 lost \(owed)"
    }
    let wanted = min(
      policy == .cap ? max(0, min(cost, hold.granted) - hold.reported) : owed,
      room(hold.owner, model, hold.session))
    let parts = take(wanted, from: hold.owner, for: hold.price?.model)
    for part in parts { grants[part.grant].used += part.amount }
    let open = wanted - Self.sum(parts)
    let person = people[hold.owner] ?? Person()
    let debt = policy == .cap ? 0 : min(open, max(0, person.limit - person.debt))
    people[hold.owner]?.debt += debt
    bill(hold.owner, parts, debt)
    pay(hold.owner, model, hold.session, lastBill, at: now)
    let lost = owed - wanted + open - debt
    mark(owed == 0 ? .lateNothingOwed : lost == 0 ? .lateWhole : .lateUncollected)
    mark(.lateCapped, if: policy == .cap && lost > 0)
    mark(.lateByDebt, if: debt > 0)
    return "late charged \(Self.text(parts)) debt \(debt) lost \(lost)"
  }

  mutating func release(_ number: Int?) -> String {
    guard let number, holds.indices.contains(number) else { return "holdNotFound" }
    guard holds[number].fate == "open", now < holds[number].deadline else { return "holdEnded" }
    holds[number].fate = "released"
    let back = giveBack(holds[number].parts)
    repay(holds[number].owner)
    return "released back \(back)"
  }

  /// Takes a report about a hold and gives it another slice.
  mutating func extend(_ number: Int?, _ command: ExtendHold) -> String {
    guard let number, holds.indices.contains(number) else { return "holdNotFound" }
    let hold = holds[number]
    guard hold.fate == "open", now < hold.deadline else { return "holdEnded" }
    let person = people[hold.owner] ?? Person()
    if person.standing != "active" { return "account\(person.standing.capitalizedFirst)" }
    let used: Int64
    switch price(of: command.used, in: hold) {
    case .failure(let denial): return denial.name
    case .success(let priced): used = priced
    }
    guard let target = target(command, used, hold) else { return "costOverflow" }
    let owes = person.debt > 0 && person.limit == 0
    let missing = max(0, target - hold.granted)
    let allowed = room(hold.owner, hold.price?.model, hold.session)
    let parts = owes ? [] : take(min(missing, allowed), from: hold.owner, for: hold.price?.model)
    for part in parts { pin(part, to: number) }
    let life = (command.life ?? .seconds(60)).components.seconds * 1_000_000
    let wish = min(now + life, hold.openedAt + Self.day)
    mark(.deadlineAtMost, if: wish < now + life)
    mark(wish > hold.deadline ? .deadlineMoves : .deadlineStays)
    holds[number].deadline = max(hold.deadline, wish)
    mark(used > hold.reported ? .reportRises : .reportStays)
    holds[number].reported = max(hold.reported, used)
    let given = Self.sum(parts)
    if missing == 0 {
      mark(.extendsNothing)
    } else if given == missing {
      mark(.extendsWhole)
    } else {
      mark(
        owes
          ? .extendsNothingInDebt
          : given == allowed ? .extendsLessForBudget : .extendsLessForCredit)
    }
    return "extended \(Self.text(holds[number].parts)) until \(holds[number].deadline) "
      + "\(given < missing ? "finally" : "more") \(warning(holds[number]))"
  }

  private mutating func target(
    _ command: ExtendHold, _ used: Int64, _ hold: ModelHold
  ) -> Int64? {
    switch command.used {
    case .micros(let amount):
      return amount + command.wanted > Self.most ? nil : amount + command.wanted
    case .usage(let usage):
      guard command.wanted > 0, let price = hold.price else { return used }
      let usual = usualLength(usage.model)
      mark(.extendSliceByHistory, if: usual < command.wanted && usual < 512)
      let output = min(usage.outputTokens + min(command.wanted, usual), 1_000_000_000_000)
      return Self.cost(Self.with(usage, output), price)
    }
  }

  private mutating func pin(_ part: Part, to number: Int) {
    grants[part.grant].held += part.amount
    holds[number].granted += part.amount
    if let old = holds[number].parts.firstIndex(where: { $0.grant == part.grant }) {
      mark(.pinJoins)
      holds[number].parts[old].amount += part.amount
    } else {
      mark(.pinAdded)
      holds[number].parts.append(part)
    }
  }

  private mutating func warning(_ hold: ModelHold) -> String {
    let left = min(
      spendable(hold.owner, for: hold.price?.model),
      room(hold.owner, hold.price?.model, hold.session))
    let all = Int128(hold.granted) + Int128(left)
    let hundredth = Int128(hold.reported) * 100
    if hundredth >= 95 * all {
      mark(.warnsCritical)
      return "critical"
    }
    mark(hundredth >= 80 * all ? .warnsLow : .warnsNone)
    return hundredth >= 80 * all ? "low" : "none"
  }

  /// Ends a hold as an operator does.
  mutating func force(_ number: Int?) -> String {
    guard let number, holds.indices.contains(number) else { return "holdNotFound" }
    guard holds[number].fate == "open" else { return "holdEnded" }
    mark(holds[number].reported > 0 ? .forceReported : .forceSilent)
    mark(.forceInGrace, if: now >= holds[number].deadline)
    let (paid, back) = die(number, at: now, bill: nil)
    repay(holds[number].owner)
    return "forced \(Self.text(paid)) back \(back)"
  }

  /// Ends a hold without an answer: what it reported is paid as far as it was granted.
  @discardableResult
  mutating func die(_ number: Int, at instant: Int64, bill name: Int64?)
    -> (paid: [Part], back: Int64)
  {
    holds[number].fate = "expired"
    holds[number].diedAt = instant
    let hold = holds[number]
    let due = min(hold.reported, hold.granted)
    pay(hold.owner, hold.price?.model, hold.session, due, at: instant)
    let (paid, back) = pay(due, from: hold.parts)
    if hold.reported > 0 { bill(hold.owner, paid, 0, as: name) }
    return (paid, back)
  }

  /// The first parts pay, as far as the cost goes; the rest is given back.
  mutating func pay(_ cost: Int64, from parts: [Part]) -> (paid: [Part], back: Int64) {
    var left = cost
    var paid: [Part] = []
    var rest: [Part] = []
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
}
