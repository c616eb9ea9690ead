extension AdjustAllocation {
  /// Decides new terms.
  ///
  /// `draft` is the allocation's account with everything due written down, or nil when there is no
  /// such allocation.
  func decide(on draft: inout Draft?) -> Result<Answer, Refusal> {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    // Refusals in contract order; RefusalOrderTests walks them row by row.
    guard var account = draft.take() else { return .failure(.allocationNotFound) }
    let result = decide(&account)
    draft = consume account
    return result
  }

  private func decide(_ account: inout Draft) -> Result<Answer, Refusal> {
    if account.account.state == .closed { return .failure(.accountClosed) }
    guard let old = account.account.unspentAllocation(allocation, at: account.time) else {
      return .failure(.allocationEnded)
    }
    let terms = terms(insteadOf: old.terms)
    if let ends = terms.expiresAt, ends <= max(account.time, terms.effectiveAt) {
      return .failure(.expiresInThePast)
    }
    // From here on the adjustment succeeds.
    account.record(.allocationAdjusted(terms, reason: reason))
    guard let adjusted = account.account.allocations.first(where: { $0.id == allocation }) else {
      preconditionFailure("an adjusted allocation is gone")
    }
    return .success(
      .allocationAdjusted(AdjustAnswer(allocation: adjusted, balance: account.balance)))
  }

  private func terms(insteadOf old: AllocationTerms) -> AllocationTerms {
    let expiresAt: LedgerTime? =
      switch expiry {
      case nil: old.expiresAt
      case .never: nil
      case .at(let time): time
      }
    return AllocationTerms(
      id: old.id, account: old.account, amountMicros: old.amountMicros,
      allocationClass: old.allocationClass, priority: priority ?? old.priority,
      effectiveAt: old.effectiveAt, expiresAt: expiresAt, models: old.models,
      allocatedBy: old.allocatedBy, allocatedAt: old.allocatedAt, notes: old.notes)
  }
}

extension VoidAllocation {
  /// Decides to take back what is left. The account's state does not matter.
  ///
  /// `draft` is the allocation's account with everything due written down, or nil when there is no
  /// such allocation.
  func decide(on draft: inout Draft?) -> Result<Answer, Refusal> {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    // Refusals in contract order; RefusalOrderTests walks them row by row.
    guard var account = draft.take() else { return .failure(.allocationNotFound) }
    let result = decide(&account)
    draft = consume account
    return result
  }

  private func decide(_ account: inout Draft) -> Result<Answer, Refusal> {
    guard var voided = account.account.unspentAllocation(allocation, at: account.time) else {
      return .failure(.allocationEnded)
    }
    // From here on the void succeeds.
    let amount = voided.availableMicros
    account.record(.allocationVoided(allocation, amountMicros: amount, reason: reason))
    voided.void(amount)
    return .success(
      .allocationVoided(
        VoidAnswer(allocation: voided, voidedMicros: amount, balance: account.balance)))
  }
}

extension Account {
  /// The allocation, if something is left of it and its life is not over.
  fileprivate func unspentAllocation(_ id: AllocationID, at time: LedgerTime) -> Allocation? {
    allocations.first { allocation in
      allocation.id == id && !allocation.isVoided && !allocation.terms.isExpired(at: time)
    }
  }
}
