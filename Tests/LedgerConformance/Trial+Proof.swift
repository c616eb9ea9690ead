import Ledger

// The ledger's own proof, and questions about the past.

extension Trial {
  /// VerifyLedger finds nothing; the past is as it was; nobody sees another's things.
  func verify() async throws {
    let report = try await ledger.verify()
    if let found = report.firstBreak { throw Breach("a false alarm: \(found)") }
    guard report.head.seq == ledger.committedSeq else {
      throw Breach("examined up to \(report.head.seq) only")
    }
    for probe in [past.count / 3, past.count - 2] where past.indices.contains(probe) {
      try await compare(past[probe].balances, at: past[probe].time)
    }
    try await explainOne()
    try await listOwn()
  }

  private func compare(_ balances: [[Int64]], at time: LedgerTime) async throws {
    for (owner, expected) in zip(Self.owners, balances) {
      let balance = try await ledger.balance(of: AccountID(owner), at: time).balance
      let found = [balance.availableMicros, balance.heldMicros, balance.debtMicros]
      guard found == expected else {
        throw Breach("\(owner) had \(expected) at \(time.microseconds), not \(found)")
      }
    }
  }

  /// I8: a decision of the past, made again on the journal before it, is the same.
  private func explainOne() async throws {
    let accepted = sent.values.filter { $0.seq > 0 }.sorted { $0.seq < $1.seq }
    guard let chosen = accepted.dropLast(accepted.count / 3).last else { return }
    let explanation = try await ledger.explain(chosen.seq)
    if let difference = explanation.difference {
      throw Breach("I8: \(difference); \(explanation.command)")
    }
    guard explanation.command == chosen.command else {
      throw Breach("I8: entry \(chosen.seq) is explained by \(explanation.command)")
    }
  }

  /// I14, and that what was charged is listed.
  private func listOwn() async throws {
    for owner in Self.owners {
      let account = AccountID(owner)
      let holds = try await ledger.listHolds(HoldQuery(account: account, limit: 1_000)).holds
      guard holds.allSatisfy({ $0.terms.account == account }) else {
        throw Breach("I14: \(owner) sees another account's hold")
      }
      let opened = model.holds.count { $0.owner == owner }
      guard holds.count == min(opened, 1_000) else {
        throw Breach("\(opened) holds of \(owner) were opened, \(holds.count) are listed")
      }
      let usage = try await ledger.listUsage(UsageQuery(account: account, limit: 1_000)).records
      guard usage.allSatisfy({ $0.account == account }) else {
        throw Breach("I14: \(owner) sees another account's usage")
      }
      for record in usage where record.refundedMicros > record.chargedMicros {
        throw Breach("I11: \(record.id) is refunded above its charge")
      }
      let journal = try await ledger.listJournal(JournalQuery(account: account, limit: 100))
      guard journal.lines.allSatisfy({ $0.entry.account == account }) else {
        throw Breach("I14: \(owner) sees another account's entries")
      }
    }
  }
}
