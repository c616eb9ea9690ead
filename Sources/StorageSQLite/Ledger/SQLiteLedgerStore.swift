import Foundation
import GRDB
import Ledger
import Synchronization

/// The ledger's store on two SQLite files: `journal.db`, which is the ledger, and `state.db`, which
/// shows it in tables and can be rebuilt from it.
///
/// One process at a time: the ``DataDirectory`` is the claim.
public final class SQLiteLedgerStore: LedgerStore {
  /// Rows that are replayed between two writes of the tables at start-up.
  private static let replayRows = 4_096

  let directory: DataDirectory
  private let journal: Mutex<JournalDatabase>
  private let materialiser: Materialiser
  /// For the writer's look-ups.
  private let lookUps: DatabaseQueue
  private let keys: KeyIndex
  /// For questions from any thread.
  private let questions: DatabaseQueue
  /// What start-up loaded, until the ledger has taken it.
  private let loaded: Mutex<LoadedState?>
  private let pace: CheckpointPace

  /// Opens the files, creating them where needed, and brings the tables up to the journal's end.
  ///
  /// Refuses tables that are ahead of the journal or of another journal, and a broken hash chain.
  /// Blocks on the disk: call at start-up.
  public convenience init(directory: DataDirectory) throws(StartupError) {
    try self.init(directory: directory, pace: CheckpointPace())
  }

  init(directory: DataDirectory, pace: CheckpointPace) throws(StartupError) {
    self.directory = directory
    self.pace = pace
    let opened: JournalDatabase
    do throws(StartupError) {
      opened = try JournalDatabase(path: directory.file("journal.db"), pace: pace)
    } catch {
      throw error.advising(Self.journalAdvice)
    }
    epoch = opened.epoch
    journal = Mutex(opened)
    let tables: StateDatabase
    do throws(StartupError) {
      tables = try StateDatabase(path: directory.file("state.db"), pace: pace)
    } catch {
      throw error.advising(Self.tablesAdvice)
    }
    lookUps = try DatabaseFile.openReader(at: directory.file("state.db"))
    questions = try DatabaseFile.openReader(at: directory.file("state.db"))
    keys = try KeyIndex(lookUps)
    materialiser = Materialiser(tables, keys)
    loaded = Mutex(nil)
    do {
      let shown = try lookUps.read { try StateReader.start($0) }
      try requireSameHistory(shown.head)
      let replayed = try replay(from: shown)
      loaded.withLock { $0 = replayed }
      keys.fill(from: directory.file("state.db"))
    } catch let error as StartupError {
      throw error
    } catch {
      throw StartupError(
        "cannot load the ledger from \(directory.path): \(error); \(Self.journalAdvice)")
    }
  }

  public let epoch: Int64

  private static let journalAdvice =
    "`farebox ledger verify` names the first break, `farebox ledger restore` makes a ledger from a "
    + "backup in an empty folder"
  private static let tablesAdvice =
    "the journal has everything: `farebox ledger rebuild` makes state.db anew"

  /// Lets the journal grow to so many pages only: for tests of a full disk.
  func limitJournal(toPages pages: Int) throws {
    try journal.withLock { try $0.limit(toPages: pages) }
  }

  /// The journal entry that the tables show.
  var tablesSeq: Int64 { materialiser.writtenSeq }

  /// Throws away `state.db`; opening the store builds it anew from the journal.
  public static func discardState(in directory: DataDirectory) throws(StartupError) {
    for suffix in ["", "-wal", "-shm"] {
      let path = directory.file("state.db") + suffix
      guard FileManager.default.fileExists(atPath: path) else { continue }
      do {
        try FileManager.default.removeItem(atPath: path)
      } catch {
        throw StartupError("cannot remove \(path): \(error)")
      }
    }
  }

  public func load(_ request: LoadRequest) throws(StoreError) -> LoadedState {
    do {
      return try journal.withLock { journal in
        journal.checkpointIfGrown()
        var result = LoadedState(head: journal.head)
        if request.isStart { result = try takeLoaded() }
        if !request.accounts.isEmpty {
          result.accounts = try lookUps.read { try StateReader.accounts(request.accounts, $0) }
        }
        if let instant = request.dueBy { result.due = try due(by: instant, max: request.dueMax) }
        result.replies = try replies(to: request.keys, journal)
        for id in request.holds { result.holds[id] = try findHold(id, in: lookUps) }
        var allocations = Set(request.allocations)
        for id in request.usage {
          guard let usage = try findUsage(id) else { continue }
          result.usage[id] = usage
          allocations.formUnion(usage.pins.map(\.allocation))
        }
        for id in allocations { result.allocations[id] = try findAllocation(id) }
        return result
      }
    } catch let error as StoreError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  public func commit(_ batch: CommitBatch) throws(StoreError) {
    try materialiser.requireRoom()
    if !batch.entries.isEmpty {
      let failure = journal.withLock { journal -> StoreError? in
        do throws(StoreError) {
          try journal.append(batch)
          return nil
        } catch {
          return error
        }
      }
      if let failure { throw failure }
    }
    materialiser.add(batch)
  }

  public func catchUp(to seq: Int64) throws(StoreError) {
    try materialiser.catchUp(to: seq)
  }

  /// Makes sure that the batch is not there: see ``JournalDatabase/displace()``.
  public func recover(_ batch: CommitBatch) throws(StoreError) -> Bool {
    do {
      try journal.withLock { try $0.displace() }
      return false
    } catch let error as StoreError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  public func listUsage(_ query: UsageQuery, includingSeq seq: Int64) async throws(StoreError)
    -> UsagePage
  {
    try await materialiser.wait(forSeq: seq)
    do {
      return try await questions.read { try StateReader.usage(query, $0) }
    } catch let error as StoreError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  public func hold(_ id: HoldID, includingSeq seq: Int64) async throws(StoreError) -> Hold? {
    do {
      return try findHold(id, in: questions)
    } catch let error as StoreError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  public func storedEntries(afterSeq seq: Int64, limit: Int) throws(StoreError) -> [StoredEntry] {
    try readJournal { try $0.rows(afterSeq: seq, limit: limit) }
  }

  public func storedEntries(
    in range: ClosedRange<Int64>, about account: AccountID?, of kinds: [Change.Kind], limit: Int
  ) throws(StoreError) -> [StoredEntry] {
    try readJournal { try $0.rows(in: range, about: account, of: kinds, limit: limit) }
  }

  /// Commits wait meanwhile.
  private func readJournal<Value: Sendable>(
    _ body: (JournalDatabase) throws -> Value
  ) throws(StoreError) -> Value {
    do {
      return try journal.withLock { try body($0) }
    } catch let error as StoreError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  public func listHolds(_ query: HoldQuery, includingSeq seq: Int64) async throws(StoreError)
    -> HoldPage
  {
    try await materialiser.wait(forSeq: seq)
    do {
      return try await questions.read { try StateReader.holds(query, $0) }
    } catch let error as StoreError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  public func listEvents(_ query: EventQuery, includingSeq seq: Int64) async throws(StoreError)
    -> [EventID]
  {
    try await materialiser.wait(forSeq: seq)
    do {
      return try await questions.read { try StateReader.events(query, $0) }
    } catch {
      throw .failed("\(error)")
    }
  }

  public func entries(afterSeq seq: Int64, limit: Int) throws(StoreError) -> [JournalEntry] {
    do {
      return try journal.withLock { journal in
        try journal.rows(afterSeq: seq, limit: limit).map { row in
          try JournalEntry(
            seq: row.seq, time: row.time, account: row.account, payload: row.payload)
        }
      }
    } catch let error as CorruptionError {
      throw .corrupted("\(error)")
    } catch {
      throw .failed("\(error)")
    }
  }

  public func close() throws(StoreError) {
    do {
      // The connections that write close last: the last one to close copies the log.
      keys.close()
      try lookUps.close()
      try questions.close()
      try materialiser.close()
      try journal.withLock { try $0.close() }
    } catch let error as StoreError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }
}

// MARK: - Look-ups

extension SQLiteLedgerStore {
  private func takeLoaded() throws -> LoadedState {
    guard let state = loaded.withLock({ $0.take() }) else {
      throw StoreError.failed("the whole state is loaded once, at the start")
    }
    return state
  }

  /// Accounts to sweep: those that are on their way to the tables, and those that the tables show.
  private func due(by instant: LedgerTime, max: Int) throws -> [AccountID] {
    // First what is on its way: once it is not, the tables show it.
    let pending = materialiser.pendingDue
    let first = pending.filter { $0.value <= instant }.keys.prefix(max)
    let rest = try lookUps.read { database in
      try StateReader.due(
        by: instant, besides: pending.keys, max: max - first.count, database)
    }
    return Array(first) + rest
  }

  /// The first answers to keys: still on their way to the tables, or through them from the journal.
  private func replies(to wanted: [Digest], _ journal: JournalDatabase) throws
    -> [Digest: StoredReply]
  {
    // First what is on its way: once it is not, the tables show it.
    let pending = materialiser.entries(of: wanted)
    let rest = pending.isEmpty ? wanted : wanted.filter { pending[$0] == nil }
    var replies: [Digest: StoredReply] = [:]
    for (key, seq) in pending { replies[key] = try reply(to: key, at: seq, journal) }
    for (key, seq) in try keys.entries(of: rest) {
      if let reply = try reply(to: key, at: seq, journal) { replies[key] = reply }
    }
    return replies
  }

  /// The first answer to a key; nil when the entry is about another key that starts alike.
  private func reply(to key: Digest, at seq: Int64, _ journal: JournalDatabase) throws
    -> StoredReply?
  {
    guard let row = try journal.row(seq) else {
      throw StoreError.corrupted("a key names journal entry \(seq), which is not there")
    }
    let entry = try JournalEntry(
      seq: row.seq, time: row.time, account: row.account, payload: row.payload)
    // Keys are found by the first bytes of their digest; the journal has the whole.
    guard let reply = entry.reply, reply.key.keyBits == key.keyBits else {
      throw StoreError.corrupted("journal entry \(seq) does not answer the key that names it")
    }
    return reply.key == key ? reply : nil
  }

  private func findUsage(_ id: UsageID) throws -> UsageRecord? {
    // First what is on its way: once it is not, the tables show it.
    let pending = materialiser.pending(id)
    guard var usage = try pending.usage ?? lookUps.read({ try StateReader.usage(id, $0) }) else {
      return nil
    }
    if let refunded = pending.refundedMicros { usage.refundedMicros = refunded }
    return usage
  }

  private func findAllocation(_ id: AllocationID) throws -> Allocation? {
    try materialiser.pending(id) ?? lookUps.read { try StateReader.allocation(id, $0) }
  }

  private func findHold(_ id: HoldID, in reader: DatabaseQueue) throws -> Hold? {
    // First what is on its way: once it is not, the tables show it.
    let pending = materialiser.pending(id)
    guard let hold = try pending.hold ?? reader.read({ try StateReader.hold(id, $0) }) else {
      return nil
    }
    return pending.isLateSettled && !hold.isLateSettled ? hold.settledLate : hold
  }
}

// MARK: - Start-up

extension SQLiteLedgerStore {
  private func requireSameHistory(_ tables: JournalHead) throws {
    let (end, row) = try journal.withLock { ($0.head, try $0.row(tables.seq)) }
    guard tables.seq <= end.seq else {
      throw StartupError(
        "state.db is at entry \(tables.seq) but journal.db ends at \(end.seq): they do not belong "
          + "together, or the journal was restored from an older copy; if the journal is the right "
          + "one, `farebox ledger rebuild` makes state.db anew")
    }
    guard tables.seq == 0 || row?.hash == tables.hash else {
      throw StartupError(
        "state.db was not made from this journal.db; if the journal is the right one, "
          + "`farebox ledger rebuild` makes state.db anew")
    }
  }

  /// Carries out the entries after the tables' and writes their rows.
  private func replay(from tables: LoadedState) throws -> LoadedState {
    let end = journal.withLock { $0.head }
    var replay = LedgerReplay(from: tables, isWhole: false)
    while replay.head.seq < end.seq {
      let after = replay.head
      let rows = try journal.withLock { try $0.rows(afterSeq: after.seq, limit: Self.replayRows) }
      guard !rows.isEmpty else {
        throw StoreError.corrupted("the journal ends before entry \(end.seq)")
      }
      let named = Set(rows.compactMap(\.account))
      let known = try lookUps.read { try StateReader.accounts(Array(named), $0) }
      replay.hold(only: known, absent: named.subtracting(known.map(\.id)))
      var batches: [[LedgerRow]] = []
      for row in rows {
        let (_, touched) = try replay.apply(
          seq: row.seq, time: row.time, account: row.account, payload: row.payload,
          hash: row.hash)
        batches.append(touched)
      }
      try materialiser.write(StateChunk(head: replay.head, batches))
    }
    replay.hold(only: [], absent: [])
    return replay.loaded
  }
}
