extension SetAccountState {
  /// Decides an account's standing. Nothing refuses it: a limit below the present debt is lawful,
  /// the debt then only falls.
  func decide(on draft: inout Draft) -> Result<Answer, Refusal> {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    let state = self.state ?? draft.account.state
    let limit = overdraftLimitMicros ?? draft.account.overdraftLimitMicros
    draft.record(.accountStateSet(state, overdraftLimitMicros: limit))
    return .success(
      .accountStateSet(
        SetAccountStateAnswer(
          state: state, overdraftLimitMicros: limit, balance: draft.balance)))
  }
}
