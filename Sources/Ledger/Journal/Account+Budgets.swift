// What counts against an account's budgets. Costs one comparison when there are none.

extension Account {
  /// Counts what holds set aside, or give back when it is negative.
  mutating func countHeld(_ micros: Int64, _ scope: @autoclosure () -> BudgetScope) {
    if budgets.isEmpty { return }
    let scope = scope()
    for index in budgets.indices where budgets[index].terms.covers(scope) {
      budgets[index].heldMicros += micros
      precondition(budgets[index].heldMicros >= 0, "a budget holds less than nothing")
    }
  }

  /// Counts a charge.
  mutating func countCharge(
    _ usage: UsageRecord, _ scope: @autoclosure () -> BudgetScope, _ rows: inout [LedgerRow]
  ) {
    if budgets.isEmpty { return }
    let scope = scope()
    for index in budgets.indices where budgets[index].terms.covers(scope) {
      budgets[index].count(usage.chargedMicros, at: usage.chargedAt)
      rows.append(.budget(budgets[index]))
    }
  }

  /// Sets a new budget, changes one, or takes one away.
  mutating func set(_ terms: BudgetTerms, _ rows: inout [LedgerRow]) {
    precondition(terms.account == id, "a budget of another account")
    guard let index = budgets.firstIndex(where: { $0.id == terms.id }) else {
      var budget = Budget(terms: terms)
      for hold in holds where terms.covers(BudgetScope(of: hold)) {
        budget.heldMicros += hold.grantedMicros
      }
      budgets.append(budget)
      rows.append(.budget(budget))
      return
    }
    budgets[index].change(to: terms)
    rows.append(.budget(budgets[index]))
    if terms.mode == .off { budgets.remove(at: index) }
  }

  /// Begins a civil period of a budget.
  mutating func begin(
    _ period: Range<LedgerTime>, of id: BudgetID, _ rows: inout [LedgerRow]
  ) {
    guard let index = budgets.firstIndex(where: { $0.id == id }) else {
      preconditionFailure("a budget that is off or unknown")
    }
    budgets[index].begin(period)
    nextDue = min(nextDue, period.upperBound)
    rows.append(.budget(budgets[index]))
  }
}
