import Ledger

// Grants and bills, by their number.

extension ReferenceModel {
  private func hasEnded(_ number: Int) -> Bool {
    let grant = grants[number]
    return grant.isVoid || isOver(grant) || grant.free + grant.held == 0
  }

  /// Changes the terms of a grant.
  mutating func adjust(_ number: Int?, _ command: AdjustAllocation) -> String {
    guard let number, grants.indices.contains(number) else { return "allocationNotFound" }
    if people[grants[number].owner]?.standing == "closed" { return "accountClosed" }
    if hasEnded(number) { return "allocationEnded" }
    var ends = grants[number].ends
    switch command.expiry {
    case nil: break
    case .never: ends = nil
    case .at(let time): ends = time.microseconds
    }
    if let ends, ends <= now || ends <= grants[number].begins { return "expiresInThePast" }
    mark(
      command.expiry == nil
        ? .adjustKeepsExpiry : ends == nil ? .adjustRemovesExpiry : .adjustMovesExpiry)
    mark(.adjustWhilePinned, if: grants[number].held > 0)
    if ends != grants[number].ends { bells[grants[number].owner]?.rung[number] = nil }
    grants[number].ends = ends
    if let priority = command.priority { grants[number].priority = Int(priority) }
    return "adjusted"
  }

  /// Takes back what is free of a grant, and what comes back to it later.
  mutating func void(_ number: Int?) -> String {
    guard let number, grants.indices.contains(number) else { return "allocationNotFound" }
    if hasEnded(number) { return "allocationEnded" }
    let taken = grants[number].free
    mark(.voidTakesFree, if: taken > 0)
    mark(.voidWhilePinned, if: grants[number].held > 0)
    grants[number].lost += taken
    grants[number].free = 0
    grants[number].isVoid = true
    return "voided \(taken)"
  }

  /// Gives a bill back from its end.
  mutating func refund(_ number: Int?, _ command: RefundUsage) -> String {
    guard let number, bills.indices.contains(number) else { return "usageNotFound" }
    let bill = bills[number]
    if people[bill.owner]?.standing == "closed" { return "accountClosed" }
    let left = Self.sum(bill.parts) - bill.refunded
    let amount = command.amountMicros ?? left
    if amount > left || left == 0 { return "overRefund" }
    let unspent = unspent(bill.owner)
    if unspent.amount + amount > Self.most { return "balanceOverflow" }
    // As many grants may revive as paid, and two may be new.
    let payers = bill.parts.count { $0.grant >= 0 }
    if unspent.grants + payers + 2 > 1_000 { return "tooManyAllocations" }
    mark(.refundAgain, if: bill.refunded > 0)
    mark(amount == left && bill.refunded == 0 ? .refundWhole : .refundPart)
    mark(.refundOfExpiredHold, if: bill.isOfExpiredHold)
    // Credit by credit, from the last to the first.
    var units: [Part] = []
    var passed: Int64 = 0
    for part in bill.parts.reversed() {
      let from = max(bill.refunded, passed)
      let to = min(bill.refunded + amount, passed + part.amount)
      if to > from { units.append((part.grant, to - from)) }
      passed += part.amount
    }
    bills[number].refunded += amount
    return giveBack(units, bill.owner, isFault: command.isServiceFault)
  }

  private mutating func giveBack(_ units: [Part], _ owner: String, isFault: Bool) -> String {
    var back: [Part] = []
    var lost: Int64 = 0
    var forgiven: Int64 = 0
    var repaid: Int64 = 0
    var fault: Int64 = 0
    for unit in units {
      if unit.grant < 0 {
        forgiven = min(unit.amount, people[owner]?.debt ?? 0)
        people[owner]?.debt -= forgiven
        repaid = unit.amount - forgiven
      } else if isOver(grants[unit.grant]) || grants[unit.grant].isVoid {
        if isFault {
          fault += unit.amount
        } else {
          mark(isOver(grants[unit.grant]) ? .refundExpired : .refundVoided)
          grants[unit.grant].used -= unit.amount
          grants[unit.grant].lost += unit.amount
          lost += unit.amount
        }
      } else {
        let isSpent = grants[unit.grant].free + grants[unit.grant].held == 0
        mark(isSpent ? .refundRevives : .refundReturns)
        grants[unit.grant].used -= unit.amount
        grants[unit.grant].free += unit.amount
        back.append(unit)
      }
    }
    mark(.refundForgives, if: forgiven > 0)
    mark(.refundOfRepaidDebt, if: repaid > 0)
    mark(.refundAsFault, if: fault > 0)
    for (amount, isPromo) in [(fault, true), (repaid, false)] where amount > 0 {
      add(
        Grant(
          number: grants.count, owner: owner, amount: amount, begins: now,
          ends: isPromo ? now + 7 * Self.day : nil, priority: 100, isPromo: isPromo, models: [],
          free: amount))
    }
    mark(.refundRepaysDebt, if: repay(owner) > 0)
    return "refunded \(Self.text(back)) lost \(lost) forgiven \(forgiven) new \(fault + repaid)"
  }
}
