import Foundation
import Ledger
import Synchronization

/// Writes committed rows to `state.db` behind the journal, in small transactions on its own thread,
/// and knows what the tables do not show yet.
///
/// ```
///   journal commit --add--> backlog --chunk--> state.db
///                              |
///                    keys, holds, due instants: looked up here first
/// ```
/// A chunk that cannot be written waits and is tried again. When the tables fall far behind,
/// commits are slowed down little by little until both go at the same pace.
final class Materialiser: Sendable {
  /// Rows that may wait before commits are slowed down.
  private static let backlogRowsUsual = 250_000
  /// Rows that may wait; above it commits wait too.
  private static let backlogRowsMax = 500_000
  /// The longest that one commit is slowed down, in seconds.
  private static let pauseMax = 0.012
  /// How long rows wait for company. What is charged again and again is then written once, and so
  /// is a page on which many accounts are; a start after a crash has so much more to replay.
  private static let delay = DispatchTimeInterval.milliseconds(250)
  /// How long a chunk waits that could not be written.
  private static let retryPause = DispatchTimeInterval.seconds(1)

  private let backlog: Mutex<Backlog>
  private let database: Mutex<StateDatabase>
  private let keys: KeyIndex
  private let thread = BackgroundThread("materialiser")

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
    thread.run(after: Self.delay) { self.run(untilEmpty: false) }
  }

  /// Waits until the tables show the journal up to `seq`. Not from the thread of this.
  func catchUp(to seq: Int64) throws(StoreError) {
    if backlog.withLock({ $0.writtenSeq >= seq }) { return }
    thread.runAndWait { self.run() }
    let failure = backlog.withLock { $0.writtenSeq >= seq ? nil : $0.failure }
    if let failure { throw failure }
  }

  /// The journal entry that the tables show.
  var writtenSeq: Int64 { backlog.withLock { $0.writtenSeq } }

  /// When accounts are to be swept, where the tables do not show it yet.
  var pendingDue: [AccountID: LedgerTime] { backlog.withLock { $0.pendingDue() } }

  /// Writes a chunk at once: at start-up, before anything was added.
  func write(_ chunk: StateChunk) throws {
    try put(chunk)
    backlog.withLock { $0.begin(at: chunk.head.seq) }
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

  /// The journal entries that answer those of the keys which are not in the tables yet.
  func entries(of keys: [Digest]) -> [Digest: Int64] {
    backlog.withLock { $0.entries(of: keys) }
  }

  /// What the tables do not show yet about a hold: all of it, and whether it was settled late.
  func pending(_ id: HoldID) -> (hold: Hold?, isLateSettled: Bool) {
    backlog.withLock { $0.pending(id) }
  }

  /// What the tables do not show yet about an allocation.
  ///
  /// Looks through all that waits: for what administrators ask, not for the hot path.
  func pending(_ id: AllocationID) -> Allocation? {
    backlog.withLock { backlog in
      var found: Allocation?
      backlog.forEachRow { row in
        if case .allocation(let allocation) = row, allocation.id == id { found = allocation }
      }
      return found
    }
  }

  /// What the tables do not show yet about a charge. As for an allocation.
  func pending(_ id: UsageID) -> (usage: UsageRecord?, refundedMicros: Int64?) {
    backlog.withLock { backlog in
      var usage: UsageRecord?
      var refunded: Int64?
      backlog.forEachRow { row in
        switch row {
        case .usage(let record) where record.id == id: usage = record
        case .refunded(id, let total): refunded = total
        default: break
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
        if isWaiting { thread.run { self.run() } }
      }
    } catch let error as StoreError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  /// Writes everything that waits and closes the file. Nothing may be added meanwhile.
  func close() throws(StoreError) {
    thread.runAndWait { self.run() }
    if let failure = backlog.withLock({ $0.failure }) { throw failure }
    do {
      try database.withLock { try $0.close() }
    } catch {
      throw .failed("\(error)")
    }
  }

  /// Writes what waits: all of it, or until there is so little that it had better wait for company.
  private func run(untilEmpty: Bool = true) {
    while let (batches, rowCount) = nextBatches() {
      guard let last = batches.last else { return }
      let start = DispatchTime.now().uptimeNanoseconds
      do {
        try put(StateChunk(head: last.head, batches.map(\.rows)))
        let nanoseconds = DispatchTime.now().uptimeNanoseconds - start
        finish(last.head, secondsPerRow: Double(nanoseconds) / 1e9 / Double(max(1, rowCount)))
      } catch {
        return fail(StoreError(writing: error))
      }
      if !untilEmpty, backlog.withLock({ $0.mayWait }) { return schedule() }
    }
  }

  private func nextBatches() -> (batches: [Backlog.Batch], rowCount: Int)? {
    backlog.withLock { backlog in
      let next = backlog.take()
      if next == nil { backlog.isScheduled = false }
      return next
    }
  }

  private func finish(_ head: JournalHead, secondsPerRow: Double) {
    var written: Haul?
    let (ready, blocked) = backlog.withLock { backlog in
      written = backlog.forget(through: head.seq, secondsPerRow: secondsPerRow)
      let ready = backlog.waiters.filter { $0.seq <= head.seq }
      backlog.waiters.removeAll { $0.seq <= head.seq }
      let hasRoom = backlog.rowCount <= Self.backlogRowsMax / 2
      let blocked = hasRoom ? backlog.blocked : nil
      if hasRoom { backlog.blocked = nil }
      return (ready, blocked)
    }
    for waiter in ready { waiter.continuation.resume() }
    blocked?.signal()
    // What was written is let go here, not while commits wait for the lock.
    written?.letGo()
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
    thread.run(after: Self.retryPause) { self.run(untilEmpty: false) }
    for waiter in waiters { waiter.continuation.resume(throwing: reason) }
    blocked?.signal()
  }
}
