import Ledger
import Synchronization

/// A store that hands everything on to another one and notes how long commits take.
final class TimedStore: LedgerStore {
  private struct Times {
    var commits: [UInt32] = []
    /// From the end of a commit to the end of the next one: what a caller may have to wait when
    /// there is always something to commit.
    var gaps: [UInt32] = []
    var lastEnd: ContinuousClock.Instant?
    var entries = 0
  }

  private let store: any LedgerStore
  private let times = Mutex(Times())

  init(_ store: any LedgerStore) { self.store = store }

  var epoch: Int64 { store.epoch }

  /// Starts anew.
  func forget() { times.withLock { $0 = Times() } }

  var figures: [String: Any] {
    times.withLock { times in
      [
        "commits": times.commits.count, "commit_ms": LoadLog.spread(times.commits),
        "commit_gap_ms": LoadLog.spread(times.gaps),
        "entries_per_commit": Double(times.entries) / Double(max(1, times.commits.count)),
      ]
    }
  }

  func commit(_ batch: CommitBatch) throws(StoreError) {
    let start = ContinuousClock.now
    try store.commit(batch)
    times.withLock { times in
      times.commits.append(LoadLog.microseconds(since: start))
      if let last = times.lastEnd { times.gaps.append(LoadLog.microseconds(since: last)) }
      times.lastEnd = .now
      times.entries += batch.entries.count
    }
  }

  func load(_ request: LoadRequest) throws(StoreError) -> LoadedState { try store.load(request) }

  func recover(_ batch: CommitBatch) throws(StoreError) -> Bool { try store.recover(batch) }

  func catchUp(to seq: Int64) throws(StoreError) { try store.catchUp(to: seq) }

  func listUsage(
    _ query: UsageQuery, includingSeq seq: Int64
  ) async throws(StoreError) -> UsagePage {
    try await store.listUsage(query, includingSeq: seq)
  }

  func storedEntries(afterSeq seq: Int64, limit: Int) throws(StoreError) -> [StoredEntry] {
    try store.storedEntries(afterSeq: seq, limit: limit)
  }

  func storedEntries(
    in range: ClosedRange<Int64>, about account: AccountID?, of kinds: [Change.Kind], limit: Int
  ) throws(StoreError) -> [StoredEntry] {
    try store.storedEntries(in: range, about: account, of: kinds, limit: limit)
  }

  func listEvents(
    _ query: EventQuery, includingSeq seq: Int64
  ) async throws(StoreError) -> [EventID] {
    try await store.listEvents(query, includingSeq: seq)
  }

  func entries(afterSeq seq: Int64, limit: Int) throws(StoreError) -> [JournalEntry] {
    try store.entries(afterSeq: seq, limit: limit)
  }

  func hold(_ id: HoldID, includingSeq seq: Int64) async throws(StoreError) -> Hold? {
    try await store.hold(id, includingSeq: seq)
  }

  func listHolds(
    _ query: HoldQuery, includingSeq seq: Int64
  ) async throws(StoreError) -> HoldPage {
    try await store.listHolds(query, includingSeq: seq)
  }

  func compareTables(isCancelled: @Sendable () -> Bool) throws -> Int64 {
    try store.compareTables(isCancelled: isCancelled)
  }

  func close() throws(StoreError) { try store.close() }
}
