/// Could an account pay for this now?
struct CreditQuestion {
  let charge: Charge
  let sessionID: String
  let time: LedgerTime

  /// Answers about the committed state; nil when the account has none.
  ///
  /// Denials in contract order: no account, closed, frozen, unknown model, in debt, then held apart
  /// from insufficient, then budgets. `prices` may be left out for a bare amount.
  func answer(about snapshot: AccountSnapshot?, prices: PriceBook?) -> CheckAnswer {
    let bill = Bill.make(for: charge, prices: prices ?? PriceBook(), at: time)
    guard let account = snapshot?.account(at: time) else { return denial(.noAccount, bill) }
    if case .success(let bill) = bill { return account.check(bill, sessionID: sessionID, at: time) }
    switch account.state {
    case .closed: return denial(.accountClosed, bill, account)
    case .frozen: return denial(.accountFrozen, bill, account)
    case .active: break
    }
    if case .failure(.unknownModel) = bill { return denial(.unknownModel, bill, account) }
    // It costs more than any account can have.
    return denial(.insufficient, bill, account)
  }

  private func denial(
    _ decision: CheckDecision, _ bill: Result<Bill, Refusal>, _ account: Account? = nil
  ) -> CheckAnswer {
    let required: Int64 =
      switch bill {
      case .success(let bill): bill.costMicros
      case .failure(.costOverflow): LedgerLimits.amountMax + 1
      case .failure: 0
      }
    let available = account?.spendableMicros(for: charge.model, at: time) ?? 0
    return CheckAnswer(
      decision: decision, requiredMicros: required, availableMicros: available,
      heldMicros: account?.heldMicros ?? 0, shortfallMicros: max(0, required - available),
      maxAffordableTokens: nil, soonestRelease: account?.holds.lazy.map(\.endsAt).min())
  }
}
