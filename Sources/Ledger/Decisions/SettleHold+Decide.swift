extension SettleHold {
  /// Decides a settle.
  ///
  /// `draft` is the hold's account with everything due written down; `hold` the hold as it stands
  /// then. Both are nil when there is no such hold.
  func decide(on draft: inout Draft?, hold: Hold?, at time: LedgerTime)
    -> Result<Answer, Refusal>
  {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    // Refusals in contract order; SettleHoldTests walks them row by row.
    guard let hold, var account = draft.take() else { return .failure(.holdNotFound) }
    let result = decide(&account, hold, at: time)
    draft = consume account
    return result
  }

  private func decide(
    _ account: inout Draft, _ hold: Hold, at time: LedgerTime
  ) -> Result<Answer, Refusal> {
    precondition(hold.terms.account == account.account.id, "another account's hold")
    switch hold.state {
    case .open: break
    case .expired: if hold.isLateSettled { return .failure(.holdEnded(.settled)) }
    case .settled, .released: return .failure(.holdEnded(hold.state))
    }
    let cost: Int64
    switch charge.costMicros(under: hold.terms.price) {
    case .success(let priced): cost = priced
    case .failure(let refusal): return .failure(refusal)
    }
    let granted = hold.grantedMicros
    if overPolicy == .reject, cost > granted {
      return .failure(.overGranted(costMicros: cost, grantedMicros: granted))
    }
    // From here on the settle succeeds.
    let answer =
      hold.state == .open
      ? settle(hold, cost: cost, on: &account)
      : settleLate(hold, cost: cost, on: &account)
    return .success(.holdSettled(answer))
  }

  private func settle(_ hold: Hold, cost: Int64, on account: inout Draft) -> SettleAnswer {
    let covered = min(cost, hold.grantedMicros)
    let over = overParts(cost - covered, hold, account)
    let pins = hold.pins.split(after: covered)
    let usage = record(
      of: hold, usage: charge.usage, pins: over.pins.isEmpty ? pins.first : pins.first + over.pins,
      over: over, isLate: false, on: account)
    precondition(usage.costMicros == cost, "a charge that is not its cost")
    let returned = account.end(
      hold, as: .settled, at: account.time, spending: pins, usage: usage, reason: "")
    if cost > covered {
      account.record(
        .overCharged(
          OverCharge(
            usage: usage.id, pins: over.pins, debtMicros: over.debtMicros,
            uncollectedMicros: over.uncollectedMicros)))
    }
    account.repayDebt(at: account.time)
    return SettleAnswer(usage: usage, returnedMicros: returned, balance: account.balance)
  }

  /// Within a day of the hold's end the account pays as for a deduction; later nobody does. What
  /// the hold's end charged for is not charged again: only what the work came to on top of the
  /// report.
  private func settleLate(_ hold: Hold, cost: Int64, on account: inout Draft) -> SettleAnswer {
    guard let endedAt = hold.endedAt else { preconditionFailure("a late settle of an open hold") }
    let isCollectable = account.time < endedAt.adding(LedgerLimits.lateSettleWindow)
    let owed = max(0, cost - hold.reportedMicros)
    let covered = max(0, min(cost, hold.grantedMicros) - hold.reportedMicros)
    let wanted = overPolicy == .cap ? covered : owed
    let parts = account.account.cover(
      isCollectable ? wanted : 0, model: hold.terms.price?.model, at: account.time,
      byOverdraft: overPolicy != .cap,
      room: account.account.budgetRoomMicros(
        for: BudgetScope(model: charge.model, sessionID: hold.terms.sessionID), at: account.time))
    let paid = parts.pins.totalMicros + parts.debtMicros
    var rest = charge.usage
    if let usage = rest, let reported = hold.reportedUsage { rest = usage.subtracting(reported) }
    let usage = record(
      of: hold, usage: rest, pins: parts.pins,
      over: CoverParts(
        pins: parts.pins, debtMicros: parts.debtMicros, uncollectedMicros: owed - paid),
      isLate: true, on: account)
    precondition(usage.costMicros == owed, "a charge that is not its cost")
    account.record(.charged(Charged(usage: usage)))
    return SettleAnswer(usage: usage, returnedMicros: 0, balance: account.balance)
  }

  /// Who pays for what came above the grant.
  private func overParts(_ over: Int64, _ hold: Hold, _ account: borrowing Draft) -> CoverParts {
    guard over > 0 else { return CoverParts(pins: [], debtMicros: 0, uncollectedMicros: 0) }
    switch overPolicy {
    case .cover:
      return account.account.cover(
        over, model: hold.terms.price?.model, at: account.time, byOverdraft: true,
        // What the hold set aside counts now and is charged whole: the room stays the same.
        room: account.account.budgetRoomMicros(for: BudgetScope(of: hold), at: account.time))
    case .cap:
      return CoverParts(pins: [], debtMicros: 0, uncollectedMicros: over)
    case .reject:
      preconditionFailure("a settle above the grant was to be rejected")
    }
  }

  private func record(
    of hold: Hold, usage: TokenUsage?, pins: [Pin], over: CoverParts, isLate: Bool,
    on account: borrowing Draft
  ) -> UsageRecord {
    UsageRecord(
      id: UsageID(seq: account.nextSeq), account: hold.terms.account, usage: usage,
      priceVersion: usage == nil ? nil : hold.terms.price?.version, debtMicros: over.debtMicros,
      uncollectedMicros: over.uncollectedMicros, pins: pins, chargedAt: account.time,
      eventTime: account.time, isLate: isLate, outcome: outcome, hold: hold.id,
      sessionID: hold.terms.sessionID, requestID: requestID)
  }
}
