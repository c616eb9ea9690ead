import Dispatch
import Ledger

/// Committed batches on their way to the tables, and what is asked about them meanwhile.
///
/// ```
///   commit --note--> [ last haul ] ... [ haul ] --take--> being written --forget--> tables
/// ```
/// A haul is written in one transaction and forgotten as a whole.
struct Backlog {
  /// Rows of entries up to a head, in order.
  typealias Batch = (rows: [LedgerRow], head: JournalHead)

  /// About how many rows one transaction writes: short, so that it never holds a core for long.
  static let haulRows = 65_536

  /// After so many batches of a haul the thread that goes through them lets others run.
  static let batchesBetweenPauses = 8

  /// The journal entry that the tables show.
  private(set) var writtenSeq: Int64
  /// Rows that wait; those that are being written do not count.
  private(set) var rowCount = 0
  private var writing: Haul?
  private var waiting: [Haul] = []
  /// About how long a row takes to be written, in seconds.
  private(set) var secondsPerRow = 0.0
  var isScheduled = false
  var waiters: [(seq: Int64, continuation: CheckedContinuation<Void, any Error>)] = []
  /// Why the last attempt to write failed; nil when it did not.
  var failure: StoreError?
  /// The committing thread, when it waits for room.
  var blocked: DispatchSemaphore?

  init(writtenSeq: Int64) {
    self.writtenSeq = writtenSeq
  }

  /// Whether so little waits that it had better wait for company.
  var mayWait: Bool { rowCount > 0 && rowCount < Self.haulRows / 2 && waiters.isEmpty }

  /// Adds a batch.
  mutating func note(_ batch: CommitBatch) {
    if waiting.last?.rowCount ?? Self.haulRows >= Self.haulRows {
      waiting.append(Haul(keys: waiting.last?.keys.count ?? writing?.keys.count ?? 0))
    }
    waiting[waiting.count - 1].note(batch)
    rowCount += batch.rows.count
  }

  /// The batches of the next transaction: once more those that could not be written, or the next.
  mutating func take() -> (batches: [Batch], rowCount: Int)? {
    if writing == nil, !waiting.isEmpty {
      let next = waiting.removeFirst()
      rowCount -= next.rowCount
      writing = next
    }
    return writing.map { ($0.batches, $0.rowCount) }
  }

  /// Takes note that the tables show what was taken; returns it, so that the caller can let it go
  /// where nobody waits for it.
  mutating func forget(through seq: Int64, secondsPerRow: Double) -> Haul? {
    defer { writing = nil }
    writtenSeq = seq
    failure = nil
    self.secondsPerRow += (secondsPerRow - self.secondsPerRow) / 8
    return writing
  }

  /// Takes note of what start-up wrote.
  mutating func begin(at seq: Int64) { writtenSeq = seq }

  // MARK: Questions

  /// The journal entries that answer those of the keys which are not in the tables yet.
  func entries(of keys: [Digest]) -> [Digest: Int64] {
    var found: [Digest: Int64] = [:]
    for haul in hauls where !haul.keys.isEmpty {
      for key in keys { if let seq = haul.keys[key] { found[key] = seq } }
    }
    return found
  }

  /// A hold as it is on its way to the tables, and whether a late settle of it is.
  mutating func pending(_ id: HoldID) -> (hold: Hold?, isLateSettled: Bool) {
    index()
    var hold: Hold?
    var isLateSettled = false
    for haul in hauls {
      hold = haul.index.holds[id] ?? hold
      isLateSettled = isLateSettled || haul.index.lateSettled.contains(id)
    }
    return (hold, isLateSettled)
  }

  /// When accounts are to be swept, where the tables do not show it yet.
  func pendingDue() -> [AccountID: LedgerTime] {
    hauls.reduce(into: [:]) { due, haul in
      due.merge(haul.due) { _, later in later }
    }
  }

  /// Every row, in order.
  func forEachRow(_ body: (LedgerRow) -> Void) {
    for haul in hauls { for batch in haul.batches { batch.rows.forEach(body) } }
  }

  private var hauls: [Haul] { (writing.map { [$0] } ?? []) + waiting }

  private mutating func index() {
    writing?.indexRows()
    for place in waiting.indices { waiting[place].indexRows() }
  }
}

/// What one transaction writes.
struct Haul {
  fileprivate private(set) var batches: [Backlog.Batch] = []
  fileprivate private(set) var rowCount = 0
  /// Every command asks for these.
  fileprivate private(set) var keys: [Digest: Int64] = [:]
  /// Every sweep asks for these.
  fileprivate private(set) var due: [AccountID: LedgerTime] = [:]
  fileprivate private(set) var index = Index()

  /// What is seldom asked for: made only then, of the batches that it does not cover yet.
  fileprivate struct Index {
    var batchCount = 0
    var holds: [HoldID: Hold] = [:]
    var lateSettled: Set<HoldID> = []
  }

  /// - Parameter keys: how many there may be.
  fileprivate init(keys count: Int) {
    keys.reserveCapacity(count)
  }

  fileprivate mutating func note(_ batch: CommitBatch) {
    batches.append((batch.rows, batch.head))
    rowCount += batch.rows.count
    for row in batch.rows {
      switch row {
      case .key(let digest, let seq): keys[digest] = seq
      case .due(let id, let instant): due[id] = instant
      default: break
      }
    }
  }

  /// Frees what was written, little by little.
  mutating func letGo() {
    while !batches.isEmpty {
      batches.removeLast()
      if batches.count.isMultiple(of: Backlog.batchesBetweenPauses) { BackgroundThread.giveWay() }
    }
  }

  fileprivate mutating func indexRows() {
    for batch in batches.dropFirst(index.batchCount) {
      for row in batch.rows {
        switch row {
        case .hold(let hold): index.holds[hold.id] = hold
        case .lateSettled(let id): index.lateSettled.insert(id)
        default: break
        }
      }
    }
    index.batchCount = batches.count
  }
}
