// Questions about the past: answered from the journal.

extension CreditLedger {
  /// Lists journal entries, oldest first, with every one acknowledged before the call.
  public func listJournal(_ query: JournalQuery) async throws(ArchiveError) -> JournalPage {
    let end = committedSeq
    let reader = JournalReader(store: store, calendar: calendar, end: end)
    return try await archive.read { try reader.page(query) }
  }

  /// Lists charges, oldest first, with every one acknowledged before the call.
  public func listUsage(_ query: UsageQuery) async throws(ArchiveError) -> UsagePage {
    let seq = committedSeq
    var query = query
    if let from = query.from {
      // No charge is recorded before it is made, so that the entries before `from` can be passed.
      let reader = JournalReader(store: store, calendar: calendar, end: seq)
      let first = try await archive.read { try reader.firstSeq(atOrAfter: from) }
      query.afterSeq = max(query.afterSeq, first - 1)
    }
    do {
      return try await store.listUsage(query, includingSeq: seq)
    } catch {
      throw .store(error)
    }
  }

  /// What an account could spend at a past instant: what the ledger would have answered then.
  ///
  /// Reads the journal up to that instant. `time` must not lie after ``now``.
  public func balance(
    of id: AccountID, at time: LedgerTime
  ) async throws(ArchiveError) -> BalanceAnswer {
    let reader = JournalReader(store: store, calendar: calendar, end: committedSeq)
    return try await archive.read { try reader.balance(of: id, at: time) }
  }
}

/// Reads a journal in short steps: commits wait for each, and get in between.
struct JournalReader: Sendable {
  /// Entries that one step looks at.
  private static let stepRows: Int64 = 1_024

  let store: any LedgerStore
  /// For what comes due at the instants asked about.
  let calendar: any LedgerCalendar
  /// The last entry that is looked at.
  let end: Int64

  /// The first entry at or after `time`; the one after the end when there is none.
  ///
  /// The ledger's clock never falls, so that halving finds it.
  func firstSeq(atOrAfter time: LedgerTime) throws -> Int64 {
    var low: Int64 = 1
    var high = end + 1
    while low < high {
      let middle = low + (high - low) / 2
      guard let row = try store.storedEntries(afterSeq: middle - 1, limit: 1).first else {
        throw StoreError.corrupted("journal entry \(middle) is missing")
      }
      if row.time < time { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func page(_ query: JournalQuery) throws -> JournalPage {
    var after = query.afterSeq
    if let from = query.from { after = max(after, try firstSeq(atOrAfter: from) - 1) }
    var last = end
    if let until = query.until { last = min(last, try firstSeq(atOrAfter: until) - 1) }
    guard after < last else { return JournalPage(lines: [], nextSeq: nil, asOfSeq: end) }
    let examinedEnd = min(last, after + LedgerLimits.journalExaminedMax)
    var lines: [JournalLine] = []
    while after < examinedEnd, lines.count < query.limit {
      let upper = min(after + Self.stepRows, examinedEnd)
      let wanted = query.limit - lines.count
      let rows = try store.storedEntries(
        in: after + 1...upper, about: query.account, of: query.kinds, limit: wanted)
      for row in rows { lines.append(try line(row)) }
      after = rows.count == wanted ? rows.last?.seq ?? upper : upper
    }
    return JournalPage(lines: lines, nextSeq: after < last ? after : nil, asOfSeq: end)
  }

  private func line(_ row: StoredEntry) throws -> JournalLine {
    var previous = Digest.zero
    if row.seq > 1 {
      guard let before = try store.storedEntries(afterSeq: row.seq - 2, limit: 1).first else {
        throw StoreError.corrupted("journal entry \(row.seq - 1) is missing")
      }
      previous = before.hash
    }
    return JournalLine(entry: try row.decoded(), previousHash: previous, hash: row.hash)
  }

  func balance(of id: AccountID, at time: LedgerTime) throws -> BalanceAnswer {
    let last = try firstSeq(atOrAfter: time.adding(.microseconds(1))) - 1
    var books = AuditBooks(knowsPrices: false)
    var after: Int64 = 0
    while after < last {
      let upper = min(after + Self.stepRows, last)
      let rows = try store.storedEntries(
        in: after + 1...upper, about: id, of: [], limit: Int(Self.stepRows))
      for row in rows { try books.post(try row.decoded()) }
      after = upper
    }
    guard let then = books.accounts[id]?.account(id) else {
      return BalanceAnswer(balance: .zero, activeAllocations: [], nextExpiry: nil, asOfSeq: last)
    }
    let snapshot = AccountSnapshot(account: then, calendar: calendar)
    return BalanceAnswer(snapshot, at: time, asOfSeq: last)
  }
}
