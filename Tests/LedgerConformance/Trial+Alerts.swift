import Ledger

// What is told of balances.

extension Trial {
  /// Exactly what the model tells was told, each thing once and in order. Of an account that was
  /// not touched since, the ledger may not have told the last of it yet.
  func compareAlerts(isWhole: Bool) throws {
    for owner in Self.owners {
      try names.compareAlerts(of: owner, model, auditor, isWhole: isWhole)
    }
  }
}

extension Names {
  /// Compares what was told of one account with what the model tells.
  func compareAlerts(
    of owner: String, _ model: ReferenceModel, _ auditor: JournalAuditor, isWhole: Bool
  ) throws {
    let expected = model.news[owner] ?? []
    let found = auditor.alerts[AccountID(owner)] ?? []
    let told = isWhole ? expected[...] : expected.prefix(found.count)
    // What was compared before need not be put into words again.
    let last = isWhole ? 0 : max(0, found.count - 4)
    guard told.count == found.count, Array(told[last...]) == found[last...].map(render) else {
      throw Breach(
        "alerts of \(owner): expected \(expected.suffix(4)), told \(found.suffix(4).map(render))")
    }
  }

  /// Puts what was told of an account into words.
  func render(_ event: LedgerEvent) -> String {
    switch event.detail {
    case .balanceLow(let fall):
      return "\(fall.availableMicros) is not above \(fall.thresholdMicros) "
        + "at \(fall.fellAt.microseconds)"
    case .creditExpiring(let notice):
      return "grant \(grantNumber[notice.allocation] ?? -1) with \(notice.leftMicros) left, "
        + "\(notice.lead.components.seconds * 1_000_000) before, "
        + "at \(notice.noticedAt.microseconds)"
    case .creditExpired, .chargeUncovered: return "\(event.detail)"
    }
  }
}
