/// Something that time alone brings about.
struct DueEvent: Comparable {
  enum Kind: Int {
    case holdEnds = 0
    case allocationExpires = 1
    case allocationBegins = 2
    case periodEnds = 3
    case expiryNears = 4
  }

  let time: LedgerTime
  let kind: Kind
  /// The seq of the hold's or allocation's id.
  let subject: Int64

  static func < (left: DueEvent, right: DueEvent) -> Bool {
    (left.time, left.kind.rawValue, left.subject) < (right.time, right.kind.rawValue, right.subject)
  }
}

extension Account {
  /// All that time will bring about, in no order.
  func dueEvents() -> [DueEvent] {
    var events: [DueEvent] = []
    for hold in holds {
      events.append(DueEvent(time: hold.endsAt, kind: .holdEnds, subject: hold.id.seq))
    }
    for allocation in allocations {
      let terms = allocation.terms
      events.append(
        DueEvent(time: terms.effectiveAt, kind: .allocationBegins, subject: terms.id.seq))
      // Also when all of it is held: a hold that ends before may give some back.
      guard let expiresAt = terms.expiresAt else { continue }
      events.append(DueEvent(time: expiresAt, kind: .allocationExpires, subject: terms.id.seq))
    }
    for budget in budgets {
      guard let end = budget.period?.upperBound else { continue }
      events.append(DueEvent(time: end, kind: .periodEnds, subject: budget.id.seq))
    }
    return events + noticeEvents()
  }
}

extension Draft {
  /// Writes down what came due up to the command's time: holds that ran out, grants that expired,
  /// debt that a grant which has begun repays, and what is to be told of it.
  ///
  /// Each is judged at the instant at which it came due and in that order, so that the result does
  /// not depend on when the account happens to be touched.
  mutating func settleDue() {
    guard account.nextDue <= time else { return }
    var next = LedgerTime.distantFuture
    var due: [DueEvent] = []
    for event in account.dueEvents() {
      if event.time <= time { due.append(event) } else { next = min(next, event.time) }
    }
    if account.alerts == nil {
      for event in due.sorted() { settle(event) }
    } else {
      settleAndTell(due.sorted())
    }
    beginPeriods(at: time)
    for budget in account.budgets { next = min(next, budget.period?.upperBound ?? next) }
    setNextDue(next)
    dueChangeCount = changes.count
    precondition(account.nextDue > time)
  }

  private mutating func settle(_ event: DueEvent) {
    beginPeriods(at: event.time)
    switch event.kind {
    case .holdEnds: expireHold(HoldID(seq: event.subject))
    case .allocationExpires: expireAllocation(AllocationID(seq: event.subject))
    case .allocationBegins: break  // It repays debt, as below.
    case .periodEnds: break  // The next one has begun, as above.
    case .expiryNears: break  // It is told when all of its instant is settled.
    }
    repayDebt(at: event.time)
  }

  /// Settles what came due instant by instant, and judges at each what is to be told: as if
  /// somebody had looked at the account at that very instant.
  private mutating func settleAndTell(_ events: [DueEvent]) {
    var rest = events[...]
    while let first = rest.first {
      let instant = first.time
      let together = Array(rest.prefix { $0.time == instant })
      rest = rest.dropFirst(together.count)
      let hasNews = hasNews(at: instant, in: together)
      if hasNews { judgeRises(before: instant) }
      for event in together { settle(event) }
      if hasNews { judgeAlerts(at: instant) }
    }
    judgeAlerts(at: time)
  }

  private mutating func expireHold(_ id: HoldID) {
    guard let hold = account.holds[id] else { preconditionFailure("a due hold is not open") }
    expire(hold, at: hold.endsAt, reason: "")
  }

  /// Ends a hold without an answer: what was reported is charged, as far as it was granted, and the
  /// rest goes back. Returns the charge, if any, and what became available again.
  @discardableResult
  mutating func expire(_ hold: Hold, at instant: LedgerTime, reason: String)
    -> (usage: UsageRecord?, returnedMicros: Int64)
  {
    let covered = min(hold.reportedMicros, hold.grantedMicros)
    let uncollected = hold.reportedMicros - covered
    let pins = hold.pins.split(after: covered)
    var usage: UsageRecord?
    if hold.reportedMicros > 0 {
      usage = UsageRecord(
        id: UsageID(seq: nextSeq), account: hold.terms.account, usage: hold.reportedUsage,
        priceVersion: hold.reportedUsage == nil ? nil : hold.terms.price?.version, debtMicros: 0,
        uncollectedMicros: uncollected, pins: pins.first,
        chargedAt: instant, eventTime: instant, isLate: false, outcome: .unspecified,
        hold: hold.id, sessionID: hold.terms.sessionID)
    }
    let returned = end(
      hold, as: .expired, at: instant, spending: pins, usage: usage, reason: reason)
    if let usage, uncollected > 0 {
      record(
        .overCharged(
          OverCharge(usage: usage.id, pins: [], debtMicros: 0, uncollectedMicros: uncollected)))
    }
    return (usage, returned)
  }

  private mutating func expireAllocation(_ id: AllocationID) {
    guard let allocation = account.allocations.first(where: { $0.id == id }),
      allocation.availableMicros > 0
    else { return }
    record(.allocationExpired(id, amountMicros: allocation.availableMicros))
  }

  /// Ends a hold: the first of its `pins` are charged, the rest goes back to its grants, or to
  /// EXPIRED where a grant's life is over at `instant`. Returns what became available again.
  @discardableResult
  mutating func end(
    _ hold: Hold, as state: HoldState, at instant: LedgerTime,
    spending pins: (first: [Pin], rest: [Pin]), usage: UsageRecord?, reason: String
  ) -> Int64 {
    let expired = pins.rest.filter { isExpired($0, at: instant) }
    let returned =
      expired.isEmpty ? pins.rest : pins.rest.filter { !isExpired($0, at: instant) }
    record(
      .holdEnded(
        HoldEnd(
          hold: hold.id, state: state, endedAt: instant, spent: pins.first, returned: returned,
          expired: expired, usage: usage, reason: reason)))
    return returned.totalMicros - voidAgain(returned)
  }

  private func isExpired(_ pin: Pin, at instant: LedgerTime) -> Bool {
    guard let allocation = account.allocations.first(where: { $0.id == pin.allocation }) else {
      preconditionFailure("a pinned allocation is gone")
    }
    return allocation.terms.isExpired(at: instant)
  }
}

extension Draft {
  /// Takes back what a hold gave back to allocations that were voided meanwhile; returns how much.
  private mutating func voidAgain(_ returned: [Pin]) -> Int64 {
    var taken: Int64 = 0
    for pin in returned {
      let owner = account.allocations.first { $0.id == pin.allocation }
      guard let owner, owner.isVoided else { continue }
      record(
        .allocationVoided(pin.allocation, amountMicros: pin.amountMicros, reason: "voided before"))
      taken += pin.amountMicros
    }
    return taken
  }
}

extension [Pin] {
  /// The pins that make up the first `amount`, and those that make up the rest.
  func split(after amount: Int64) -> (first: [Pin], rest: [Pin]) {
    var missing = amount
    var first: [Pin] = []
    var rest: [Pin] = []
    for pin in self {
      let part = Swift.min(missing, pin.amountMicros)
      missing -= part
      if part > 0 { first.append(Pin(allocation: pin.allocation, amountMicros: part)) }
      let left = pin.amountMicros - part
      if left > 0 { rest.append(Pin(allocation: pin.allocation, amountMicros: left)) }
    }
    precondition(missing == 0, "the pins are smaller than the amount")
    return (first, rest)
  }
}
