extension OpenHold {
  /// Decides a hold. `draft` is the account with everything due written down, or nil when there is
  /// no such account. Holds draw on credit only; the overdraft is reached by charges.
  func decide(
    on draft: inout Draft?, prices: PriceBook, outputs: OutputHistory, at time: LedgerTime
  ) -> Result<Answer, Refusal> {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    // Refusals in contract order; OpenHoldTests walks them row by row.
    guard var account = draft.take() else { return .failure(.noAccount) }
    let result = decide(&account, prices, outputs, at: time)
    draft = consume account
    return result
  }

  private func decide(
    _ account: inout Draft, _ prices: PriceBook, _ outputs: OutputHistory, at time: LedgerTime
  ) -> Result<Answer, Refusal> {
    if let standing = account.account.standingRefusal { return .failure(standing) }
    let bill: Bill
    switch Bill.make(for: firstSlice(outputs), prices: prices, at: time) {
    case .success(let made): bill = made
    case .failure(let refusal): return .failure(refusal)
    }
    if account.account.holds.count >= LedgerLimits.openHoldsPerAccountMax {
      return .failure(.tooManyHolds)
    }
    // Asked of all holds: for a refusal only.
    func check(_ account: borrowing Draft) -> CheckAnswer {
      account.account.check(bill, sessionID: sessionID, at: time)
    }
    if account.account.isInDebt { return .failure(.inDebt(check(account))) }
    let available = account.account.spendableMicros(for: bill.model, at: time)
    let covered = min(bill.costMicros, available)
    let least = min(minMicros ?? leastMicros(of: bill), bill.costMicros)
    if covered < least { return .failure(.insufficientCredits(check(account))) }
    let scope = BudgetScope(model: bill.model, sessionID: sessionID)
    let granted = min(covered, account.account.budgetRoomMicros(for: scope, at: time))
    if granted < least {
      return .failure(.budgetExceeded(check(account).denied(as: .budgetExceeded)))
    }
    // From here on the hold is granted.
    let life = self.life ?? LedgerLimits.holdLifeDefault
    let terms = HoldTerms(
      id: HoldID(seq: account.nextSeq), account: self.account, price: bill.price,
      sessionID: sessionID, openedAt: time)
    let hold = Hold(
      terms: terms, state: .open, grantedMicros: granted,
      pins: account.account.pins(for: granted, model: bill.model, at: time),
      expiresAt: time.adding(life), reportedMicros: 0, reportedUsage: nil, endedAt: nil,
      isLateSettled: false)
    account.record(.holdOpened(hold))
    return .success(
      .holdOpened(
        OpenHoldAnswer(
          hold: hold, expiresIn: life, grantedTokens: bill.affordableTokens(budget: granted),
          isFinalSlice: granted < bill.costMicros, balance: account.balance)))
  }

  /// What is set aside at first: the charge, or a slice of its output tokens.
  private func firstSlice(_ outputs: OutputHistory) -> Charge {
    guard let sliceTokens, case .usage(let usage) = charge else { return charge }
    let slice = min(sliceTokens, outputs.sliceTokens(for: usage.model), usage.outputTokens)
    return .usage(usage.replacing(outputTokens: slice))
  }

  /// The smallest grant that is of use when the caller does not say: all, or of a slice one token.
  private func leastMicros(of bill: Bill) -> Int64 {
    guard sliceTokens != nil, let usage = bill.usage, let price = bill.price else {
      return bill.costMicros
    }
    return price.costMicros(of: usage.replacing(outputTokens: 1)) ?? bill.costMicros
  }
}
