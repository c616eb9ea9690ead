import Ledger

// The commands, by kind, and those about grants, charges and accounts.

extension ReferenceModel {
  /// Carries out a command of the step `name` at the present instant and says what came of it.
  mutating func carryOut(_ command: Command, step name: Int64) -> String {
    begin(step: name)
    defer { ring() }
    switch command {
    case .allocateCredits(let command): return allocate(command)
    case .deductCredits(let command), .recordUsage(let command): return deduct(command)
    case .openHold(let command): return open(command)
    case .settleHold(let command): return settle(holdNumbers[command.hold.seq], command)
    case .extendHold(let command): return extend(holdNumbers[command.hold.seq], command)
    case .releaseHold(let command): return release(holdNumbers[command.hold.seq])
    case .forceRelease(let command): return force(holdNumbers[command.hold.seq])
    case .adjustAllocation(let command):
      return adjust(grantNumbers[command.allocation.seq], command)
    case .voidAllocation(let command): return void(grantNumbers[command.allocation.seq])
    case .refundUsage(let command): return refund(billNumbers[command.usage.seq], command)
    case .setBudget(let command):
      return set(command.budget.flatMap { limitNumbers[$0.seq] }, command)
    case .setBalanceAlerts(let command): return setBell(command)
    case .putPrice(let command): return put(command)
    case .setAccountState(let command): return set(command)
    }
  }

  mutating func allocate(_ command: AllocateCredits) -> String {
    let owner = command.account.name
    let begins = command.effectiveAt?.microseconds ?? now
    if let ends = command.expiresAt?.microseconds, ends <= now || ends <= begins {
      return "expiresInThePast"
    }
    if people[owner]?.standing == "closed" { return "accountClosed" }
    let unspent = unspent(owner)
    if unspent.amount + command.amountMicros > Self.most { return "balanceOverflow" }
    if unspent.grants >= 1_000 { return "tooManyAllocations" }
    mark(.grantOpensAccount, if: people[owner] == nil)
    mark(.grantBeginsLater, if: begins > now)
    mark(.grantBackdated, if: begins < now)
    mark(command.expiresAt == nil ? .grantNeverExpires : .grantExpires)
    mark(.grantForModels, if: !command.models.isEmpty)
    people[owner, default: Person()].debt += 0
    let debt = people[owner]?.debt ?? 0
    add(
      Grant(
        number: grants.count, owner: owner, amount: command.amountMicros, begins: begins,
        ends: command.expiresAt?.microseconds, priority: Int(command.priority),
        isPromo: command.allocationClass == .promo, models: command.models,
        free: command.amountMicros))
    let repaid = repay(owner)
    if debt > 0 {
      mark(repaid == debt ? .grantRepaysAll : repaid > 0 ? .grantRepaysPart : .grantCannotRepay)
    }
    return "allocated, repaid \(repaid)"
  }

  // MARK: Charges

  mutating func deduct(_ command: DeductCredits) -> String {
    let owner = command.account.name
    let happened = command.eventTime?.microseconds ?? now
    if now - happened > 3 * Self.day || happened - now > 300_000_000 {
      return "eventTimeOutOfRange"
    }
    guard let person = people[owner] else { return "noAccount" }
    if person.standing != "active" { return "account\(person.standing.capitalizedFirst)" }
    let cost: Int64
    switch bill(command.charge, at: happened) {
    case .failure(let denial): return denial.name
    case .success(let made): cost = made.cost
    }
    if let model = command.charge.model {
      mark(.pricedAtEventTime, if: price(model, at: happened) != price(model, at: now))
    }
    let free = spendable(owner, for: command.charge.model)
    let credit = max(0, person.limit - person.debt)
    let allowed = room(owner, command.charge.model, command.sessionID)
    if command.overPolicy == .reject {
      if cost > free + credit { return "insufficientCredits" }
      if cost > allowed { return "budgetExceeded" }
      mark(.rejectPasses)
    }
    mark(.cappedCharge, if: command.overPolicy == .cap && cost > free)
    note(command.charge, command.outcome)
    let text = charge(
      cost, owner, command.charge.model, mayOwe: command.overPolicy != .cap, allowed: allowed)
    pay(owner, command.charge.model, command.sessionID, lastBill, at: now)
    return text
  }

  mutating func charge(
    _ cost: Int64, _ owner: String, _ model: String?, mayOwe: Bool, allowed: Int64,
    before: [Part] = []
  ) -> String {
    let wanted = min(cost, allowed)
    let parts = take(wanted, from: owner, for: model)
    for part in parts { grants[part.grant].used += part.amount }
    let open = wanted - Self.sum(parts)
    let person = people[owner] ?? Person()
    let debt = mayOwe ? min(open, max(0, person.limit - person.debt)) : 0
    people[owner]?.debt += debt
    bill(owner, before + parts, debt)
    if before.isEmpty {
      mark(.paidByOneGrant, if: parts.count == 1)
      mark(.paidByGrants, if: parts.count > 1)
      mark(.paidByDebt, if: debt > 0)
      mark(.uncollectedForBudget, if: cost > wanted)
      mark(.uncollectedForCredit, if: open > debt)
    }
    return "charged \(Self.text(parts)) debt \(debt) lost \(cost - wanted + open - debt)"
  }

  /// What the last bill came to.
  var lastBill: Int64 { bills.last.map { Self.sum($0.parts) } ?? 0 }

  struct Denial: Error { let name: String }

  func bill(_ charge: Charge, at time: Int64) -> Result<(cost: Int64, price: PriceVersion?), Denial>
  {
    switch charge {
    case .micros(let amount): return .success((amount, nil))
    case .usage(let usage):
      guard let price = price(usage.model, at: time) else {
        return .failure(Denial(name: "unknownModel"))
      }
      guard let cost = Self.cost(usage, price) else {
        return .failure(Denial(name: "costOverflow"))
      }
      return .success((cost, price))
    }
  }

  // MARK: Prices and accounts

  mutating func put(_ command: PutPrice) -> String {
    let begins = command.effectiveFrom?.microseconds ?? now
    mark(begins > now ? .priceFuture : begins < now ? .pricePast : .priceNow)
    priceList.append(
      PriceVersion(
        version: Int64(priceList.count), model: command.model,
        effectiveFrom: LedgerTime(microseconds: begins), rates: command.rates))
    return "priced"
  }

  mutating func set(_ command: SetAccountState) -> String {
    var person = people[command.account.name] ?? Person()
    if let state = command.state {
      mark(.accountFrozen, if: state == .frozen)
      mark(.accountClosed, if: state == .closed)
      mark(.accountReopened, if: state == .active && person.standing != "active")
      person.standing = "\(state)"
    }
    if let limit = command.overdraftLimitMicros {
      mark(.limitBelowDebt, if: limit < person.debt)
      person.limit = limit
    }
    people[command.account.name] = person
    return "set"
  }

  // MARK: Questions

  /// Decides a credit question: the decision, what is available and what is missing.
  mutating func check(_ owner: String, _ charge: Charge, _ session: String) -> String {
    let bill = self.bill(charge, at: now)
    let cost: Int64? = if case .success(let bill) = bill { bill.cost } else { nil }
    let free = people[owner] == nil ? 0 : spendable(owner, for: charge.model)
    func text(_ decision: String, _ missing: Int64) -> String {
      "\(decision), \(free) free, \(missing) missing"
    }
    var overflows = false
    if case .failure(let denial) = bill { overflows = denial.name == "costOverflow" }
    let required = cost ?? (overflows ? Self.most + 1 : 0)
    var missing = max(0, required - free)
    let allowed = room(owner, charge.model, session)
    if missing == 0, let cost { missing = max(0, cost - allowed) }
    guard let person = people[owner] else { return text("noAccount", max(0, required - free)) }
    if person.standing != "active" {
      return text("account\(person.standing.capitalizedFirst)", missing)
    }
    guard let cost else { return text(overflows ? "insufficient" : "unknownModel", missing) }
    if person.debt > 0 && person.limit == 0 { return text("inDebt", missing) }
    if cost > free {
      return text(cost - free <= held(owner, for: charge.model) ? "held" : "insufficient", missing)
    }
    return text(cost <= allowed ? "sufficient" : "budgetExceeded", missing)
  }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
