/// One account in the audit's books while an entry is carried out.
struct AuditPage {
  let id: AccountID
  var account: AuditBooks.AuditAccount
  let entry: JournalEntry

  typealias Part = WritableKeyPath<AuditBooks.Grant, Int64>

  func broken(
    _ rule: LedgerBreak.Rule, _ what: String, _ expected: String, _ found: String
  ) -> LedgerBreak {
    LedgerBreak(rule, seq: entry.seq, what: what, expected: expected, found: found)
  }

  mutating func grant(_ terms: AllocationTerms) throws(LedgerBreak) {
    guard terms.id.seq == entry.seq, terms.account == id else {
      throw broken(.form, "allocation", "a\(entry.seq) of \(id)", "\(terms.id) of \(terms.account)")
    }
    guard (1...LedgerLimits.amountMax).contains(terms.amountMicros) else {
      throw broken(
        .grantParts, "allocation \(terms.id) amount", "1 to 10^15", "\(terms.amountMicros)")
    }
    account.grants[terms.id] = AuditBooks.Grant(terms: terms, available: terms.amountMicros)
  }

  /// Moves an amount between two parts of a grant, if the first has it (I1).
  mutating func move(_ pin: Pin, from: Part, to: Part) throws(LedgerBreak) {
    guard var grant = account.grants[pin.allocation] else {
      throw broken(.grantParts, "allocation \(pin.allocation)", "a grant of \(id)", "none")
    }
    guard grant[keyPath: from] >= pin.amountMicros else {
      throw broken(
        .grantParts, "allocation \(pin.allocation) parts", "at least \(pin.amountMicros) to take",
        "\(grant[keyPath: from])")
    }
    grant[keyPath: from] -= pin.amountMicros
    grant[keyPath: to] += pin.amountMicros
    account.grants[pin.allocation] = grant
  }

  /// I7: what is newly taken comes from grants that are live at the entry's time.
  func requireLive(_ pins: [Pin]) throws(LedgerBreak) {
    for pin in pins {
      guard let terms = account.grants[pin.allocation]?.terms else { continue }
      guard terms.effectiveAt <= entry.time, entry.time < terms.expiresAt ?? .distantFuture else {
        throw broken(
          .grantLife, "allocation \(pin.allocation)", "live when it is taken from",
          "taken from at \(entry.time.microseconds) us")
      }
    }
  }

  mutating func take(_ pins: [Pin], debt: Int64) throws(LedgerBreak) {
    try requireLive(pins)
    for pin in pins { try move(pin, from: \.available, to: \.spent) }
    guard debt != 0 else { return }
    let (sum, overflow) = account.debt.addingReportingOverflow(debt)
    guard debt > 0, !overflow, sum <= account.limit else {
      throw broken(
        .debtBounds, "debt of \(id)", "at most \(account.limit)", "\(account.debt) and \(debt)")
    }
    account.debt = sum
  }

  func requireDebtNotNegative() throws(LedgerBreak) {
    guard account.debt >= 0 else {
      throw broken(.debtBounds, "debt of \(id)", "at least 0", "\(account.debt)")
    }
  }

  mutating func charge(_ usage: UsageRecord) throws(LedgerBreak) {
    try requireRecord(usage)
    if let hold = usage.hold {
      guard let expired = account.expired[hold] else {
        throw broken(.holdEndsOnce, "hold \(hold)", "expired before a late settle", "not expired")
      }
      guard !expired.isSettledLate else {
        throw broken(.holdEndsOnce, "hold \(hold)", "settled late once", "settled late again")
      }
      account.expired[hold]?.isSettledLate = true
    }
    try take(usage.pins, debt: usage.debtMicros)
    noteCharge(usage)
    let scope = BudgetScope(model: usage.usage?.model, sessionID: usage.sessionID)
    count(usage, scope)
    if usage.chargedMicros > 0 { try requireWithinBudgets(scope) }
  }

  private mutating func noteCharge(_ usage: UsageRecord) {
    guard usage.chargedMicros > 0 else { return }
    account.charges[usage.id] = (usage.chargedMicros, 0)
  }

  private func requireRecord(_ usage: UsageRecord) throws(LedgerBreak) {
    guard usage.seq == entry.seq, usage.account == id else {
      throw broken(.form, "usage", "u\(entry.seq) of \(id)", "\(usage.id) of \(usage.account)")
    }
  }

  mutating func open(_ hold: Hold) throws(LedgerBreak) {
    let terms = hold.terms
    guard hold.id.seq == entry.seq, terms.account == id, hold.state == .open else {
      throw broken(
        .form, "hold", "h\(entry.seq) of \(id), open", "\(hold.id) of \(terms.account)")
    }
    try requireLive(hold.pins)
    for pin in hold.pins { try move(pin, from: \.available, to: \.held) }
    account.holds[hold.id] = hold
    try requireWithinBudgets(BudgetScope(of: hold))
  }

  /// Gives an open hold a slice: more credit of live grants, more time, a report that did not fall.
  mutating func extend(_ slice: HoldExtension) throws(LedgerBreak) {
    guard let hold = account.holds[slice.hold] else {
      throw broken(.holdEndsOnce, "hold \(slice.hold)", "open until it ends", "not open")
    }
    guard slice.expiresAt >= hold.expiresAt, slice.reportedMicros >= hold.reportedMicros else {
      throw broken(
        .form, "hold \(slice.hold) extension", "no less time and no smaller report", "less")
    }
    try requireLive(slice.pins)
    for pin in slice.pins { try move(pin, from: \.available, to: \.held) }
    var pins = hold.pins
    for pin in slice.pins {
      if let index = pins.firstIndex(where: { $0.allocation == pin.allocation }) {
        pins[index] = Pin(
          allocation: pin.allocation, amountMicros: pins[index].amountMicros + pin.amountMicros)
      } else {
        pins.append(pin)
      }
    }
    account.holds[slice.hold] = Hold(
      terms: hold.terms, state: .open, grantedMicros: pins.totalMicros, pins: pins,
      expiresAt: slice.expiresAt, reportedMicros: slice.reportedMicros,
      reportedUsage: slice.reportedUsage, endedAt: nil, isLateSettled: false)
    if !slice.pins.isEmpty { try requireWithinBudgets(BudgetScope(of: hold)) }
  }

  /// Ends a hold; returns the usage whose rest the next entry must charge, with what was covered.
  mutating func end(
    _ end: HoldEnd
  ) throws(LedgerBreak) -> (usage: UsageRecord, covered: Int64)? {
    guard let hold = account.holds.removeValue(forKey: end.hold) else {
      throw broken(.holdEndsOnce, "hold \(end.hold)", "open until it ends", "not open")
    }
    try requireSamePins(hold, end)
    for pin in end.spent { try move(pin, from: \.held, to: \.spent) }
    for pin in end.returned { try move(pin, from: \.held, to: \.available) }
    for pin in end.expired { try move(pin, from: \.held, to: \.expired) }
    for (pins, isOver) in [(end.returned, false), (end.expired, true)] {
      for pin in pins where isExpired(pin.allocation, at: end.endedAt) != isOver {
        throw broken(
          .grantLife, "hold \(end.hold) end, allocation \(pin.allocation)",
          isOver ? "expired" : "live", isOver ? "live" : "expired")
      }
    }
    if end.state == .expired {
      account.expired[end.hold] = AuditBooks.ExpiredHold(reportedMicros: hold.reportedMicros)
      guard end.usage?.costMicros ?? 0 == hold.reportedMicros else {
        throw broken(
          .chargeWithinGrant, "hold \(end.hold) end, charge", "\(hold.reportedMicros) as reported",
          "\(end.usage?.costMicros ?? 0)")
      }
    }
    let covered = end.spent.totalMicros
    guard let usage = end.usage else {
      guard covered == 0 else {
        throw broken(.chargeWithinGrant, "hold \(end.hold) end", "no charge", "\(covered)")
      }
      return nil
    }
    try requireRecord(usage)
    noteCharge(usage)
    count(usage, BudgetScope(of: hold))
    let cost = usage.costMicros
    guard covered == min(cost, hold.grantedMicros) else {
      throw broken(
        .chargeWithinGrant, "usage \(usage.id) charged to its hold",
        "\(min(cost, hold.grantedMicros))", "\(covered)")
    }
    return cost > covered ? (usage, covered) : nil
  }

  private func isExpired(_ id: AllocationID, at instant: LedgerTime) -> Bool {
    guard let expiresAt = account.grants[id]?.terms.expiresAt else { return false }
    return expiresAt <= instant
  }

  /// I2: what a hold's end takes out of each grant is what the hold put there.
  private func requireSamePins(_ hold: Hold, _ end: HoldEnd) throws(LedgerBreak) {
    var rest: [AllocationID: Int64] = [:]
    for pin in hold.pins { rest[pin.allocation, default: 0] += pin.amountMicros }
    for pin in end.spent + end.returned + end.expired {
      rest[pin.allocation, default: 0] -= pin.amountMicros
    }
    for (allocation, difference) in rest.sorted(by: { $0.key < $1.key }) where difference != 0 {
      throw broken(
        .heldEqualsPins, "hold \(end.hold) end, allocation \(allocation)", "all that it pinned",
        "\(difference) less")
    }
  }

  mutating func expire(_ id: AllocationID, _ amount: Int64) throws(LedgerBreak) {
    guard amount > 0, let grant = account.grants[id], grant.available == amount else {
      throw broken(
        .grantParts, "allocation \(id) expired_micros",
        "\(account.grants[id]?.available ?? 0)", "\(amount)")
    }
    guard isExpired(id, at: entry.time) else {
      throw broken(.grantLife, "allocation \(id)", "at its expiry or after", "before it")
    }
    try move(Pin(allocation: id, amountMicros: amount), from: \.available, to: \.expired)
  }
}
