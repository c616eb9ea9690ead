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

  let directory: DataDirectory

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
      let scratch = try ScratchState()
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
          for (name, mark) in known where row.seq == mark.seq && row.hash != mark.hash {
            throw LedgerBreak(
              .liveState, seq: row.seq, what: "\(name) hash", expected: row.hash.hexadecimal,
              found: mark.hash.hexadecimal)
          }
        }
        try scratch.apply(rows.filter { $0.seq <= tables?.seq ?? 0 })
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
    try naming("state.db", seq) {
      try DatabaseFile.examine(at: directory.file("state.db")) { database in
        try TableComparison.attach(scratch.file, to: database)
        return try TableComparison(database, asOf: seq).run()
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
