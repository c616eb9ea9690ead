extension AuditBooks {
  /// How a live account differs from the books (I13); nil when it does not.
  func difference(of account: Account) -> LedgerBreak? {
    guard let page = accounts[account.id] else {
      return LedgerBreak(
        .liveState, seq: account.seq, what: "account \(account.id)",
        expected: "nothing", found: "an account")
    }
    let own: [(String, expected: String, found: String)] = [
      ("seq", "\(page.seq)", "\(account.seq)"), ("state", "\(page.state)", "\(account.state)"),
      ("overdraft_limit_micros", "\(page.limit)", "\(account.overdraftLimitMicros)"),
      ("debt_micros", "\(page.debt)", "\(account.debtMicros)"),
      ("alerts", page.alerts.text, account.alerts.text),
    ]
    for (name, expected, found) in own where expected != found {
      return LedgerBreak(
        .liveState, seq: account.seq, what: "account \(account.id) \(name)", expected: expected,
        found: found)
    }
    return allocationDifference(page, account) ?? holdDifference(page, account)
  }

  private func allocationDifference(
    _ page: AuditAccount, _ account: Account
  ) -> LedgerBreak? {
    let live = Dictionary(uniqueKeysWithValues: account.allocations.map { ($0.id, $0) })
    let ids = Set(live.keys).union(page.grants.keys)
    for id in ids.sorted() {
      let grant = page.grants[id]
      // What is used up leaves the live state.
      let expected = grant.flatMap { $0.isUsedUp ? nil : $0.text } ?? "used up"
      let found = live[id].map(\.text) ?? "used up"
      guard expected == found else {
        return LedgerBreak(
          .liveState, seq: account.seq, what: "allocation \(id)", expected: expected, found: found)
      }
    }
    return nil
  }

  private func holdDifference(_ page: AuditAccount, _ account: Account) -> LedgerBreak? {
    let ids = Set(account.holds.map(\.id)).union(page.holds.keys)
    for id in ids.sorted() {
      let expected = page.holds[id].map(\.storedBytes)
      let found = account.holds[id].map(\.storedBytes)
      guard expected == found else {
        return LedgerBreak(
          .liveState, seq: account.seq, what: "hold \(id)",
          expected: expected == nil ? "ended" : "open as it was written down",
          found: found == nil ? "ended" : "open otherwise")
      }
    }
    return nil
  }
}

extension AuditBooks.Grant {
  fileprivate var text: String {
    "available \(available), held \(held), spent \(spent), expired \(expired), voided \(voided)"
  }
}

extension BalanceAlerts? {
  fileprivate var text: String {
    guard let alerts = self else { return "none" }
    let told = alerts.told.sorted { $0.key < $1.key }.map { "\($0.key) at \($0.value)" }
    return "\(alerts.thresholds), \(alerts.leads), told \(told)"
  }
}

extension Allocation {
  fileprivate var text: String {
    "available \(availableMicros), held \(heldMicros), spent \(spentMicros), "
      + "expired \(expiredMicros), voided \(voidedMicros)"
  }
}

extension AuditBooks.AuditAccount {
  /// The account as the ledger holds it.
  func account(_ id: AccountID) -> Account {
    let unspent = grants.values.filter { !$0.isUsedUp }.map { grant in
      Allocation(
        terms: grant.terms, availableMicros: grant.available, heldMicros: grant.held,
        spentMicros: grant.spent, expiredMicros: grant.expired, voidedMicros: grant.voided,
        isVoided: grant.isVoided)
    }
    return Account(
      id: id, state: state, overdraftLimitMicros: limit, debtMicros: debt, seq: seq,
      allocations: unspent, holds: Array(holds.values), alerts: alerts)
  }

  /// What is told, as the ledger holds it.
  var alerts: BalanceAlerts? {
    guard !thresholds.isEmpty || !leads.isEmpty else { return nil }
    let levels = thresholds.sorted { $0.key > $1.key }.map { micros, isArmed in
      BalanceAlerts.Threshold(micros: micros, isArmed: isArmed)
    }
    return BalanceAlerts(thresholds: levels, leads: leads, setAt: alertsSetAt, told: told)
  }
}
