import Ledger

/// A store in front of another one: hands on everything that it does not do otherwise.
public protocol StoreInFront: LedgerStore {
  /// The store behind.
  var store: any LedgerStore { get }
}

extension StoreInFront {
  public var epoch: Int64 { store.epoch }

  public func load(_ request: LoadRequest) throws(StoreError) -> LoadedState {
    try store.load(request)
  }

  public func commit(_ batch: CommitBatch) throws(StoreError) { try store.commit(batch) }

  public func recover(_ batch: CommitBatch) throws(StoreError) -> Bool {
    try store.recover(batch)
  }

  public func catchUp(to seq: Int64) throws(StoreError) { try store.catchUp(to: seq) }

  public func listUsage(_ query: UsageQuery, includingSeq seq: Int64) async throws(StoreError)
    -> UsagePage
  {
    try await store.listUsage(query, includingSeq: seq)
  }

  public func hold(_ id: HoldID, includingSeq seq: Int64) async throws(StoreError) -> Hold? {
    try await store.hold(id, includingSeq: seq)
  }

  public func storedEntries(afterSeq seq: Int64, limit: Int) throws(StoreError) -> [StoredEntry] {
    try store.storedEntries(afterSeq: seq, limit: limit)
  }

  public func listHolds(_ query: HoldQuery, includingSeq seq: Int64) async throws(StoreError)
    -> HoldPage
  {
    try await store.listHolds(query, includingSeq: seq)
  }

  public func storedEntries(
    in range: ClosedRange<Int64>, about account: AccountID?, of kinds: [Change.Kind], limit: Int
  ) throws(StoreError) -> [StoredEntry] {
    try store.storedEntries(in: range, about: account, of: kinds, limit: limit)
  }

  public func entries(afterSeq seq: Int64, limit: Int) throws(StoreError) -> [JournalEntry] {
    try store.entries(afterSeq: seq, limit: limit)
  }

  public func listEvents(_ query: EventQuery, includingSeq seq: Int64) async throws(StoreError)
    -> [EventID]
  {
    try await store.listEvents(query, includingSeq: seq)
  }

  public func compareTables(isCancelled: @Sendable () -> Bool) throws -> Int64 {
    try store.compareTables(isCancelled: isCancelled)
  }

  public func close() throws(StoreError) { try store.close() }
}
