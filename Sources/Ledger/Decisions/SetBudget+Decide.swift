extension SetBudget {
  var invalidField: InvalidField? {
    if let invalid = checkAccount(account) { return invalid }
    if let model, !Identifier.isValid(model) {
      return InvalidField(field: "model", reason: "must match [A-Za-z0-9_.:-]{1,64}")
    }
    if let sessionID, !Identifier.isValid(sessionID) {
      return InvalidField(field: "session_id", reason: "must match [A-Za-z0-9_.:-]{1,64}")
    }
    if budget != nil, model != nil || sessionID != nil {
      return InvalidField(field: "budget_id", reason: "a budget's scope cannot be changed")
    }
    guard (0...LedgerLimits.amountMax).contains(limitMicros) else {
      return InvalidField(field: "limit_micros", reason: "must be 0 to 10^15")
    }
    if budget == nil && mode == .off {
      return InvalidField(field: "mode", reason: "a new budget cannot be off")
    }
    switch window {
    case .none: return nil
    case .rolling(let length):
      guard (LedgerLimits.budgetWindowMin...LedgerLimits.budgetWindowMax).contains(length) else {
        return InvalidField(field: "rolling", reason: "must be 60 s to 366 days")
      }
      return nil
    case .calendar(_, let zone):
      guard (1...LedgerLimits.identifierBytesMax).contains(zone.utf8.count) else {
        return InvalidField(field: "calendar.zone", reason: "must be the name of an IANA zone")
      }
      return nil
    }
  }

  /// Decides a budget. `draft` is the account with everything due written down. A limit below what
  /// counts already is lawful: nothing more is held or charged then.
  func decide(on draft: inout Draft) -> Result<Answer, Refusal> {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    // Refusals in contract order; RefusalOrderTests walks them row by row.
    var terms = BudgetTerms(
      id: budget ?? BudgetID(seq: draft.nextSeq), account: account, model: model,
      sessionID: sessionID, limitMicros: limitMicros, window: window, mode: mode)
    if let budget {
      guard let old = draft.account.budgets.first(where: { $0.id == budget })?.terms else {
        return .failure(.budgetNotFound)
      }
      terms = BudgetTerms(
        id: budget, account: account, model: old.model, sessionID: old.sessionID,
        limitMicros: limitMicros, window: window, mode: mode)
    } else if draft.account.budgets.count >= LedgerLimits.budgetsPerAccountMax {
      return .failure(.tooManyBudgets)
    }
    // From here on the budget is set.
    draft.record(.budgetSet(terms))
    draft.beginPeriods(at: draft.time)
    let set = draft.account.budgets.first { $0.id == terms.id } ?? Budget(terms: terms)
    return .success(.budgetSet(SetBudgetAnswer(status: BudgetStatus(set, at: draft.time))))
  }
}
