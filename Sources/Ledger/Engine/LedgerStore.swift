/// What a store could not do.
public enum StoreError: Error, Sendable, CustomStringConvertible {
  /// Nothing was read or written.
  case failed(String)
  /// Nothing was written: there is no room for it.
  case noSpace(String)
  /// A commit failed in such a way that it may or may not be there after a restart.
  case outcomeUnknown(String)
  /// What was read cannot have been written by the ledger.
  case corrupted(String)
  /// The journal has moved on: another writer committed.
  case conflict(expectedSeq: Int64, foundSeq: Int64)

  public var description: String {
    switch self {
    case .failed(let detail): "the store failed: \(detail)"
    case .noSpace(let detail): "the store has no room: \(detail)"
    case .outcomeUnknown(let detail): "the outcome of a commit is unknown: \(detail)"
    case .corrupted(let detail): "the store is damaged: \(detail)"
    case .conflict(let expected, let found):
      "the journal is at entry \(found), not at \(expected): another writer is at work"
    }
  }
}

/// The end of the journal.
public struct JournalHead: Sendable, Hashable {
  /// The last entry; 0 when there is none.
  public var seq: Int64
  /// Its time.
  public var time: LedgerTime
  /// The hash chain up to it.
  public var hash: Digest

  public init(seq: Int64, time: LedgerTime, hash: Digest) {
    self.seq = seq
    self.time = time
    self.hash = hash
  }

  /// The head of an empty journal.
  public static let empty = JournalHead(seq: 0, time: .distantPast, hash: .zero)
}

/// What a batch of commands needs to know before it is decided.
public struct LoadRequest: Sendable {
  /// Whether to load what belongs to no account: prices, and how long answers were.
  public let isStart: Bool
  /// Accounts to load, each with what is unspent, open or set.
  public let accounts: [AccountID]
  /// Idempotency keys to look up.
  public let keys: [Digest]
  /// Holds to look up, ended ones too.
  public let holds: [HoldID]
  /// Allocations to look up, spent ones too.
  public let allocations: [AllocationID]
  /// Charges to look up, each with the allocations that paid for it.
  public let usage: [UsageID]
  /// Name the accounts that are to be swept by this instant, at most ``dueMax``; nil names none.
  public let dueBy: LedgerTime?
  public let dueMax: Int

  public init(
    isStart: Bool = false, accounts: [AccountID] = [], keys: [Digest] = [], holds: [HoldID] = [],
    allocations: [AllocationID] = [], usage: [UsageID] = [], dueBy: LedgerTime? = nil,
    dueMax: Int = 0
  ) {
    self.isStart = isStart
    self.accounts = accounts
    self.keys = keys
    self.holds = holds
    self.allocations = allocations
    self.usage = usage
    self.dueBy = dueBy
    self.dueMax = dueMax
  }
}

/// What a store knows, as of its last commit.
public struct LoadedState: Sendable {
  public var head: JournalHead
  /// Those of the accounts asked for that exist.
  public var accounts: [Account]
  /// All price versions at the start, else none.
  public var prices: [PriceVersion]
  /// At the start, the output tokens of the latest charges for whole answers, not late ones, at
  /// most ``ModelOutput/rememberedMax``, oldest first; else none.
  public var outputs: [ModelOutput]
  public var replies: [Digest: StoredReply]
  public var holds: [HoldID: Hold]
  public var allocations: [AllocationID: Allocation] = [:]
  public var usage: [UsageID: UsageRecord] = [:]
  /// Accounts that are to be swept.
  public var due: [AccountID] = []

  public init(
    head: JournalHead, accounts: [Account] = [], prices: [PriceVersion] = [],
    outputs: [ModelOutput] = [], replies: [Digest: StoredReply] = [:], holds: [HoldID: Hold] = [:]
  ) {
    self.head = head
    self.accounts = accounts
    self.prices = prices
    self.outputs = outputs
    self.replies = replies
    self.holds = holds
  }
}

/// A journal entry in its stored form, with its place in the hash chain.
public struct SealedEntry: Sendable {
  public let entry: JournalEntry
  public let payload: [UInt8]
  /// The chain after this entry: the hash of the one before, then seq, time, account, payload.
  public let hash: Digest

  /// Seals an entry that follows `previous`.
  public init(_ entry: consuming JournalEntry, after previous: Digest) {
    self.entry = entry
    payload = self.entry.payload()
    hash = Self.hash(
      seq: self.entry.seq, time: self.entry.time, account: self.entry.account, payload: payload,
      after: previous)
  }

  /// The chain after an entry that was read back.
  public static func hash(
    seq: Int64, time: LedgerTime, account: AccountID?, payload: [UInt8], after previous: Digest
  ) -> Digest {
    ByteWriter.lend { writer in
      previous.withBytes { writer.plain($0) }
      writer.integer(seq)
      writer.value(time)
      writer.optional(account)
      writer.raw(payload)
    } to: {
      Digest(hashing: $0)
    }
  }
}

/// Entries to append together, or not at all. Without entries only ``LedgerRow/due(_:_:)`` rows.
public struct CommitBatch: Sendable {
  /// The head that the decisions were made on: the store refuses when it has another.
  public let previous: JournalHead
  /// The head after it.
  public let head: JournalHead
  public let entries: [SealedEntry]
  /// The table rows that the entries touched, in order.
  public let rows: [LedgerRow]

  public init(
    previous: JournalHead, head: JournalHead, entries: [SealedEntry], rows: [LedgerRow]
  ) {
    precondition(head.seq == previous.seq + Int64(entries.count), "a gap in a batch")
    self.previous = previous
    self.head = head
    self.entries = entries
    self.rows = rows
  }
}

/// Where the ledger keeps its journal and its state. Two verbs matter: load, commit conditionally.
///
/// One caller at a time loads and commits; the questions come from any thread.
public protocol LedgerStore: Sendable {
  /// The journal's epoch: 1, and one more for each copy that was restored on the way to it.
  var epoch: Int64 { get }

  /// Reads what is asked for, as of the last commit, whether or not the tables show it yet.
  ///
  /// Accounts alone are read as the tables show them: ``catchUp(to:)`` first when one has changed
  /// since.
  func load(_ request: LoadRequest) throws(StoreError) -> LoadedState

  /// Waits until the tables show the entry `seq`.
  func catchUp(to seq: Int64) throws(StoreError)

  /// Appends a batch durably: when it returns, the batch survives power loss.
  ///
  /// Throws ``StoreError/conflict(expectedSeq:foundSeq:)`` and appends nothing when the journal is
  /// not where the batch expects it. Also after ``StoreError/failed(_:)`` and
  /// ``StoreError/noSpace(_:)`` nothing was appended. After ``StoreError/outcomeUnknown(_:)`` the
  /// batch may be there or not: ``recover(_:)`` before anything else.
  func commit(_ batch: CommitBatch) throws(StoreError)

  /// Finds out whether a batch is there whose commit had an unknown outcome, makes sure that what
  /// is there is durable, and makes the store ready for the next one.
  ///
  /// May be called again after ``StoreError/failed(_:)`` and ``StoreError/outcomeUnknown(_:)``.
  func recover(_ batch: CommitBatch) throws(StoreError) -> Bool

  /// Lists usage records as of entry `seq` or later.
  func listUsage(_ query: UsageQuery, includingSeq seq: Int64) async throws(StoreError) -> UsagePage

  /// Reads up to `limit` rows of the journal after `seq`, in order, as they are stored: from the
  /// first on when that is below 1.
  ///
  /// Throws ``StoreError/corrupted(_:)`` when a row is not even a row.
  func storedEntries(afterSeq seq: Int64, limit: Int) throws(StoreError) -> [StoredEntry]

  /// Reads up to `limit` of the rows in `range` that are about `account` and of one of `kinds`, in
  /// order; nil and empty choose all.
  func storedEntries(
    in range: ClosedRange<Int64>, about account: AccountID?, of kinds: [Change.Kind], limit: Int
  ) throws(StoreError) -> [StoredEntry]

  /// Lists the ids of events, oldest first, as of entry `seq` or later.
  func listEvents(_ query: EventQuery, includingSeq seq: Int64) async throws(StoreError)
    -> [EventID]

  /// Reads up to `limit` journal entries after `seq`, in order.
  func entries(afterSeq seq: Int64, limit: Int) throws(StoreError) -> [JournalEntry]

  /// Finds a hold, open or ended, as of entry `seq` or later.
  func hold(_ id: HoldID, includingSeq seq: Int64) async throws(StoreError) -> Hold?

  /// Lists holds as of entry `seq` or later.
  func listHolds(_ query: HoldQuery, includingSeq seq: Int64) async throws(StoreError) -> HoldPage

  /// Makes the tables a second time from the journal, compares, and returns how many accounts
  /// agree.
  ///
  /// Reads everything, while commits go on. Throws ``LedgerBreak`` for the first difference,
  /// ``StoreError`` when it cannot be found out, and `CancellationError` when `isCancelled` says.
  func compareTables(isCancelled: @Sendable () -> Bool) throws -> Int64

  /// Finishes what is under way and closes. Nothing may be called afterwards.
  func close() throws(StoreError)
}
