// What is told of an account. Costs one comparison when nothing is.

extension Account {
  mutating func setAlerts(
    _ thresholds: [BalanceAlerts.Threshold], leads: [Duration], at time: LedgerTime
  ) {
    guard !thresholds.isEmpty || !leads.isEmpty else {
      alerts = nil
      return
    }
    // Without leads nothing is told of allocations, and nothing needs remembering.
    let set = BalanceAlerts(
      thresholds: thresholds, leads: leads, setAt: time,
      told: leads.isEmpty ? [:] : alerts?.told ?? [:])
    alerts = set
    for allocation in allocations { nextDue = min(nextDue, set.firstNotice(of: allocation.terms)) }
  }

  mutating func disarm(_ fall: BalanceFall) {
    precondition(
      alerts?.set(fall.thresholdMicros, isArmed: false) == true, "a threshold that tells twice")
  }

  mutating func rearm(_ rise: BalanceRise) {
    for micros in rise.thresholdsMicros {
      precondition(alerts?.set(micros, isArmed: true) == true, "a threshold that is armed")
    }
  }

  mutating func note(_ notice: ExpiryNotice) {
    guard let terms = allocations.first(where: { $0.id == notice.allocation })?.terms else {
      preconditionFailure("an allocation that is spent or unknown")
    }
    precondition(
      alerts?.untoldLeads(of: terms).contains(notice.lead) == true, "an expiry that is told twice")
    alerts?.tell(notice.lead, of: notice.allocation)
  }
}
