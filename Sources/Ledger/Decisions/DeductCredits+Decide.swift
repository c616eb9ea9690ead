extension DeductCredits {
  /// Decides a charge without a hold. `draft` is the account with everything due written down, or
  /// nil when there is no such account.
  func decide(on draft: inout Draft?, prices: PriceBook, at time: LedgerTime)
    -> Result<Answer, Refusal>
  {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    let eventTime = self.eventTime ?? time
    // Refusals in contract order; DeductCreditsTests walks them row by row.
    let age = time.duration(since: eventTime)
    if age > LedgerLimits.eventAgeMax || age < .zero - LedgerLimits.eventLeadMax {
      return .failure(.eventTimeOutOfRange)
    }
    guard var account = draft.take() else { return .failure(.noAccount) }
    let result = decide(&account, prices, at: time, eventTime)
    draft = consume account
    return result
  }

  private func decide(
    _ account: inout Draft, _ prices: PriceBook, at time: LedgerTime, _ eventTime: LedgerTime
  ) -> Result<Answer, Refusal> {
    if let standing = account.account.standingRefusal { return .failure(standing) }
    let bill: Bill
    switch Bill.make(for: charge, prices: prices, at: eventTime) {
    case .success(let made): bill = made
    case .failure(let refusal): return .failure(refusal)
    }
    let scope = BudgetScope(model: charge.model, sessionID: sessionID)
    let parts = account.account.cover(
      bill.costMicros, model: charge.model, at: time, byOverdraft: overPolicy != .cap,
      room: account.account.budgetRoomMicros(for: scope, at: time))
    if overPolicy == .reject, parts.uncollectedMicros > 0 {
      return .failure(shortage(of: bill, account.account, at: time))
    }
    // From here on the charge succeeds.
    let usage = UsageRecord(
      id: UsageID(seq: account.nextSeq), account: self.account, usage: bill.usage,
      priceVersion: bill.price?.version, debtMicros: parts.debtMicros,
      uncollectedMicros: parts.uncollectedMicros, pins: parts.pins, chargedAt: time,
      eventTime: eventTime, isLate: false, outcome: outcome, hold: nil, sessionID: sessionID,
      requestID: requestID)
    precondition(usage.costMicros == bill.costMicros, "a charge that is not its cost")
    account.record(.charged(Charged(usage: usage)))
    return .success(.deducted(DeductAnswer(usage: usage, balance: account.balance)))
  }

  /// What is missing: credit before budgets.
  private func shortage(of bill: Bill, _ account: Account, at time: LedgerTime) -> Refusal {
    let check = account.check(bill, sessionID: sessionID, at: time)
    let credit = check.availableMicros + account.overdraftRoomMicros
    return bill.costMicros > credit
      ? .insufficientCredits(check) : .budgetExceeded(check.denied(as: .budgetExceeded))
  }
}
