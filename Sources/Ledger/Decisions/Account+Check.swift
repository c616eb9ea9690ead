extension Account {
  /// Answers whether `bill` could be held at `time`, with everything due written down.
  ///
  /// Denials in contract order: closed, frozen, in debt, held apart from insufficient, then
  /// budgets.
  func check(_ bill: Bill, sessionID: String, at time: LedgerTime) -> CheckAnswer {
    let scope = BudgetScope(model: bill.model, sessionID: sessionID)
    let budget = tightestBudget(for: scope, at: time)
    let room = budget?.roomMicros(at: time) ?? .max
    let available = spendableMicros(for: bill.model, at: time)
    let missing = max(0, bill.costMicros - available)
    let decision: CheckDecision
    switch state {
    case .closed: decision = .accountClosed
    case .frozen: decision = .accountFrozen
    case .active:
      if isInDebt {
        decision = .inDebt
      } else if missing == 0 {
        decision = bill.costMicros <= room ? .sufficient : .budgetExceeded
      } else {
        decision = missing <= heldForMicros(bill.model, at: time) ? .held : .insufficient
      }
    }
    return CheckAnswer(
      decision: decision, requiredMicros: bill.costMicros, availableMicros: available,
      heldMicros: heldMicros,
      shortfallMicros: missing > 0 ? missing : max(0, bill.costMicros - room),
      maxAffordableTokens: bill.affordableTokens(budget: min(available, room)),
      soonestRelease: holds.lazy.map(\.endsAt).min(),
      budget: budget.map { BudgetStatus($0, at: time) })
  }

  /// Whether it owes and has no overdraft.
  var isInDebt: Bool { debtMicros > 0 && overdraftLimitMicros == 0 }

  /// Held credit that would pay for `model` if it were given back.
  private func heldForMicros(_ model: String?, at time: LedgerTime) -> Int64 {
    allocations.reduce(0) { total, allocation in
      let counts = allocation.terms.isLive(at: time) && allocation.terms.pays(for: model)
      return counts ? total + allocation.heldMicros : total
    }
  }
}

extension Bill {
  /// Output tokens that `budget` buys after the bill's other tokens; nil for a bare amount.
  func affordableTokens(budget: Int64) -> Int64? {
    guard let price, let usage else { return nil }
    return price.affordableOutputTokens(budgetMicros: budget, besides: usage)
  }
}
