extension AllocateCredits {
  /// Decides a grant. `draft` is the account with everything due written down.
  func decide(on draft: inout Draft, by principal: String) -> Result<Answer, Refusal> {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    let account = draft.account
    let effectiveAt = self.effectiveAt ?? draft.time
    // Refusals in contract order; AllocateCreditsTests walks them row by row.
    if let expiresAt, expiresAt <= max(draft.time, effectiveAt) {
      return .failure(.expiresInThePast)
    }
    if account.state == .closed { return .failure(.accountClosed) }
    let live = account.allocations.reduce(0) { $0 + $1.availableMicros + $1.heldMicros }
    if live > LedgerLimits.amountMax - amountMicros { return .failure(.balanceOverflow) }
    if account.allocations.count >= LedgerLimits.allocationsPerAccountMax {
      return .failure(.tooManyAllocations)
    }
    // From here on the grant succeeds.
    let terms = AllocationTerms(
      id: AllocationID(seq: draft.nextSeq), account: account.id, amountMicros: amountMicros,
      allocationClass: allocationClass, priority: priority, effectiveAt: effectiveAt,
      expiresAt: expiresAt, models: models, allocatedBy: principal, allocatedAt: draft.time,
      notes: notes)
    draft.record(.allocated(terms))
    draft.repayDebt(at: draft.time)
    let repaid = account.debtMicros - draft.account.debtMicros
    precondition(repaid >= 0 && repaid <= amountMicros)
    var allocation = Allocation(terms: terms)
    allocation.availableMicros -= repaid
    allocation.spentMicros += repaid
    return .success(
      .allocated(
        AllocateAnswer(
          allocation: allocation, balance: draft.balance, debtRepaidMicros: repaid)))
  }
}
