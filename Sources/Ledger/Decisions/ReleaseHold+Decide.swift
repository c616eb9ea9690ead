extension ReleaseHold {
  /// Decides a release. `draft` is the hold's account with everything due written down; `hold` the
  /// hold as it stands then. Both are nil when there is no such hold.
  func decide(on draft: inout Draft?, hold: Hold?) -> Result<Answer, Refusal> {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    // Refusals in contract order; ReleaseHoldTests walks them row by row.
    guard let hold, var account = draft.take() else { return .failure(.holdNotFound) }
    let result = decide(&account, hold)
    draft = consume account
    return result
  }

  private func decide(_ account: inout Draft, _ hold: Hold) -> Result<Answer, Refusal> {
    precondition(hold.terms.account == account.account.id, "another account's hold")
    if let ended = hold.refusalOutsideItsLife(at: account.time) { return .failure(ended) }
    // From here on the release succeeds.
    let returned = account.end(
      hold, as: .released, at: account.time, spending: ([], hold.pins), usage: nil, reason: reason)
    account.repayDebt(at: account.time)
    let released = hold.ended(as: .released, at: account.time)
    return .success(
      .holdReleased(
        ReleaseAnswer(hold: released, returnedMicros: returned, balance: account.balance)))
  }
}
