extension OpenHold {
  /// Decides a hold. `draft` is the account with everything due written down, or nil when there is
  /// no such account. Holds draw on credit only; the overdraft is reached by charges.
  func decide(on draft: inout Draft?, prices: PriceBook, at time: LedgerTime)
    -> Result<Answer, Refusal>
  {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    // Refusals in contract order; OpenHoldTests walks them row by row.
    guard var account = draft.take() else { return .failure(.noAccount) }
    defer { draft = account }
    if let standing = account.account.standingRefusal { return .failure(standing) }
    let bill: Bill
    switch Bill.make(for: charge, prices: prices, at: time) {
    case .success(let made): bill = made
    case .failure(let refusal): return .failure(refusal)
    }
    let check = account.account.check(bill, at: time)
    if check.decision == .inDebt { return .failure(.inDebt(check)) }
    let granted = min(bill.costMicros, check.availableMicros)
    let least = min(minMicros ?? bill.costMicros, bill.costMicros)
    if granted < least { return .failure(.insufficientCredits(check)) }
    if account.account.holds.count >= LedgerLimits.openHoldsPerAccountMax {
      return .failure(.tooManyHolds)
    }
    // From here on the hold is granted.
    let life = self.life ?? LedgerLimits.holdLifeDefault
    let terms = HoldTerms(
      id: HoldID(seq: account.nextSeq), account: self.account, price: bill.price,
      sessionID: sessionID, openedAt: time, grantedMicros: granted,
      pins: account.account.pins(for: granted, model: bill.model, at: time))
    let hold = Hold(
      terms: terms, state: .open, expiresAt: time.adding(life), reportedMicros: 0, endedAt: nil,
      isLateSettled: false)
    account.record(.holdOpened(hold))
    return .success(
      .holdOpened(
        OpenHoldAnswer(
          hold: hold, expiresIn: life, grantedTokens: bill.affordableTokens(budget: granted),
          balance: account.balance)))
  }
}
