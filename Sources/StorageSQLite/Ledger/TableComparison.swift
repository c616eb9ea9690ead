import Foundation
import GRDB
import Ledger

/// Compares the tables of two state files, every column of every row.
struct TableComparison {
  private let database: Database
  private let seq: Int64

  /// - Parameters:
  ///   - database: a connection to the live file, which stays as it is, with the other attached.
  ///   - seq: the journal entry that both stand for.
  init(_ database: Database, asOf seq: Int64) {
    self.database = database
    self.seq = seq
  }

  /// Attaches the file with what must be there. Outside of a transaction.
  static func attach(_ rebuilt: String, to database: Database) throws {
    try database.execute(sql: "ATTACH DATABASE ? AS rebuilt", arguments: [rebuilt])
  }

  /// Throws the first difference, as a ``LedgerBreak``; returns how many accounts agree.
  func run() throws -> Int64 {
    let tables = try String.fetchAll(
      database,
      sql: """
        SELECT name FROM rebuilt.sqlite_master
        WHERE name = 'idempotency_keys' OR (type = 'table' AND name NOT LIKE 'sqlite_%'
          AND name NOT LIKE 'grdb_%' AND name NOT IN ('due', 'merged_keys', 'recent_keys',
          'account_items', 'account_items_end', 'recent_answers'))
        ORDER BY name
        """)
    for table in tables { try compare(table) }
    try requireSweeps()
    guard try AccountItems.isWhole(database) else {
      throw LedgerBreak(
        .liveState, seq: seq, what: "account_items", expected: "the holds and charges",
        found: "others")
    }
    guard try RecentAnswers.isWhole(database) else {
      throw LedgerBreak(
        .liveState, seq: seq, what: "recent_answers", expected: "the latest whole answers",
        found: "others")
    }
    return try Int64.fetchOne(database, sql: "SELECT count(*) FROM rebuilt.accounts") ?? 0
  }

  private func compare(_ table: String) throws {
    let missing = try first(table, in: "rebuilt", notIn: "main")
    let extra = try first(table, in: "main", notIn: "rebuilt")
    guard let key = (missing ?? extra)?.databaseValues.first else { return }
    let expected = try row(table, key, in: "rebuilt")
    let found = try row(table, key, in: "main")
    let name = "\(table) \(key.text)"
    guard let expected, let found else {
      throw LedgerBreak(
        .liveState, seq: seq, what: name, expected: expected == nil ? "no row" : "a row",
        found: found == nil ? "no row" : "a row")
    }
    for (column, value) in expected {
      let other: DatabaseValue = found[column]
      guard value != other else { continue }
      throw LedgerBreak(
        .liveState, seq: seq, what: "\(name) \(column)", expected: value.text, found: other.text)
    }
  }

  /// No account is swept later than what comes due: the list says when, or earlier.
  private func requireSweeps() throws {
    let missed = try Row.fetchOne(
      database,
      sql: """
        SELECT e.account_id AS id, min(e.instant) AS instant, d.due_at_us AS listed FROM (
          SELECT account_id, expires_at_us + ? AS instant FROM main.holds WHERE state = 1
          UNION ALL
          SELECT account_id, expires_at_us FROM main.allocations
          WHERE expires_at_us IS NOT NULL AND available_micros > 0
        ) e LEFT JOIN main.due d ON d.account_id = e.account_id
        WHERE d.due_at_us IS NULL OR d.due_at_us > e.instant
        GROUP BY e.account_id LIMIT 1
        """, arguments: [Self.graceMicroseconds])
    guard let missed else { return }
    let listed: DatabaseValue = missed["listed"]
    throw LedgerBreak(
      .liveState, seq: seq, what: "due \(missed["id"] as String) due_at_us",
      expected: "at most \(missed["instant"] as Int64)", found: listed.text)
  }

  private static let graceMicroseconds =
    LedgerLimits.settleGrace / Duration.microseconds(1)

  private func first(_ table: String, in one: String, notIn other: String) throws -> Row? {
    try Row.fetchOne(
      database,
      sql: """
        SELECT * FROM \(one)."\(table)" EXCEPT SELECT * FROM \(other)."\(table)"
        ORDER BY 1 LIMIT 1
        """)
  }

  private func row(_ table: String, _ key: DatabaseValue, in schema: String) throws -> Row? {
    let columns = try database.columns(in: table, in: schema)
    guard let first = columns.first?.name else { return nil }
    return try Row.fetchOne(
      database, sql: "SELECT * FROM \(schema).\"\(table)\" WHERE \"\(first)\" = ?",
      arguments: [key])
  }
}

extension DatabaseValue {
  /// The value for people: bytes as hexadecimal digits.
  fileprivate var text: String {
    switch storage {
    case .null: "nothing"
    case .int64(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): value
    case .blob(let data): data.map { String(format: "%02x", $0) }.joined()
    }
  }
}
