// Budgets in the audit's books: what counts against them is added up from the charges themselves.

/// A budget and the charges that may still count against it.
struct AuditBudget {
  var terms: BudgetTerms
  var period: Range<LedgerTime>?
  var charges: [(time: LedgerTime, micros: Int64)] = []

  /// Charged in the window that `time` is in.
  func used(at time: LedgerTime) -> Int64 {
    charges.reduce(0) { counts($1.time, at: time) ? $0 + $1.micros : $0 }
  }

  private func counts(_ charge: LedgerTime, at time: LedgerTime) -> Bool {
    switch terms.window {
    case .none: return true
    case .calendar: return period.map { $0.contains(charge) && $0.contains(time) } ?? false
    case .rolling(let length):
      let step = Budget.stepMicroseconds(of: length)
      let rest = charge.microseconds % step
      let begin = charge.microseconds - (rest < 0 ? rest + step : rest)
      return LedgerTime(microseconds: begin + step) > time.adding(.zero - length)
    }
  }

  /// Keeps what can still count.
  mutating func note(_ micros: Int64, at time: LedgerTime) {
    guard micros > 0 else { return }
    if case .none = terms.window {
      charges = [(time, used(at: time) + micros)]
      return
    }
    let recent = charges.filter { counts($0.time, at: time) }
    charges = recent
    charges.append((time, micros))
  }
}

extension AuditPage {
  mutating func setBudget(_ terms: BudgetTerms) throws(LedgerBreak) {
    guard terms.account == id else {
      throw broken(.form, "budget \(terms.id)", "of \(id)", "of \(terms.account)")
    }
    var budget = account.budgets[terms.id] ?? AuditBudget(terms: terms)
    if budget.terms.window != terms.window { budget = AuditBudget(terms: terms) }
    budget.terms = terms
    account.budgets[terms.id] = terms.mode == .off ? nil : budget
  }

  mutating func beginPeriod(_ period: Range<LedgerTime>, of budget: BudgetID) throws(LedgerBreak) {
    guard account.budgets[budget] != nil else {
      throw broken(.form, "budget \(budget)", "a budget of \(id)", "none")
    }
    account.budgets[budget]?.period = period
    account.budgets[budget]?.charges = []
  }

  mutating func count(_ usage: UsageRecord, _ scope: BudgetScope) {
    for (id, budget) in account.budgets where budget.terms.covers(scope) {
      account.budgets[id]?.note(usage.chargedMicros, at: usage.chargedAt)
    }
  }

  /// I12: what is charged and held of that scope is within every enforced budget.
  func requireWithinBudgets(_ scope: BudgetScope) throws(LedgerBreak) {
    for (budgetID, budget) in account.budgets
    where budget.terms.mode == .enforce && budget.terms.covers(scope) {
      var held: Int64 = 0
      for hold in account.holds.values where budget.terms.covers(BudgetScope(of: hold)) {
        held += hold.grantedMicros
      }
      let used = budget.used(at: entry.time)
      guard used + held <= budget.terms.limitMicros else {
        throw broken(
          .budgetBounds, "budget \(budgetID) used and held",
          "at most \(budget.terms.limitMicros)", "\(used) and \(held)")
      }
    }
  }
}
