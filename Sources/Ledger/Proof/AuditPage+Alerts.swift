// What is told of an account, in the audit's books: each fall and each lead once, none left out.

extension AuditPage {
  mutating func setAlerts(
    _ thresholds: [BalanceAlerts.Threshold], _ leads: [Duration], at time: LedgerTime
  ) throws(LedgerBreak) {
    guard time == entry.time else {
      throw broken(.alerts, "alerts of \(id)", "set at the entry's time", "at another")
    }
    let available = available(at: time)
    account.thresholds = [:]
    account.alertsSetAt = time
    for threshold in thresholds {
      guard threshold.isArmed == (available > threshold.micros) else {
        throw broken(
          .alerts, "threshold \(threshold.micros) of \(id)", "armed while \(available) is above it",
          "otherwise")
      }
      account.thresholds[threshold.micros] = threshold.isArmed
    }
    account.leads = leads
    if leads.isEmpty { account.told = [:] }
  }

  mutating func fall(_ fall: BalanceFall) throws(LedgerBreak) {
    try requireAvailable(fall.availableMicros, at: fall.fellAt)
    guard account.thresholds[fall.thresholdMicros] == true,
      fall.availableMicros <= fall.thresholdMicros
    else {
      throw broken(
        .alerts, "threshold \(fall.thresholdMicros) of \(id)", "told of once, at a fall to it",
        "told of with \(fall.availableMicros) available")
    }
    account.thresholds[fall.thresholdMicros] = false
  }

  mutating func rise(_ rise: BalanceRise) throws(LedgerBreak) {
    try requireAvailable(rise.availableMicros, at: rise.roseAt)
    for micros in rise.thresholdsMicros {
      guard account.thresholds[micros] == false, rise.availableMicros > micros else {
        throw broken(
          .alerts, "threshold \(micros) of \(id)", "armed once, at a rise above it",
          "armed with \(rise.availableMicros) available")
      }
      account.thresholds[micros] = true
    }
  }

  mutating func note(_ notice: ExpiryNotice) throws(LedgerBreak) {
    let grant = account.grants[notice.allocation]
    let left = (grant?.available ?? 0) + (grant?.held ?? 0)
    let isNear =
      notice.noticedAt < notice.expiresAt
      && notice.expiresAt.duration(since: notice.noticedAt) <= notice.lead
    guard let grant, grant.terms.expiresAt == notice.expiresAt, left == notice.leftMicros, left > 0,
      account.leads.contains(notice.lead), isNear, notice.noticedAt <= entry.time,
      account.told[notice.allocation].map({ notice.lead < $0 }) ?? true
    else {
      throw broken(
        .alerts, "notice of allocation \(notice.allocation)",
        "one for each lead, of \(left) left", "\(notice.leftMicros) left, \(notice.lead) before")
    }
    account.told[notice.allocation] = notice.lead
  }

  /// Forgets what was told of grants that are gone.
  mutating func forgetUsedUp() {
    guard !account.told.isEmpty else { return }
    for id in account.told.keys where account.grants[id]?.isUsedUp ?? true {
      account.told[id] = nil
    }
  }

  /// After a command no fall and no expiry that came near is left untold.
  func requireNothingUntold() throws(LedgerBreak) {
    guard !account.thresholds.isEmpty || !account.leads.isEmpty else { return }
    let available = available(at: entry.time)
    for (micros, isArmed) in account.thresholds where isArmed != (available > micros) {
      throw broken(
        .alerts, "threshold \(micros) of \(id)",
        isArmed ? "told of, with \(available) available" : "armed, with \(available) available",
        isArmed ? "armed" : "told of before")
    }
    for grant in account.grants.values where !grant.isUsedUp && !grant.isVoided {
      guard let expiresAt = grant.terms.expiresAt, entry.time < expiresAt else { continue }
      let left = expiresAt.duration(since: entry.time)
      let last = account.told[grant.terms.id]
      for lead in account.leads where left <= lead && last.map({ lead < $0 }) ?? true {
        throw broken(
          .alerts, "notice of allocation \(grant.terms.id)", "told \(lead) before its expiry",
          "not told")
      }
    }
  }

  private func requireAvailable(_ micros: Int64, at instant: LedgerTime) throws(LedgerBreak) {
    let expected = available(at: instant)
    guard micros == expected, instant <= entry.time else {
      throw broken(.alerts, "available credit of \(id)", "\(expected)", "\(micros)")
    }
  }

  private func available(at instant: LedgerTime) -> Int64 {
    var total: Int64 = 0
    for grant in account.grants.values where grant.terms.effectiveAt <= instant {
      if instant < grant.terms.expiresAt ?? .distantFuture { total += grant.available }
    }
    return total
  }
}
