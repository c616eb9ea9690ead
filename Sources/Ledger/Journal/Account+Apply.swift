extension Account {
  /// Carries out a change that was decided, and adds the rows that it touched.
  ///
  /// The only place where an account changes. A change that does not fit the state is a corrupted
  /// journal or a wrong decision: the process stops, because going on would corrupt money.
  mutating func apply(_ change: Change, seq: Int64, _ rows: inout [LedgerRow]) {
    precondition(seq > self.seq, "an entry that was applied before")
    self.seq = seq
    switch change {
    case .allocated(let terms):
      rows.append(.allocation(insert(terms)))
    case .debtRepaid(let pins):
      repay(pins, &rows)
    case .charged(let charged):
      charge(pins: charged.usage.pins, debt: charged.usage.debtMicros, &rows)
      countCharge(
        charged.usage,
        BudgetScope(model: charged.usage.usage?.model, sessionID: charged.usage.sessionID), &rows)
      rows.append(.usage(charged.usage))
      if let hold = charged.usage.hold { rows.append(.lateSettled(hold)) }
    case .overCharged(let over):
      charge(pins: over.pins, debt: over.debtMicros, &rows)
    case .holdOpened(let hold):
      open(hold, &rows)
    case .holdExtended(let slice):
      extend(slice, &rows)
    case .holdEnded(let end):
      self.end(end, &rows)
    case .allocationExpired(let id, let amount):
      move(id, &rows) { allocation in
        allocation.availableMicros -= amount
        allocation.expiredMicros += amount
      }
    case .allocationAdjusted(let terms, _):
      adjust(terms, &rows)
    case .allocationVoided(let id, let amount, _):
      move(id, &rows) { $0.void(amount) }
    case .refunded(let refund):
      self.refund(refund, &rows)
    case .budgetSet(let terms):
      set(terms, &rows)
    case .budgetPeriodBegan(let id, let period):
      begin(period, of: id, &rows)
    case .alertsSet(let thresholds, let leads, let time):
      setAlerts(thresholds, leads: leads, at: time)
    case .balanceFell(let fall):
      disarm(fall)
    case .balanceRose(let rise):
      rearm(rise)
    case .expiryNoticed(let notice):
      note(notice)
    case .accountStateSet(let state, let limit):
      self.state = state
      overdraftLimitMicros = limit
    case .pricePut, .refused:
      preconditionFailure("not a change of an account")
    }
    precondition(debtMicros >= 0, "debt below zero")
    dropUsedUp()
    rows.append(.account(row))
    if let kind = change.newsKind { rows.append(.event(EventID(seq: seq), id, kind)) }
  }

  private mutating func insert(_ terms: AllocationTerms) -> Allocation {
    precondition(terms.account == id, "an allocation of another account")
    let allocation = Allocation(terms: terms)
    let place = allocations.firstIndex { terms.isSpent(before: $0.terms) }
    allocations.insert(allocation, at: place ?? allocations.endIndex)
    nextDue = min(nextDue, terms.expiresAt ?? .distantFuture, terms.effectiveAt)
    if let alerts { nextDue = min(nextDue, alerts.firstNotice(of: terms)) }
    return allocation
  }

  private mutating func adjust(_ terms: AllocationTerms, _ rows: inout [LedgerRow]) {
    guard let index = allocations.firstIndex(where: { $0.id == terms.id }) else {
      preconditionFailure("an allocation that is spent or unknown")
    }
    var allocation = allocations.remove(at: index)
    precondition(allocation.terms.amountMicros == terms.amountMicros, "another amount")
    if terms.expiresAt != allocation.terms.expiresAt { alerts?.forget(terms.id) }
    allocation.terms = terms
    place(allocation)
    rows.append(.allocation(allocation))
  }

  /// Puts an allocation where it is spent, and back from where it had left the state.
  private mutating func place(_ allocation: Allocation) {
    let place = allocations.firstIndex { allocation.terms.isSpent(before: $0.terms) }
    allocations.insert(allocation, at: place ?? allocations.endIndex)
    nextDue = min(nextDue, allocation.terms.expiresAt ?? .distantFuture)
    if let alerts { nextDue = min(nextDue, alerts.firstNotice(of: allocation.terms)) }
  }

  private mutating func refund(_ refund: Refund, _ rows: inout [LedgerRow]) {
    for allocation in refund.allocations {
      precondition(allocation.terms.account == id, "an allocation of another account")
      if let index = allocations.firstIndex(where: { $0.id == allocation.id }) {
        allocations[index] = allocation
      } else {
        place(allocation)
      }
      rows.append(.allocation(allocation))
    }
    debtMicros -= refund.debtMicros
    rows.append(.refunded(refund.usage, totalMicros: refund.totalMicros))
  }

  private mutating func repay(_ pins: [Pin], _ rows: inout [LedgerRow]) {
    spendAvailable(pins, &rows)
    debtMicros -= pins.totalMicros
  }

  private mutating func charge(pins: [Pin], debt: Int64, _ rows: inout [LedgerRow]) {
    spendAvailable(pins, &rows)
    guard debt > 0 else { return }
    debtMicros += debt
    precondition(debtMicros <= overdraftLimitMicros, "debt above the limit")
  }

  private mutating func spendAvailable(_ pins: [Pin], _ rows: inout [LedgerRow]) {
    for pin in pins {
      move(pin.allocation, &rows) { allocation in
        allocation.availableMicros -= pin.amountMicros
        allocation.spentMicros += pin.amountMicros
      }
    }
  }

  private mutating func open(_ hold: Hold, _ rows: inout [LedgerRow]) {
    precondition(hold.state == .open && hold.terms.account == id)
    precondition(holds[hold.id] == nil, "a hold that was opened before")
    setAside(hold.pins, &rows)
    countHeld(hold.grantedMicros, BudgetScope(of: hold))
    holds[hold.id] = hold
    nextDue = min(nextDue, hold.endsAt)
    rows.append(.hold(hold))
  }

  private mutating func extend(_ slice: HoldExtension, _ rows: inout [LedgerRow]) {
    guard let before = holds[slice.hold] else {
      preconditionFailure("a hold that is not open cannot be extended")
    }
    precondition(slice.expiresAt >= before.expiresAt && slice.expiresAt <= before.terms.maxUntil)
    precondition(slice.reportedMicros >= before.reportedMicros, "a report fell")
    setAside(slice.pins, &rows)
    let hold = before.extended(by: slice)
    countHeld(slice.pins.totalMicros, BudgetScope(of: hold))
    holds[hold.id] = hold
    rows.append(.hold(hold))
  }

  private mutating func setAside(_ pins: [Pin], _ rows: inout [LedgerRow]) {
    for pin in pins {
      move(pin.allocation, &rows) { allocation in
        allocation.availableMicros -= pin.amountMicros
        allocation.heldMicros += pin.amountMicros
      }
    }
  }

  private mutating func end(_ end: HoldEnd, _ rows: inout [LedgerRow]) {
    guard let hold = holds.remove(end.hold) else {
      preconditionFailure("a hold that is not open cannot end")
    }
    let parts = end.spent.totalMicros + end.returned.totalMicros + end.expired.totalMicros
    precondition(parts == hold.grantedMicros, "a hold's end does not add up to its grant")
    // A settle usually moves twice within one grant: one row.
    var last: AllocationID?
    for pin in end.spent {
      move(pin.allocation, &rows, isLast: pin.allocation == last) { allocation in
        allocation.heldMicros -= pin.amountMicros
        allocation.spentMicros += pin.amountMicros
      }
      last = pin.allocation
    }
    for pin in end.returned {
      move(pin.allocation, &rows, isLast: pin.allocation == last) { allocation in
        allocation.heldMicros -= pin.amountMicros
        allocation.availableMicros += pin.amountMicros
      }
      last = pin.allocation
    }
    for pin in end.expired {
      move(pin.allocation, &rows, isLast: pin.allocation == last) { allocation in
        allocation.heldMicros -= pin.amountMicros
        allocation.expiredMicros += pin.amountMicros
      }
      last = pin.allocation
    }
    countHeld(-hold.grantedMicros, BudgetScope(of: hold))
    if let usage = end.usage { countCharge(usage, BudgetScope(of: hold), &rows) }
    rows.append(.hold(hold.ended(as: end.state, at: end.endedAt)))
    if let usage = end.usage { rows.append(.usage(usage)) }
  }

  /// Moves amounts within one allocation, of which the last row tells already when it `isLast`.
  private mutating func move(
    _ id: AllocationID, _ rows: inout [LedgerRow], isLast: Bool = false,
    _ body: (inout Allocation) -> Void
  ) {
    guard let index = allocations.firstIndex(where: { $0.id == id }) else {
      preconditionFailure("an allocation that is spent or unknown")
    }
    body(&allocations[index])
    let moved = allocations[index]
    moved.requireBalanced()
    if isLast { rows[rows.count - 1] = .allocation(moved) } else { rows.append(.allocation(moved)) }
  }

  /// Drops allocations in which nothing is left: no later entry needs them.
  private mutating func dropUsedUp() {
    guard allocations.contains(where: \.isUsedUp) else { return }
    if alerts != nil {
      for allocation in allocations where allocation.isUsedUp { alerts?.forget(allocation.id) }
    }
    allocations.removeAll(where: \.isUsedUp)
  }
}
