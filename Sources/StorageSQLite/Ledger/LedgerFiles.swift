import Foundation
import GRDB
import Ledger

/// Examines a ledger's files while no server uses them. Nothing is written to them.
///
/// ```
///   journal.db --rows--> LedgerAudit (chain, form, invariants)
///                  \---> a second state.db, in a scratch folder --row by row--> state.db
/// ```
public struct LedgerFiles {
  /// Rows of the journal that are read at once.
  private static let stepRows = 1_024

  private let directory: DataDirectory

  /// Claims the directory for the time of the examination.
  ///
  /// Throws when it holds no journal, or when another process uses it.
  public init(path: String) throws(StartupError) {
    guard FileManager.default.fileExists(atPath: path + "/journal.db") else {
      throw StartupError("\(path) holds no journal.db")
    }
    directory = try DataDirectory(path: path)
  }

  /// Recomputes everything from the journal and compares it with the tables.
  ///
  /// Reads the whole of both files and writes the tables a second time into a scratch folder.
  /// Throws ``StartupError`` when the examination itself is not possible; whatever is wrong with
  /// the files is in the report.
  ///
  /// - Parameter mark: a place that must be part of the journal.
  public func verify(containing mark: JournalMark? = nil) throws(StartupError) -> LedgerReport {
    var report = LedgerReport()
    var audit = LedgerAudit()
    do {
      let tables = try tablesHead()
      let scratch = try ScratchState(through: tables?.seq ?? 0)
      defer { scratch.remove() }
      try examineJournal(&audit, tables, mark, scratch)
      try requireIntegrity("journal.db", audit.head.seq)
      if tables != nil {
        report.accountsCompared = try compareTables(with: scratch, asOf: tables?.seq ?? 0)
        try requireIntegrity("state.db", tables?.seq ?? 0)
      }
    } catch let found as LedgerBreak {
      report.firstBreak = found
    } catch let error as StartupError {
      throw error
    } catch {
      throw StartupError("cannot examine \(directory.path): \(error)")
    }
    report.counts = audit.counts
    report.head = audit.head
    if audit.head.seq > 0 { report.range = 1...audit.head.seq }
    return report
  }

  /// What the tables say they stand for; nil when there are none.
  private func tablesHead() throws -> JournalHead? {
    let path = directory.file("state.db")
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try naming("state.db", 0) {
      try DatabaseFile.examine(at: path) { try StateReader.head($0) }
    }
  }

  private func examineJournal(
    _ audit: inout LedgerAudit, _ tables: JournalHead?, _ mark: JournalMark?,
    _ scratch: ScratchState
  ) throws {
    let known = [tables.map { ("state.db as_of", JournalMark($0)) }, mark.map { ("head", $0) }]
      .compactMap { $0 }
    try DatabaseFile.examine(at: directory.file("journal.db")) { database in
      while true {
        let rows = try naming("journal.db", audit.head.seq + 1) {
          try JournalDatabase.rows(database, afterSeq: audit.head.seq, limit: Self.stepRows)
        }
        if rows.isEmpty { break }
        for row in rows {
          try audit.examine(row)
          try scratch.apply(row)
          for (name, mark) in known where row.seq == mark.seq && row.hash != mark.hash {
            throw LedgerBreak(
              .liveState, seq: row.seq, what: "\(name) hash", expected: row.hash.hexadecimal,
              found: mark.hash.hexadecimal)
          }
        }
      }
    }
    try audit.finish()
    for (name, mark) in known where mark.seq > audit.head.seq {
      throw LedgerBreak(
        .sequence, seq: audit.head.seq + 1, what: "journal seq",
        expected: "entries up to \(mark.seq), as \(name) says", found: "the end")
    }
  }

  private func compareTables(with scratch: ScratchState, asOf seq: Int64) throws -> Int64 {
    let rebuilt = try scratch.finish()
    return try naming("state.db", seq) {
      try DatabaseFile.examine(at: directory.file("state.db")) { database in
        try TableComparison(database, rebuilt: rebuilt, asOf: seq).run()
      }
    }
  }

  /// The database's own structure: pages, and indexes against their tables.
  private func requireIntegrity(_ file: String, _ seq: Int64) throws {
    let verdict = try naming(file, seq) {
      try DatabaseFile.examine(at: directory.file(file)) { database in
        try String.fetchOne(database, sql: "PRAGMA integrity_check(1)")
      }
    }
    guard verdict != "ok" else { return }
    throw LedgerBreak(
      .form, seq: seq, what: "\(file) pages", expected: "ok", found: verdict ?? "nothing")
  }

  /// Turns what SQLite says about damage into a break.
  private func naming<Value>(
    _ file: String, _ seq: Int64, _ body: () throws -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch StoreError.corrupted(let detail) {
      throw LedgerBreak(
        .form, seq: seq, what: file, expected: "readable rows", found: detail)
    } catch let error as DatabaseError
      where [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR].contains(error.resultCode)
    {
      throw LedgerBreak(
        .form, seq: seq, what: file, expected: "a readable database",
        found: error.message ?? "\(error.resultCode)")
    }
  }
}

/// The tables, made a second time from the journal.
private final class ScratchState {
  private let path: String
  private let lastSeq: Int64
  private var database: StateDatabase?
  private var replay = LedgerReplay()
  private var chunk = StateChunk(head: .empty)

  /// Prepares tables that will stand for the entry `lastSeq`.
  init(through lastSeq: Int64) throws {
    self.lastSeq = lastSeq
    path = FileManager.default.temporaryDirectory.path + "/farebox-verify-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    database = try StateDatabase(path: path + "/state.db")
  }

  func remove() {
    try? database?.close()
    database = nil
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Carries out an entry that was found in order.
  func apply(_ row: StoredEntry) throws {
    guard row.seq <= lastSeq else { return }
    let (_, touched) = try replay.apply(
      seq: row.seq, time: row.time, account: row.account, payload: row.payload, hash: row.hash)
    chunk.add(touched, head: replay.head)
    if chunk.rowCount >= 4_096 { try write() }
  }

  /// Writes the rest and returns the path of the file.
  func finish() throws -> String {
    if chunk.head.seq > (database?.head.seq ?? 0) { try write() }
    try database?.close()
    database = nil
    return path + "/state.db"
  }

  private func write() throws {
    try database?.write(chunk)
    database?.checkpointIfGrown()
    chunk = StateChunk(head: chunk.head)
  }
}
