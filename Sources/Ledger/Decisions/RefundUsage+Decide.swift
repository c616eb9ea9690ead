/// A refund's way back: what it takes from which part of the charge.
private struct RefundParts {
  var debtMicros: Int64 = 0
  /// In the order in which they are given back.
  var pins: [Pin] = []

  /// The `amount` after the first `skipped` of the charge, read from its end: the debt was made
  /// last and is taken back first, then the pins from the last to the first.
  init(of record: UsageRecord, skipping skipped: Int64, amount: Int64) {
    var skip = skipped
    var left = amount
    func take(_ size: Int64) -> Int64 {
      let passed = min(skip, size)
      skip -= passed
      let part = min(left, size - passed)
      left -= part
      return part
    }
    debtMicros = take(record.debtMicros)
    for pin in record.pins.reversed() {
      let part = take(pin.amountMicros)
      if part > 0 { pins.append(Pin(allocation: pin.allocation, amountMicros: part)) }
    }
    precondition(left == 0, "a refund above its charge")
  }
}

extension RefundUsage {
  /// Decides a refund.
  ///
  /// `draft` is the account that was charged, with everything due written down; `record` the charge
  /// and `known` every allocation that paid for it, as they stand then. All are nil or empty when
  /// there is no such charge.
  func decide(
    on draft: inout Draft?, record: UsageRecord?, known: [AllocationID: Allocation],
    by principal: String
  ) -> Result<Answer, Refusal> {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    // Refusals in contract order; RefusalOrderTests walks them row by row.
    guard let record, var account = draft.take() else { return .failure(.usageNotFound) }
    let result = decide(&account, record, known, by: principal)
    draft = consume account
    return result
  }

  private func decide(
    _ account: inout Draft, _ record: UsageRecord, _ known: [AllocationID: Allocation],
    by principal: String
  ) -> Result<Answer, Refusal> {
    precondition(record.account == account.account.id, "another account's charge")
    if account.account.state == .closed { return .failure(.accountClosed) }
    let refundable = record.chargedMicros - record.refundedMicros
    precondition(refundable >= 0, "more was refunded than charged")
    let amount = amountMicros ?? refundable
    if amount > refundable || amount == 0 {
      return .failure(.overRefund(refundableMicros: refundable))
    }
    let allocations = account.account.allocations
    let live = allocations.reduce(0) { $0 + $1.availableMicros + $1.heldMicros }
    if live > LedgerLimits.amountMax - amount { return .failure(.balanceOverflow) }
    // A refund revives as many grants as paid, and makes at most two.
    if allocations.count + record.pins.count + 2 > LedgerLimits.allocationsPerAccountMax {
      return .failure(.tooManyAllocations)
    }
    // From here on the refund succeeds.
    let plan = plan(amount, of: record, known, account)
    account.record(.refunded(plan.refund))
    var grants: [Allocation] = []
    for (micros, isFault) in [(plan.faultMicros, true), (plan.repaidMicros, false)]
    where micros > 0 {
      let terms = AllocationTerms(
        id: AllocationID(seq: account.nextSeq), account: record.account, amountMicros: micros,
        allocationClass: isFault ? .promo : .adjust, priority: 100, effectiveAt: account.time,
        expiresAt: isFault ? account.time.adding(LedgerLimits.faultGrantLife) : nil, models: [],
        allocatedBy: principal, allocatedAt: account.time, notes: "refund of \(record.id)")
      account.record(.allocated(terms))
      grants.append(Allocation(terms: terms))
    }
    account.repayDebt(at: account.time)
    return .success(
      .refunded(
        RefundAnswer(
          account: record.account, refund: plan.refund, grants: grants,
          balance: account.balance)))
  }

  private struct Plan {
    let refund: Refund
    /// Granted anew because the service was at fault.
    let faultMicros: Int64
    /// Granted anew because the debt that the charge made was repaid since.
    let repaidMicros: Int64
  }

  private func plan(
    _ amount: Int64, of record: UsageRecord, _ known: [AllocationID: Allocation],
    _ account: borrowing Draft
  ) -> Plan {
    let parts = RefundParts(of: record, skipping: record.refundedMicros, amount: amount)
    var touched = known
    var order: [AllocationID] = []
    var returned: [Pin] = []
    var expired: [Pin] = []
    var voided: [Pin] = []
    var fault: Int64 = 0
    for pin in parts.pins {
      guard var allocation = touched[pin.allocation] else {
        preconditionFailure("a charge whose allocation is unknown")
      }
      let isOver = allocation.terms.isExpired(at: account.time)
      if (isOver || allocation.isVoided) && isServiceFault {
        fault += pin.amountMicros
        continue
      }
      allocation.spentMicros -= pin.amountMicros
      if isOver {
        allocation.expiredMicros += pin.amountMicros
        expired.append(pin)
      } else if allocation.isVoided {
        allocation.voidedMicros += pin.amountMicros
        voided.append(pin)
      } else {
        allocation.availableMicros += pin.amountMicros
        returned.append(pin)
      }
      allocation.requireBalanced()
      if !order.contains(pin.allocation) { order.append(pin.allocation) }
      touched[pin.allocation] = allocation
    }
    let debt = min(parts.debtMicros, account.account.debtMicros)
    let repaid = parts.debtMicros - debt
    let refund = Refund(
      usage: record.id, amountMicros: amount, totalMicros: record.refundedMicros + amount,
      debtMicros: debt, returned: returned, expired: expired, voided: voided,
      reissuedMicros: fault + repaid, allocations: order.compactMap { touched[$0] },
      reason: reason)
    return Plan(refund: refund, faultMicros: fault, repaidMicros: repaid)
  }
}
