import Foundation
import GRDB
import Ledger
import LedgerConformance
import StorageSQLite
import Testing

@Suite("The examination of a ledger's files")
struct LedgerFilesTests {
  private let temporary: TemporaryDirectory

  init() throws {
    temporary = try TemporaryDirectory()
  }

  private func path(_ name: String) -> String { temporary.path + "/" + name }

  /// Writes a random history; its files are closed.
  private func runHistory(_ seed: UInt64) async throws {
    let directory = try DataDirectory(path: temporary.path)
    var history = RandomHistory(seed: seed, restartPercent: 2)
    try await history.run { try SQLiteLedgerStore(directory: directory) }
  }

  private func verify(containing mark: JournalMark? = nil) throws -> LedgerReport {
    try LedgerFiles(path: temporary.path).verify(containing: mark)
  }

  private func edit(_ file: String, _ sql: String) throws {
    let queue = try DatabaseQueue(path: path(file))
    try queue.writeWithoutTransaction { database in
      try database.execute(sql: "PRAGMA ignore_check_constraints = 1; " + sql)
      _ = try database.checkpoint(.truncate)
    }
    try queue.close()
  }

  @Test("untouched files are in order, and stay as they are")
  func intact() async throws {
    try await runHistory(3)
    func contents() throws -> [String: Data] {
      let names = try FileManager.default.contentsOfDirectory(atPath: temporary.path)
      return try Dictionary(
        uniqueKeysWithValues: names.map { name in
          (name, try Data(contentsOf: URL(fileURLWithPath: path(name))))
        })
    }
    let before = try contents()
    let report = try verify()
    #expect(report.firstBreak == nil)
    #expect(report.counts.entries == report.head.seq && report.head.seq > 50)
    #expect(report.accountsCompared == report.counts.accounts && report.counts.keys > 50)
    #expect(try contents() == before)
    #expect(try verify(containing: JournalMark(report.head)).firstBreak == nil)
  }

  @Test("files that a killed server left behind are examined with their logs")
  func killed() async throws {
    let directory = try DataDirectory(path: temporary.path)
    let store = try SQLiteLedgerStore(directory: directory)
    let ledger = try CreditLedger(store: store, clock: TestClock())
    for number in 0..<20 {
      let grant = AllocateCredits(account: "u", amountMicros: 5)
      _ = await ledger.allocate(grant, by: Attempt(principal: "p", key: "\(number)"))
    }
    let copy = path("copy")
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
    for name in ["journal.db", "journal.db-wal", "state.db", "state.db-wal"] {
      try FileManager.default.copyItem(atPath: path(name), toPath: copy + "/" + name)
    }
    let report = try LedgerFiles(path: copy).verify()
    #expect(report.firstBreak == nil && report.head.seq == 20, "\(report)")
    try await ledger.shutDown()
  }

  @Test("each kind of damage is named by rule and entry")
  func damage() async throws {
    try await runHistory(5)
    let end = try verify().head.seq
    let files = ["journal.db", "state.db"]
    for file in files {
      try FileManager.default.copyItem(atPath: path(file), toPath: path(file + ".good"))
    }
    let swap = """
      UPDATE journal SET seq = -20 WHERE seq = 20; UPDATE journal SET seq = 20 WHERE seq = 21;
      UPDATE journal SET seq = 21 WHERE seq = -20
      """
    let flip = """
      UPDATE journal
      SET payload = CAST(substr(payload, 1, 5) || x'FF' || substr(payload, 7) AS BLOB)
      WHERE seq = 20
      """
    let rows: [(file: String, sql: String, LedgerBreak.Rule, seq: Int64, what: String)] = [
      ("journal.db", flip, .hashChain, 20, "journal hash"),
      ("journal.db", "DELETE FROM journal WHERE seq = 20", .sequence, 20, "journal seq"),
      ("journal.db", "DELETE FROM journal WHERE seq = 1", .sequence, 1, "journal seq"),
      ("journal.db", swap, .hashChain, 20, "journal hash"),
      (
        "journal.db", "UPDATE journal SET time_us = time_us - 1 WHERE seq = 20", .hashChain, 20,
        "journal hash"
      ),
      (
        "journal.db", "UPDATE journal SET account_id = 'mallory' WHERE seq = 20", .hashChain, 20,
        "journal hash"
      ),
      (
        "journal.db", "UPDATE journal SET kind = kind % 9 + 1 WHERE seq = 20", .form, 20,
        "journal kind"
      ),
      (
        "journal.db", "UPDATE journal SET hash = zeroblob(32) WHERE seq = \(end)", .hashChain, end,
        "journal hash"
      ),
      ("journal.db", "DELETE FROM journal WHERE seq = \(end)", .sequence, end, "journal seq"),
      (
        "state.db", "UPDATE as_of SET hash = zeroblob(32)", .liveState, end, "state.db as_of hash"
      ),
      (
        "state.db", "UPDATE accounts SET debt_micros = debt_micros + 1 WHERE account_id = 'alice'",
        .liveState, end, "accounts alice debt_micros"
      ),
      (
        "state.db",
        "UPDATE allocations SET amount_micros = amount_micros + 1 WHERE allocation_id = "
          + "(SELECT max(allocation_id) FROM allocations)",
        .liveState, end, "allocations"
      ),
      (
        "state.db", "DELETE FROM usage WHERE usage_id = (SELECT max(usage_id) FROM usage)",
        .liveState, end, "usage"
      ),
      (
        "state.db", "INSERT INTO merged_keys VALUES (42, 1)", .liveState, end,
        "idempotency_keys"
      ),
    ]
    for row in rows {
      try edit(row.file, row.sql)
      let found = try verify().firstBreak
      #expect(
        found?.rule == row.2 && found?.seq == row.seq && found?.what.hasPrefix(row.what) == true,
        "\(row.sql): \(String(describing: found))")
      for file in files {
        for name in [file, file + "-wal", file + "-shm"] {
          try? FileManager.default.removeItem(atPath: path(name))
        }
        try FileManager.default.copyItem(atPath: path(file + ".good"), toPath: path(file))
      }
    }
    #expect(try verify().firstBreak == nil)
  }

  @Test("a journal that was cut off together with its tables is noticed by an earlier head")
  func cutOff() async throws {
    try await runHistory(7)
    let whole = try verify()
    try edit("journal.db", "DELETE FROM journal WHERE seq > 30")
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
      try? FileManager.default.removeItem(atPath: path(name))
    }
    #expect(try verify().firstBreak == nil)
    let found = try verify(containing: JournalMark(whole.head)).firstBreak
    #expect(found?.rule == .sequence && found?.seq == 31)
  }

  @Test("any single flipped bit of the files is noticed, or harmless")
  func bitFlips() async throws {
    let seed = UInt64.random(in: 0..<1_000_000)
    print("bit flips: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    try await runHistory(seed)
    let whole = try verify()
    var noticed = 0
    for file in ["journal.db", "state.db"] {
      let good = try Data(contentsOf: URL(fileURLWithPath: path(file)))
      for _ in 0..<60 {
        var bad = good
        let place = Int.random(in: 0..<bad.count, using: &random)
        bad[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        try bad.write(to: URL(fileURLWithPath: path(file)))
        let report: LedgerReport
        do {
          report = try verify()
        } catch {
          // It cannot even be opened.
          noticed += 1
          continue
        }
        if report.firstBreak != nil { noticed += 1 }
        #expect(
          report.firstBreak != nil || report.head == whole.head, "byte \(place) of \(file)")
      }
      try good.write(to: URL(fileURLWithPath: path(file)))
    }
    #expect(noticed > 15)
  }

  @Test("a folder without a journal, and one in use, are refused")
  func refused() async throws {
    #expect(throws: StartupError.self) { try LedgerFiles(path: path("nowhere")) }
    #expect(!FileManager.default.fileExists(atPath: path("nowhere")))
    try await runHistory(1)
    let claim = try DataDirectory(path: temporary.path)
    #expect(throws: StartupError.self) { try LedgerFiles(path: claim.path) }
  }
}
