import Ledger

// What is told of balances, in random histories.

extension RandomHistory {
  /// Exactly what the model tells was told, each thing once and in order. Of an account that was
  /// not touched since, the ledger may not have told the last of it yet.
  func compareAlerts(isWhole: Bool) throws {
    for owner in Self.owners {
      let expected = model.news[owner] ?? []
      let found = (auditor.alerts[AccountID(owner)] ?? []).map(text)
      let told = isWhole ? expected[...] : expected.prefix(found.count)
      guard Array(told) == found else {
        throw Breach("alerts of \(owner): expected \(expected.suffix(4)), told \(found.suffix(4))")
      }
    }
  }

  private func text(_ event: LedgerEvent) -> String {
    switch event.detail {
    case .balanceLow(let fall):
      return "\(fall.availableMicros) is not above \(fall.thresholdMicros) "
        + "at \(fall.fellAt.microseconds)"
    case .creditExpiring(let notice):
      let number = grantIDs.firstIndex(of: notice.allocation) ?? -1
      return "grant \(number) with \(notice.leftMicros) left, "
        + "\(notice.lead.components.seconds * 1_000_000) before, "
        + "at \(notice.noticedAt.microseconds)"
    case .creditExpired, .chargeUncovered: return "\(event.detail)"
    }
  }

  mutating func randomAlerts(_ account: AccountID) -> SetBalanceAlerts {
    let levels = (0..<Int.random(in: 0...3, using: &random)).map { _ in
      Int64.random(in: 0...150, using: &random)
    }
    let leads = (0..<Int.random(in: 0...2, using: &random)).map { _ in
      Int64.random(in: 60...400, using: &random)
    }
    return SetBalanceAlerts(
      account: account, thresholdsMicros: Array(Set(levels)).sorted(),
      leads: Set(leads).sorted().map { .seconds($0) })
  }
}
