import Synchronization

/// Why an examination could not be carried out.
public enum VerifyError: Error, Sendable {
  /// Another one is under way; they cost a core each.
  case alreadyRunning
  /// The range does not lie within the journal.
  case rangeOutsideJournal(lastSeq: Int64)
  /// The task was cancelled.
  case cancelled
  /// The journal could not be read.
  case store(StoreError)
}

extension CreditLedger {
  /// Recomputes everything from the journal and compares it with the live state and the tables.
  ///
  /// From the first entry on all is checked, and each account in memory is compared with what the
  /// journal says at the very entry that it stands for, while the ledger goes on working; then the
  /// tables, which show every account, are compared with tables made from the journal. A range
  /// that starts later is checked as far as entries speak for themselves: order, hash chain, time,
  /// form and legs.
  ///
  /// Runs on a queue of its own, one examination at a time; reads the journal in short steps, so
  /// that commits get in between.
  public func verify(
    from firstSeq: Int64 = 1, through lastSeq: Int64? = nil
  ) async throws(VerifyError) -> LedgerReport {
    guard !isVerifying.exchange(true, ordering: .acquiring) else { throw .alreadyRunning }
    defer { isVerifying.store(false, ordering: .releasing) }
    // The snapshots first: the journal reaches at least as far.
    let live = firstSeq == 1 && lastSeq == nil ? board.accountsBySeq() : [:]
    let end = max(committedSeq, live.keys.max() ?? 0)
    let last = lastSeq ?? end
    guard firstSeq >= 1, last <= end, firstSeq <= max(last, 1) else {
      throw .rangeOutsideJournal(lastSeq: end)
    }
    let examination = Examination(
      store: store, range: firstSeq..<last + 1, live: live,
      isWhole: firstSeq == 1 && lastSeq == nil)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        machine.makeQueue("farebox.ledger.verify", isBackground: true).run {
          continuation.resume(returning: examination.run())
        }
      }
    } onCancel: {
      examination.cancel()
    }
    return try result.get()
  }
}

/// One run through the journal.
private final class Examination: Sendable {
  /// Rows that are read at once: the journal is locked meanwhile.
  private static let stepRows = 256

  private let store: any LedgerStore
  private let range: Range<Int64>
  /// The live accounts by the entry that they stand for.
  private let live: [Int64: StandingAccount]
  /// Whether all is examined, and the live state with it.
  private let isWhole: Bool
  private let isCancelled = Atomic(false)

  init(
    store: any LedgerStore, range: Range<Int64>, live: [Int64: StandingAccount], isWhole: Bool
  ) {
    self.store = store
    self.range = range
    self.live = live
    self.isWhole = isWhole
  }

  func cancel() { isCancelled.store(true, ordering: .relaxed) }

  func run() -> Result<LedgerReport, VerifyError> {
    var report = LedgerReport()
    var audit = LedgerAudit(after: .empty)
    do {
      audit = LedgerAudit(after: try headBefore())
      try examineAll(&audit, &report)
    } catch let found as LedgerBreak {
      report.firstBreak = found
    } catch let error as VerifyError {
      return .failure(error)
    } catch is CancellationError {
      return .failure(.cancelled)
    } catch let error as StoreError {
      return .failure(.store(error))
    } catch {
      return .failure(.store(.failed("\(error)")))
    }
    report.counts = audit.counts
    report.head = audit.head
    if audit.head.seq >= range.lowerBound {
      report.range = range.lowerBound...audit.head.seq
    }
    return .success(report)
  }

  /// The head that the first entry of the range follows.
  private func headBefore() throws -> JournalHead {
    guard range.lowerBound > 1 else { return .empty }
    let before = range.lowerBound - 1
    guard let row = try rows(after: before - 1, limit: 1).first, row.seq == before else {
      throw LedgerBreak(
        .sequence, seq: before, what: "journal seq", expected: "\(before)", found: "none")
    }
    return JournalHead(seq: row.seq, time: row.time, hash: row.hash)
  }

  private func examineAll(_ audit: inout LedgerAudit, _ report: inout LedgerReport) throws {
    var compared = 0
    while audit.head.seq < range.upperBound - 1 {
      if isCancelled.load(ordering: .relaxed) { throw VerifyError.cancelled }
      let left = Int(range.upperBound - 1 - audit.head.seq)
      let rows = try rows(after: audit.head.seq, limit: min(Self.stepRows, left))
      for row in rows {
        try audit.examine(row)
        guard let account = live[row.seq]?.account else { continue }
        if let difference = audit.difference(of: account) { throw difference }
        compared += 1
      }
      guard rows.isEmpty else { continue }
      let next = audit.head.seq + 1
      throw LedgerBreak(
        .sequence, seq: next, what: "journal seq", expected: "\(next)", found: "the end")
    }
    guard isWhole else { return }
    try audit.finish()
    guard compared == live.count else {
      throw LedgerBreak(
        .liveState, seq: audit.head.seq, what: "live accounts",
        expected: "\(compared)", found: "\(live.count)")
    }
    report.accountsCompared = try store.compareTables { self.isCancelled.load(ordering: .relaxed) }
  }

  private func rows(after seq: Int64, limit: Int) throws -> [StoredEntry] {
    do {
      return try store.storedEntries(afterSeq: seq, limit: limit)
    } catch StoreError.corrupted(let detail) {
      throw LedgerBreak(
        .form, seq: seq + 1, what: "journal row", expected: "a readable row", found: detail)
    }
  }
}
