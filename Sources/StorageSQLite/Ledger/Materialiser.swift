import Foundation
import Ledger
import Synchronization

/// Writes committed rows to `state.db` behind the journal, in small transactions on its own thread,
/// and knows what the tables do not show yet.
///
/// ```
///   journal commit --add--> backlog --chunk--> state.db
///                              |
///                    replies, holds, due instants: looked up here first
/// ```
/// A chunk that cannot be written waits and is tried again. When the tables fall far behind,
/// commits are slowed down little by little until both go at the same pace.
final class Materialiser: Sendable {
  /// About how many rows one transaction writes: short, so that it never holds a core for long.
  fileprivate static let chunkRows = 32_768
  /// Rows that may wait before commits are slowed down.
  private static let backlogRowsUsual = 250_000
  /// Rows that may wait; above it commits wait too.
  private static let backlogRowsMax = 500_000
  /// The longest that one commit is slowed down, in seconds.
  private static let pauseMax = 0.012
  /// How long rows wait for company.
  private static let delay = DispatchTimeInterval.milliseconds(25)
  /// How long a chunk waits that could not be written.
  private static let retryPause = DispatchTimeInterval.seconds(1)

  fileprivate typealias Batch = (rows: [LedgerRow], head: JournalHead)

  fileprivate struct Backlog {
    var batches: [Batch] = []
    /// What is being written: no longer among the batches, not yet in the tables.
    var writing: [Batch] = []
    /// About how long a row takes to be written, in seconds.
    var secondsPerRow = 0.0
    /// How many batches were added, and how many of them are in the tables or being written.
    var addedCount = 0
    var takenCount = 0
    var rowCount = 0
    var replies: [Digest: StoredReply] = [:]
    var holds: [HoldID: (hold: Hold, seq: Int64)] = [:]
    var lateSettled: [HoldID: Int64] = [:]
    /// With the number of the batch.
    var due: [AccountID: (instant: LedgerTime, batch: Int)] = [:]
    var writtenSeq: Int64
    var isScheduled = false
    var waiters: [(seq: Int64, continuation: CheckedContinuation<Void, any Error>)] = []
    /// Why the last attempt to write failed; nil when it did not.
    var failure: StoreError?
    /// The committing thread, when it waits for room.
    var blocked: DispatchSemaphore?
  }

  private let backlog: Mutex<Backlog>
  private let database: Mutex<StateDatabase>
  private let keys: KeyIndex
  private let queue = DispatchQueue(label: "farebox.ledger.materialiser")

  init(_ database: sending StateDatabase, _ keys: KeyIndex) {
    self.keys = keys
    backlog = Mutex(Backlog(writtenSeq: database.head.seq))
    self.database = Mutex(database)
  }

  /// Throws when the tables are far behind and cannot be written: then nothing more is committed.
  func requireRoom() throws(StoreError) {
    let failure = backlog.withLock { backlog in
      backlog.rowCount > Self.backlogRowsMax ? backlog.failure : nil
    }
    if let failure { throw failure }
  }

  /// Takes over a committed batch. Waits only when the tables are far behind.
  func add(_ batch: CommitBatch) {
    let (mustSchedule, blocked, pause) = backlog.withLock { backlog in
      backlog.note(batch)
      let mustSchedule = !backlog.isScheduled
      backlog.isScheduled = true
      if backlog.rowCount > Self.backlogRowsMax && backlog.failure == nil {
        backlog.blocked = DispatchSemaphore(value: 0)
      }
      let excess = Double(backlog.rowCount - Self.backlogRowsUsual)
      let share = excess / Double(Self.backlogRowsMax - Self.backlogRowsUsual)
      // At half of what may wait a commit takes as long as its rows take to be written.
      let pause = 2 * share * Double(batch.rows.count) * backlog.secondsPerRow
      return (mustSchedule, backlog.blocked, min(pause, Self.pauseMax))
    }
    if mustSchedule { schedule() }
    if let blocked {
      blocked.wait()
    } else if pause > 0.000_1 {
      usleep(UInt32(pause * 1_000_000))
    }
  }

  private func schedule() {
    queue.asyncAfter(deadline: .now() + Self.delay) { self.run(untilEmpty: false) }
  }

  /// Waits until the tables show the journal up to `seq`. Not from the queue of this.
  func catchUp(to seq: Int64) throws(StoreError) {
    if backlog.withLock({ $0.writtenSeq >= seq }) { return }
    queue.sync { run() }
    let failure = backlog.withLock { $0.writtenSeq >= seq ? nil : $0.failure }
    if let failure { throw failure }
  }

  /// The journal entry that the tables show.
  var writtenSeq: Int64 { backlog.withLock { $0.writtenSeq } }

  /// When accounts are to be swept, where the tables do not show it yet.
  var pendingDue: [AccountID: LedgerTime] { backlog.withLock { $0.due.mapValues(\.instant) } }

  /// Writes a chunk at once: at start-up, before anything was added.
  func write(_ chunk: StateChunk) throws {
    try put(chunk)
    backlog.withLock { $0.writtenSeq = chunk.head.seq }
  }

  private func put(_ chunk: StateChunk) throws {
    let bite = keys.nextBite(beside: chunk.keys.count)
    try database.withLock { database in
      try database.write(chunk, merging: bite)
      database.extendItemsIfDue()
      database.checkpointIfGrown()
    }
    keys.finish(bite)
    keys.note(chunk.keys.map { KeyEntry($0.digest, seq: $0.seq) }, through: chunk.head.seq)
  }

  /// The first answers to those of the keys that are not in the tables yet.
  func replies(to keys: [Digest]) -> [Digest: StoredReply] {
    backlog.withLock { backlog in
      var replies: [Digest: StoredReply] = [:]
      for key in keys { replies[key] = backlog.replies[key] }
      return replies
    }
  }

  /// What the tables do not show yet about a hold: all of it, and whether it was settled late.
  func pending(_ id: HoldID) -> (hold: Hold?, isLateSettled: Bool) {
    backlog.withLock { ($0.holds[id]?.hold, $0.lateSettled[id] != nil) }
  }

  /// What the tables do not show yet about an allocation.
  ///
  /// Looks through all that waits: for what administrators ask, not for the hot path.
  func pending(_ id: AllocationID) -> Allocation? {
    backlog.withLock { backlog in
      var found: Allocation?
      for (rows, _) in backlog.writing + backlog.batches {
        for case .allocation(let allocation) in rows where allocation.id == id {
          found = allocation
        }
      }
      return found
    }
  }

  /// What the tables do not show yet about a charge. As for an allocation.
  func pending(_ id: UsageID) -> (usage: UsageRecord?, refundedMicros: Int64?) {
    backlog.withLock { backlog in
      var usage: UsageRecord?
      var refunded: Int64?
      for (rows, _) in backlog.writing + backlog.batches {
        for row in rows {
          switch row {
          case .usage(let record) where record.id == id: usage = record
          case .refunded(id, let total): refunded = total
          default: break
          }
        }
      }
      return (usage, refunded)
    }
  }

  /// Waits until the tables show the journal up to `seq`.
  func wait(forSeq seq: Int64) async throws(StoreError) {
    do {
      try await withCheckedThrowingContinuation {
        (continuation: CheckedContinuation<Void, any Error>) in
        let isWaiting = backlog.withLock { backlog -> Bool in
          if let failure = backlog.failure {
            continuation.resume(throwing: failure)
            return false
          }
          if backlog.writtenSeq >= seq {
            continuation.resume()
            return false
          }
          backlog.waiters.append((seq, continuation))
          return true
        }
        if isWaiting { queue.async { self.run() } }
      }
    } catch let error as StoreError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  /// Writes everything that waits and closes the file. Nothing may be added meanwhile.
  func close() throws(StoreError) {
    queue.sync { run() }
    if let failure = backlog.withLock({ $0.failure }) { throw failure }
    do {
      try database.withLock { try $0.close() }
    } catch {
      throw .failed("\(error)")
    }
  }

  /// Writes what waits: all of it, or until there is so little that it had better wait for company.
  private func run(untilEmpty: Bool = true) {
    while let (batches, rows) = nextBatches() {
      guard let last = batches.last else { return }
      let start = DispatchTime.now().uptimeNanoseconds
      var chunk = StateChunk(head: last.head)
      for batch in batches { chunk.add(batch.rows, head: last.head) }
      do {
        try put(chunk)
        let nanoseconds = DispatchTime.now().uptimeNanoseconds - start
        finish(chunk, secondsPerRow: Double(nanoseconds) / 1e9 / Double(max(1, rows)))
      } catch {
        return fail(StoreError(writing: error))
      }
      if !untilEmpty, backlog.withLock({ $0.mayWait }) { return schedule() }
    }
  }

  private func nextBatches() -> (batches: [Batch], rows: Int)? {
    backlog.withLock { backlog in
      // Once more what could not be written.
      if !backlog.writing.isEmpty {
        return (backlog.writing, backlog.writing.reduce(0) { $0 + $1.rows.count })
      }
      guard !backlog.batches.isEmpty else {
        backlog.isScheduled = false
        return nil
      }
      var taken = 0
      var rows = 0
      while taken < backlog.batches.count, rows < Self.chunkRows {
        rows += backlog.batches[taken].rows.count
        taken += 1
      }
      backlog.writing = Array(backlog.batches.prefix(taken))
      backlog.batches.removeFirst(taken)
      backlog.takenCount += taken
      backlog.rowCount -= rows
      return (backlog.writing, rows)
    }
  }

  private func finish(_ chunk: StateChunk, secondsPerRow: Double) {
    let (ready, blocked) = backlog.withLock { backlog in
      backlog.forget(chunk)
      backlog.secondsPerRow += (secondsPerRow - backlog.secondsPerRow) / 8
      let ready = backlog.waiters.filter { $0.seq <= chunk.head.seq }
      backlog.waiters.removeAll { $0.seq <= chunk.head.seq }
      let hasRoom = backlog.rowCount <= Self.backlogRowsMax / 2
      let blocked = hasRoom ? backlog.blocked : nil
      if hasRoom { backlog.blocked = nil }
      return (ready, blocked)
    }
    for waiter in ready { waiter.continuation.resume() }
    blocked?.signal()
  }

  private func fail(_ reason: StoreError) {
    let (waiters, blocked) = backlog.withLock { backlog in
      backlog.failure = reason
      backlog.isScheduled = true
      defer {
        backlog.waiters = []
        backlog.blocked = nil
      }
      return (backlog.waiters, backlog.blocked)
    }
    queue.asyncAfter(deadline: .now() + Self.retryPause) { self.run(untilEmpty: false) }
    for waiter in waiters { waiter.continuation.resume(throwing: reason) }
    blocked?.signal()
  }
}

extension Materialiser.Backlog {
  /// Whether so little waits that it had better wait for company.
  fileprivate var mayWait: Bool {
    !batches.isEmpty && rowCount < Materialiser.chunkRows / 2 && waiters.isEmpty
  }

  fileprivate mutating func note(_ batch: CommitBatch) {
    batches.append((batch.rows, batch.head))
    addedCount += 1
    rowCount += batch.rows.count
    for sealed in batch.entries {
      if let reply = sealed.entry.reply { replies[reply.key] = reply }
    }
    for row in batch.rows {
      switch row {
      case .hold(let hold): holds[hold.id] = (hold, batch.head.seq)
      case .lateSettled(let id): lateSettled[id] = batch.head.seq
      case .due(let id, let instant): due[id] = (instant, addedCount)
      default: break
      }
    }
  }

  fileprivate mutating func forget(_ chunk: StateChunk) {
    let seq = chunk.head.seq
    writtenSeq = seq
    writing = []
    failure = nil
    for id in chunk.due.keys where (due[id]?.batch ?? 0) <= takenCount { due[id] = nil }
    for key in chunk.keys { replies[key.digest] = nil }
    for id in chunk.holds.keys where (holds[id]?.seq ?? 0) <= seq { holds[id] = nil }
    for (id, noted) in lateSettled where noted <= seq { lateSettled[id] = nil }
  }
}
