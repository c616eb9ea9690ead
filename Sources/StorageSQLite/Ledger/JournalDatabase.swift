import Foundation
import GRDB
import Ledger

extension StoreError {
  /// What is told when a write fails and is rolled back.
  init(writing error: any Error) {
    let isFull =
      (error as? RawSQLError)?.isFull ?? ((error as? DatabaseError)?.resultCode == .SQLITE_FULL)
    self = isFull ? .noSpace("\(error)") : .failed("\(error)")
  }
}

/// `journal.db`: the ledger. Rows are appended, never changed.
///
/// ```
/// journal  seq 1, 2, 3 … | time_us | account_id? | kind | payload | hash
///                                                          ^         ^
///            JournalEntry+Encoding.swift ------------------+         +-- SHA-256(previous | row)
/// ```
/// One connection, held exclusively, does everything. Calls come from one thread at a time.
final class JournalDatabase {
  private let queue: DatabaseQueue
  private var statements: Statements?
  private(set) var head: JournalHead
  /// Counts from 1; a restored backup begins a new one.
  let epoch: Int64
  /// Entries since the log was last copied into the file.
  private var entriesInLog = 0
  private let pace: CheckpointPace

  private struct Statements {
    let begin: RawStatement
    let commit: RawStatement
    let rollback: RawStatement
    let insert: RawStatement
  }

  init(path: String, pace: CheckpointPace = CheckpointPace()) throws(StartupError) {
    self.pace = pace
    queue = try DatabaseFile.openWriter(
      at: path, durability: .full, isExclusive: true, migrator: Self.migrator)
    do {
      // A process that was killed may have left entries that no wait for the disk was for.
      try queue.writeWithoutTransaction { try LogFile.rewrite($0) }
      head = try queue.writeWithoutTransaction { try Self.readHead($0) }
      epoch = try queue.writeWithoutTransaction { try Self.readEpoch($0) }
      statements = try queue.writeWithoutTransaction { database in
        Statements(
          begin: try RawStatement(database, "BEGIN IMMEDIATE"),
          commit: try RawStatement(database, "COMMIT"),
          rollback: try RawStatement(database, "ROLLBACK"),
          insert: try RawStatement(
            database,
            """
            INSERT INTO journal (seq, time_us, account_id, kind, payload, hash)
            VALUES (?, ?, ?, ?, ?, ?)
            """))
      }
    } catch {
      throw StartupError("cannot read the journal \(path): \(error)")
    }
  }

  private static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("journal-1") { database in
      try database.execute(
        sql: """
          CREATE TABLE journal (
            seq INTEGER PRIMARY KEY,
            time_us INTEGER NOT NULL,
            account_id TEXT,
            kind INTEGER NOT NULL,
            payload BLOB NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32)
          ) STRICT;
          """)
    }
    migrator.registerMigration("journal-2-epochs") { database in
      try database.execute(
        sql: """
          CREATE TABLE epochs (
            epoch INTEGER PRIMARY KEY,
            after_seq INTEGER NOT NULL,
            id BLOB NOT NULL CHECK (length(id) = 16)
          ) STRICT;
          INSERT INTO epochs VALUES (1, 0, randomblob(16));
          """)
    }
    return migrator
  }

  /// The last epoch that began.
  static func readEpoch(_ database: Database) throws -> Int64 {
    guard try database.tableExists("epochs") else { return 1 }
    return try Int64.fetchOne(database, sql: "SELECT max(epoch) FROM epochs") ?? 1
  }

  /// Begins an epoch: what follows may have the numbers of entries that were lost.
  func begin(epoch: Int64) throws {
    try queue.writeWithoutTransaction { database in
      try database.execute(
        sql: "INSERT INTO epochs VALUES (?, ?, randomblob(16))", arguments: [epoch, head.seq])
    }
  }

  /// Lets the file grow to so many pages only: a full disk, as SQLite sees it.
  func limit(toPages pages: Int) throws {
    try queue.writeWithoutTransaction { database in
      try database.execute(sql: "PRAGMA max_page_count = \(pages)")
    }
  }

  /// Appends rows that were read from another journal.
  func append(_ rows: [StoredEntry], head: JournalHead) throws {
    try queue.writeWithoutTransaction { _ in
      guard let statements else { throw StoreError.failed("the journal is closed") }
      try statements.begin.run()
      for row in rows {
        try statements.insert.write(row)
      }
      try statements.commit.run()
    }
    self.head = head
    entriesInLog += rows.count
  }

  /// Appends entries with one wait for the disk.
  ///
  /// Throws ``StoreError/failed(_:)`` or ``StoreError/noSpace(_:)`` when nothing was appended for
  /// sure, and ``StoreError/outcomeUnknown(_:)`` when the commit itself failed: SQLite may report
  /// an error for a commit that is found when the file is opened again. Then ``displace()`` it.
  func append(_ batch: CommitBatch) throws(StoreError) {
    guard batch.previous == head else {
      throw .conflict(expectedSeq: batch.previous.seq, foundSeq: head.seq)
    }
    do {
      try queue.writeWithoutTransaction { _ in try insert(batch.entries) }
    } catch let error as StoreError {
      throw error
    } catch {
      throw .outcomeUnknown("\(error)")
    }
    head = batch.head
    entriesInLog += batch.entries.count
  }

  private func insert(_ entries: [SealedEntry]) throws {
    guard let statements else { throw StoreError.failed("the journal is closed") }
    do {
      try statements.begin.run()
      // Where they lie: an entry has a dozen parts, each of which a copy would count.
      try entries.withUnsafeBufferPointer { entries in
        for index in entries.indices { try statements.insert.write(entries[index]) }
      }
    } catch {
      // Fails when SQLite has rolled back by itself.
      try? statements.rollback.run()
      throw StoreError(writing: error)
    }
    do {
      try statements.commit.run()
    } catch {
      // Only a write says that there is no room: then what completes a commit was not written.
      if let error = error as? RawSQLError, error.isFull { throw StoreError(writing: error) }
      throw StoreError.outcomeUnknown("\(error)")
    }
  }

  /// Copies the log into the file when it has grown. After the callers of a batch were answered.
  func checkpointIfGrown() {
    guard entriesInLog >= pace.journalEntries else { return }
    entriesInLog = 0
    // When it fails the log just goes on growing until the next time.
    try? queue.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
  }

  /// Sees to it that a batch whose commit failed is not there and never will be.
  ///
  /// SQLite has rolled it back, but its pages may lie in the log as a whole commit, and would be
  /// found when the file is opened again. A commit of nothing takes their place: it overwrites the
  /// first of them, and the checksums of the others follow on that. What it writes is new, so its
  /// wait for the disk is a real one; after a failed wait the system may hold pages as clean that
  /// never reached the disk.
  ///
  /// The batch cannot be kept instead: its pages would have to reach the disk before the next
  /// copying of the log begins, and waiting for them once more need not do that.
  func displace() throws {
    try queue.writeWithoutTransaction { database in
      // Fails when SQLite has rolled back by itself.
      try? statements?.rollback.run()
      // Counts how often this was necessary; that it changes makes it a commit.
      let count = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
      try database.execute(sql: "PRAGMA user_version = \(count % 1_000_000 + 1)")
      let found = try Self.readHead(database)
      guard found == head else {
        throw StoreError.conflict(expectedSeq: head.seq, foundSeq: found.seq)
      }
    }
  }

  /// Closes without regard for what fails: what counts is read when the file is opened again.
  func abandon() {
    statements = nil
    try? queue.close()
  }

  /// Reads the entry `seq`, if there is one.
  func row(_ seq: Int64) throws -> StoredEntry? {
    try rows(afterSeq: seq - 1, limit: 1).first { $0.seq == seq }
  }

  /// Reads up to `limit` rows after `seq`, in order.
  func rows(afterSeq seq: Int64, limit: Int) throws -> [StoredEntry] {
    try queue.writeWithoutTransaction { try Self.rows($0, afterSeq: seq, limit: limit) }
  }

  /// Reads up to `limit` rows after `seq`, in order, on any connection to a journal.
  static func rows(
    _ database: Database, afterSeq seq: Int64, limit: Int
  ) throws -> [StoredEntry] {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT seq, time_us, account_id, kind, payload, hash FROM journal
        WHERE seq > ? ORDER BY seq LIMIT ?
        """, arguments: [seq, limit])
    var result: [StoredEntry] = []
    while let row = try rows.next() { result.append(try decode(row)) }
    return result
  }

  /// Reads up to `limit` of the rows in `range` that are about `account` and of one of `kinds`.
  func rows(
    in range: ClosedRange<Int64>, about account: AccountID?, of kinds: [Change.Kind], limit: Int
  ) throws -> [StoredEntry] {
    let list = kinds.map { String($0.rawValue) }.joined(separator: ", ")
    let sql = """
      SELECT seq, time_us, account_id, kind, payload, hash FROM journal
      WHERE seq BETWEEN ? AND ?
      \(account == nil ? "" : "AND account_id = ?") \(kinds.isEmpty ? "" : "AND kind IN (\(list))")
      ORDER BY seq LIMIT ?
      """
    var arguments: StatementArguments = [range.lowerBound, range.upperBound]
    if let account { arguments += [account.name] }
    arguments += [limit]
    return try queue.writeWithoutTransaction { database in
      let rows = try Row.fetchCursor(database, sql: sql, arguments: arguments)
      var result: [StoredEntry] = []
      while let row = try rows.next() { result.append(try Self.decode(row)) }
      return result
    }
  }

  func close() throws {
    statements = nil
    try DatabaseFile.checkpoint(queue)
    try queue.close()
  }

  private static func readHead(_ database: Database) throws -> JournalHead {
    let last = try Row.fetchOne(
      database,
      sql: """
        SELECT seq, time_us, account_id, kind, payload, hash FROM journal ORDER BY seq DESC LIMIT 1
        """)
    guard let last else { return .empty }
    let row = try decode(last)
    return JournalHead(seq: row.seq, time: row.time, hash: row.hash)
  }

  /// Reads a row without believing it: a damaged page can hold any value in any column.
  static func decode(_ row: Row) throws -> StoredEntry {
    let account: DatabaseValue = row["account_id"]
    guard let seq = Int64.fromDatabaseValue(row["seq"]),
      let time = Int64.fromDatabaseValue(row["time_us"]),
      let kind = Int64.fromDatabaseValue(row["kind"]),
      let payload = Data.fromDatabaseValue(row["payload"]),
      account.isNull || String.fromDatabaseValue(account) != nil
    else { throw StoreError.corrupted("a column of a journal row has the wrong type") }
    guard let hash = Data.fromDatabaseValue(row["hash"]).flatMap({ Digest(bytes: $0) }) else {
      throw StoreError.corrupted("a hash in the journal is not 32 bytes")
    }
    return StoredEntry(
      seq: seq, time: LedgerTime(microseconds: time),
      account: String.fromDatabaseValue(account).map { AccountID($0) }, kind: kind,
      payload: [UInt8](payload), hash: hash)
  }
}

extension RawStatement {
  fileprivate func write(_ entry: StoredEntry) throws {
    try write(
      seq: entry.seq, time: entry.time, account: entry.account, kind: entry.kind,
      payload: entry.payload, hash: entry.hash)
  }

  /// The same row as that of the entry's stored form.
  fileprivate func write(_ sealed: SealedEntry) throws {
    try write(
      seq: sealed.entry.seq, time: sealed.entry.time, account: sealed.entry.account,
      kind: Int64(sealed.entry.change.kind.rawValue), payload: sealed.payload, hash: sealed.hash)
  }

  private func write(
    seq: Int64, time: LedgerTime, account: AccountID?, kind: Int64, payload: [UInt8], hash: Digest
  ) throws {
    try run { row in
      row.integer(seq)
      row.integer(time.microseconds)
      row.optional(account?.name)
      row.integer(kind)
      row.blob(payload)
      hash.withBytes { row.blob($0) }
    }
  }
}
