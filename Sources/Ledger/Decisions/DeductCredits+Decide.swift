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
    defer { draft = account }
    if let standing = account.account.standingRefusal { return .failure(standing) }
    let bill: Bill
    switch Bill.make(for: charge, prices: prices, at: eventTime) {
    case .success(let made): bill = made
    case .failure(let refusal): return .failure(refusal)
    }
    let parts = account.account.cover(
      bill.costMicros, model: charge.model, at: time, byOverdraft: overPolicy != .cap)
    if overPolicy == .reject, parts.uncollectedMicros > 0 {
      return .failure(.insufficientCredits(account.account.check(bill, at: time)))
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
}
