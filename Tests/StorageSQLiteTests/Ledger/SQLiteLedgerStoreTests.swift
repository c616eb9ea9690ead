import Foundation
import GRDB
import Ledger
import LedgerConformance
import StorageSQLite
import Testing

@Suite("The ledger's store on SQLite")
struct SQLiteLedgerStoreTests {
  private let temporary: TemporaryDirectory
  private let directory: DataDirectory

  init() throws {
    temporary = try TemporaryDirectory()
    directory = try DataDirectory(path: temporary.path)
  }

  private var conformance: StoreConformance {
    StoreConformance { [directory] in try SQLiteLedgerStore(directory: directory) }
  }

  @Test("continues after reopening") func continues() async throws {
    try await conformance.continuesAfterReopening()
  }

  @Test("remembers alerts") func alerts() async throws {
    try await conformance.remembersAlerts()
  }

  @Test("remembers keys") func keys() async throws {
    try await conformance.remembersKeys()
  }

  @Test("forgets answers, never keys") func answers() async throws {
    try await conformance.forgetsAnswers()
  }

  @Test("remembers ended holds") func endedHolds() async throws {
    try await conformance.remembersEndedHolds()
  }

  @Test("lists usage") func usage() async throws {
    try await conformance.listsUsage()
  }

  @Test("lists holds") func holds() async throws {
    try await conformance.listsHolds()
  }

  @Test("filters usage") func usageFilters() async throws {
    try await conformance.filtersUsage()
  }

  @Test("lists the journal") func journal() async throws {
    try await conformance.listsJournal()
  }

  @Test("refuses stale commits") func staleCommits() throws {
    try conformance.refusesStaleCommits()
  }

  @Test("hundreds of accounts answer the same with ten in memory as with all")
  func smallMemory() async throws {
    let seed = UInt64.random(in: 0..<1_000_000)
    print("small memory on SQLite: seed \(seed)")
    let other = try TemporaryDirectory()
    var test = SmallMemory(seed: seed, accounts: 150, commands: 450)
    try await test.run(
      small: try SQLiteLedgerStore(directory: directory),
      large: try SQLiteLedgerStore(directory: DataDirectory(path: other.path)))
  }

  // MARK: Rebuilding

  private func runHistory(_ seed: UInt64) async throws {
    var history = RandomHistory(seed: seed, restartPercent: 3)
    try await history.run { [directory] in try SQLiteLedgerStore(directory: directory) }
  }

  /// Every row of every table, as text.
  private func dump() throws -> [String] {
    let queue = try DatabaseQueue(path: directory.file("state.db"))
    defer { try? queue.close() }
    return try queue.read { database in
      var lines: [String] = []
      let tables = [
        "as_of", "accounts", "allocations", "holds", "usage", "prices", "idempotency_keys",
      ]
      for table in tables {
        let rows = try Row.fetchAll(database, sql: "SELECT * FROM \(table) ORDER BY 1")
        lines += rows.map { "\(table) \($0.databaseValues)" }
      }
      return lines
    }
  }

  @Test("rebuilds its tables from the journal alone, row by row the same")
  func rebuild() async throws {
    let seed = UInt64.random(in: 0..<1_000_000)
    print("rebuild: seed \(seed)")
    try await runHistory(seed)
    let before = try dump()
    #expect(before.count > 100)
    try SQLiteLedgerStore.discardState(in: directory)
    try SQLiteLedgerStore(directory: directory).close()
    #expect(try dump() == before)
  }

  @Test("replays what the tables do not show yet, from wherever they stand")
  func replay() async throws {
    try await runHistory(11)
    let before = try dump()
    let old = temporary.path + "/old.db"
    try FileManager.default.copyItem(atPath: directory.file("state.db"), toPath: old)
    let clock = TestClock(LedgerTime(microseconds: 1_800_000_000_000_000))
    let ledger = try CreditLedger(store: SQLiteLedgerStore(directory: directory), clock: clock)
    for number in 0..<50 {
      _ = await ledger.allocate(
        AllocateCredits(account: "dora", amountMicros: 5),
        by: Attempt(principal: "p", key: "replay \(number)"))
    }
    try await ledger.shutDown()
    let after = try dump()
    #expect(after != before)
    try SQLiteLedgerStore.discardState(in: directory)
    try FileManager.default.copyItem(atPath: old, toPath: directory.file("state.db"))
    try SQLiteLedgerStore(directory: directory).close()
    #expect(try dump() == after)
  }

  // MARK: Refusing to start

  @Test("a second process is refused with a reason that names the lock")
  func secondProcess() throws {
    let error = #expect(throws: StartupError.self) { try DataDirectory(path: temporary.path) }
    #expect(error?.description.contains("another process uses this data directory") == true)
  }

  @Test("a second store on the same files is refused")
  func secondStore() throws {
    let store = try SQLiteLedgerStore(directory: directory)
    #expect(throws: StartupError.self) { try SQLiteLedgerStore(directory: directory) }
    try store.close()
  }

  @Test("tables of another journal, or ahead of it, are refused")
  func foreignTables() async throws {
    try await runHistory(5)
    let journal = directory.file("journal.db")
    try FileManager.default.removeItem(atPath: journal)
    let ahead = #expect(throws: StartupError.self) { try SQLiteLedgerStore(directory: directory) }
    let reason = ahead?.description ?? ""
    #expect(reason.contains("do not belong together"), "\(reason)")
  }

  @Test("a journal entry that was edited by hand is refused when it is replayed")
  func editedJournal() async throws {
    try await runHistory(5)
    let queue = try DatabaseQueue(path: directory.file("journal.db"))
    try await queue.write { database in
      try database.execute(sql: "UPDATE journal SET time_us = time_us + 1 WHERE seq = 20")
    }
    try queue.close()
    try SQLiteLedgerStore.discardState(in: directory)
    let error = #expect(throws: StartupError.self) { try SQLiteLedgerStore(directory: directory) }
    #expect(error?.description.contains("journal entry 20") == true, "\(String(describing: error))")
  }

  @Test("tables that do not add up stop the ledger")
  func editedState() async throws {
    try await runHistory(5)
    // Whatever the history left: something that is loaded at the start.
    let clock = TestClock(LedgerTime(microseconds: 1_800_000_000_000_000))
    let ledger = try CreditLedger(store: SQLiteLedgerStore(directory: directory), clock: clock)
    _ = await ledger.allocate(
      AllocateCredits(account: "dora", amountMicros: 5),
      by: Attempt(principal: "p", key: "something unspent"))
    try await ledger.shutDown()
    let queue = try DatabaseQueue(path: directory.file("state.db"))
    try await queue.write { database in
      try database.execute(
        sql: """
          PRAGMA ignore_check_constraints = 1;
          UPDATE allocations SET available_micros = available_micros + 1
          WHERE available_micros > 0 OR held_micros > 0;
          """)
    }
    try queue.close()
    let again = try CreditLedger(store: SQLiteLedgerStore(directory: directory), clock: clock)
    await #expect(throws: Refusal.ledgerStopped) { try await again.balance(of: "dora") }
    let reason = again.stopReason?.description ?? ""
    #expect(reason.contains("do not add up"), "\(reason)")
    try await again.shutDown()
  }

  @Test("an index that lists an ended hold as open stops the ledger")
  func staleIndex() async throws {
    let clock = TestClock()
    let by = { Attempt(principal: "p", key: $0) }
    let ledger = try CreditLedger(store: SQLiteLedgerStore(directory: directory), clock: clock)
    _ = try await ledger.allocate(
      AllocateCredits(account: "dora", amountMicros: 5), by: by("grant")).get()
    _ = try await ledger.openHold(
      OpenHold(account: "dora", charge: .micros(3)), by: by("hold")).get()
    try await ledger.shutDown()
    let file = directory.file("state.db")
    let index = try await forgetIndex("holds_open", in: file)
    let queue = try DatabaseQueue(path: file)
    try await queue.writeWithoutTransaction { database in
      try database.execute(sql: "UPDATE holds SET state = 2, ended_at_us = expires_at_us")
      try database.execute(sql: "PRAGMA writable_schema = 1")
      try database.execute(
        sql: "INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", arguments: index)
    }
    try queue.close()
    let again = try CreditLedger(store: SQLiteLedgerStore(directory: directory), clock: clock)
    await #expect(throws: Refusal.ledgerStopped) { try await again.balance(of: "dora") }
    let reason = again.stopReason?.description ?? ""
    #expect(reason.contains("it has ended, and is listed as open"), "\(reason)")
    try await again.shutDown()
  }

  /// Takes an index out of the schema, so that it is not kept up, and returns its row there.
  private func forgetIndex(_ name: String, in file: String) async throws -> StatementArguments {
    let queue = try DatabaseQueue(path: file)
    defer { try? queue.close() }
    return try await queue.writeWithoutTransaction { database in
      let row = try Row.fetchOne(
        database, sql: "SELECT * FROM sqlite_schema WHERE name = ?", arguments: [name])
      let values = try #require(row).databaseValues
      try database.execute(sql: "PRAGMA writable_schema = 1")
      try database.execute(sql: "DELETE FROM sqlite_schema WHERE name = ?", arguments: [name])
      return StatementArguments(values)
    }
  }

  @Test("a file that is no database is refused")
  func noDatabase() throws {
    try Data(repeating: 0x41, count: 8_192).write(
      to: URL(fileURLWithPath: directory.file("journal.db")))
    #expect(throws: StartupError.self) { try SQLiteLedgerStore(directory: directory) }
  }
}
