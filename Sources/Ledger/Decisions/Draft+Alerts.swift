extension SetBalanceAlerts {
  /// Decides what is told. Nothing refuses it: a threshold that available credit is not above waits
  /// until it is.
  func decide(on draft: inout Draft) -> Result<Answer, Refusal> {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    let available = draft.balance.availableMicros
    let thresholds = thresholdsMicros.sorted(by: >).map { micros in
      BalanceAlerts.Threshold(micros: micros, isArmed: available > micros)
    }
    let leads = leads.sorted(by: >)
    draft.record(.alertsSet(thresholds, leads: leads, at: draft.time))
    return .success(
      .alertsSet(
        SetBalanceAlertsAnswer(thresholds: thresholds, leads: leads, balance: draft.balance)))
  }
}

extension Draft {
  /// Writes down which thresholds the account has crossed and which expiries have come near, as it
  /// stands at `instant`.
  ///
  /// For the end of a command and of an instant at which something came due, never in between: what
  /// a command takes and gives back within itself crosses nothing.
  mutating func judgeAlerts(at instant: LedgerTime) {
    guard let alerts = account.alerts else { return }
    judgeThresholds(alerts, at: instant)
    judgeExpiries(alerts, at: instant)
  }

  /// Writes down that thresholds were risen above by `instant`, by grants that began: nothing else
  /// happens without being written down.
  mutating func judgeRises(before instant: LedgerTime) {
    guard let alerts = account.alerts else { return }
    judgeThresholds(alerts, at: instant.adding(.microseconds(-1)))
  }

  private mutating func judgeThresholds(_ alerts: BalanceAlerts, at instant: LedgerTime) {
    guard !alerts.thresholds.isEmpty else { return }
    let available = account.balance(at: instant).availableMicros
    let risen = alerts.thresholds.filter { !$0.isArmed && available > $0.micros }.map(\.micros)
    if !risen.isEmpty {
      record(
        .balanceRose(
          BalanceRise(thresholdsMicros: risen, availableMicros: available, roseAt: instant)))
    }
    for threshold in alerts.thresholds where threshold.isArmed && available <= threshold.micros {
      record(
        .balanceFell(
          BalanceFall(
            thresholdMicros: threshold.micros, availableMicros: available, fellAt: instant)))
    }
  }

  private mutating func judgeExpiries(_ alerts: BalanceAlerts, at instant: LedgerTime) {
    guard !alerts.leads.isEmpty else { return }
    for allocation in account.allocations where allocation.canStillExpire {
      guard let expiresAt = allocation.terms.expiresAt, instant < expiresAt else { continue }
      let left = expiresAt.duration(since: instant)
      guard let lead = alerts.untoldLeads(of: allocation.terms).last(where: { left <= $0 }) else {
        continue
      }
      record(
        .expiryNoticed(
          ExpiryNotice(
            allocation: allocation.id, lead: lead, expiresAt: expiresAt,
            leftMicros: allocation.availableMicros + allocation.heldMicros, noticedAt: instant)))
    }
  }

  /// Whether something at `instant` changes what can be spent, or is to be told.
  ///
  /// The beginning of a grant stays among the due events after it was dealt with: at such an
  /// instant of the past the account must not be judged as it stands now.
  func hasNews(at instant: LedgerTime, in events: [DueEvent]) -> Bool {
    events.contains { event in
      guard event.time == instant else { return false }
      switch event.kind {
      case .holdEnds, .expiryNears: return true
      case .allocationExpires:
        return account.allocations.contains {
          $0.id.seq == event.subject && $0.availableMicros > 0
        }
      case .allocationBegins:
        return account.debtMicros > 0 && !account.pins(for: 1, model: nil, at: instant).isEmpty
      case .periodEnds: return false
      }
    }
  }
}

extension Allocation {
  /// Whether its expiry is worth telling: what is left of a voided one is lost already.
  var canStillExpire: Bool { !isVoided && !isUsedUp }
}

extension Account {
  /// When expiries are to be told of.
  func noticeEvents() -> [DueEvent] {
    guard let alerts, !alerts.leads.isEmpty else { return [] }
    return allocations.filter(\.canStillExpire).flatMap { allocation in
      guard let expiresAt = allocation.terms.expiresAt else { return [DueEvent]() }
      return alerts.untoldLeads(of: allocation.terms).map { lead in
        DueEvent(
          time: expiresAt.adding(.zero - lead), kind: .expiryNears, subject: allocation.id.seq)
      }
    }
  }
}
