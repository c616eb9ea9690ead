extension ForceRelease {
  /// Decides an operator's end of a hold: what its expiry would do, now. A settle that comes after
  /// it is late, not lost.
  ///
  /// `draft` is the hold's account with everything due written down; `hold` the hold as it stands
  /// then. Both are nil when there is no such hold.
  func decide(on draft: inout Draft?, hold: Hold?) -> Result<Answer, Refusal> {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    // Refusals in contract order; RefusalOrderTests walks them row by row.
    guard let hold, var account = draft.take() else { return .failure(.holdNotFound) }
    let result = decide(&account, hold)
    draft = consume account
    return result
  }

  private func decide(_ account: inout Draft, _ hold: Hold) -> Result<Answer, Refusal> {
    precondition(hold.terms.account == account.account.id, "another account's hold")
    if hold.state != .open { return .failure(.holdEnded(hold.state)) }
    // From here on the release succeeds.
    let (usage, returned) = account.expire(hold, at: account.time, reason: reason)
    account.repayDebt(at: account.time)
    let ended = hold.ended(as: .expired, at: account.time)
    return .success(
      .holdForced(
        ForceReleaseAnswer(
          hold: ended, usage: usage, returnedMicros: returned, balance: account.balance)))
  }
}
