import Foundation
import GRDB
import Ledger
import LedgerConformance
import Testing

@testable import StorageSQLite

@Suite("Copies of a ledger")
struct LedgerCopiesTests {
  private let temporary: TemporaryDirectory
  private let clock = TestClock()

  init() throws {
    temporary = try TemporaryDirectory()
  }

  private func path(_ name: String) -> String { temporary.path + "/" + name }

  private static func attempt(_ key: String) -> Attempt { Attempt(principal: "p", key: key) }

  private func open(_ name: String) throws -> (SQLiteLedgerStore, CreditLedger) {
    let store = try SQLiteLedgerStore(directory: DataDirectory(path: path(name)))
    return (store, try CreditLedger(store: store, clock: clock))
  }

  private static func allocate(_ ledger: CreditLedger, _ keys: Range<Int>) async throws {
    for key in keys {
      let grant = AllocateCredits(account: "u", amountMicros: 5)
      _ = try await ledger.allocate(grant, by: Self.attempt("\(key)")).get()
    }
  }

  /// Each ledger is let go of when its function returns: only then is its folder free.
  private func backedUpOnline() async throws -> JournalHead {
    let (store, ledger) = try open("live")
    try await Self.allocate(ledger, 0..<50)
    let writing = Task { try await Self.allocate(ledger, 50..<150) }
    let head = try await Task.detached { [file = path("backup")] in
      try store.backup(to: file)
    }.value
    try await writing.value
    try await ledger.shutDown()
    return head
  }

  private func write(_ name: String, _ keys: Range<Int>) async throws {
    let (_, ledger) = try open(name)
    try await Self.allocate(ledger, keys)
    try await ledger.shutDown()
  }

  private func useRestored(_ head: JournalHead) async throws {
    let (again, restored) = try open("restored")
    #expect(restored.committedSeq == head.seq && again.epoch == 2)
    #expect(try await restored.balance(of: "u").balance.availableMicros == head.seq * 5)
    let replayed = try await restored.allocate(
      AllocateCredits(account: "u", amountMicros: 5), by: Self.attempt("0")
    ).get()
    #expect(replayed.isReplayed, "keys are restored with it")
    try await Self.allocate(restored, 900..<910)
    #expect(try await restored.verify().firstBreak == nil)
    try await restored.shutDown()
  }

  @Test("a backup is a whole ledger up to one entry, made while commits go on")
  func online() async throws {
    let head = try await backedUpOnline()
    #expect((50...150).contains(head.seq))
    #expect(throws: StartupError.self, "it overwrites") {
      try LedgerFiles(path: path("live")).backup(to: path("backup"))
    }
    let whole = try LedgerFiles(path: path("live")).verify(containing: JournalMark(head))
    #expect(whole.firstBreak == nil)

    #expect(try LedgerFiles.restore(from: path("backup"), to: path("restored")) == head)
    try await useRestored(head)
    let once = try LedgerFiles(path: path("restored")).backup(to: path("second"))
    #expect(once.seq == head.seq + 10)
    _ = try LedgerFiles.restore(from: path("second"), to: path("third"))
    let (third, last) = try open("third")
    #expect(third.epoch == 3)
    try await last.shutDown()
  }

  @Test("nothing is restored over a ledger, nor from what is none or is damaged")
  func refused() async throws {
    try await write("live", 0..<30)
    let head = try LedgerFiles(path: path("live")).backup(to: path("backup"))
    let error = #expect(throws: StartupError.self) {
      try LedgerFiles.restore(from: path("backup"), to: path("live"))
    }
    #expect(error?.description.contains("holds a ledger already") == true)
    #expect(throws: StartupError.self) {
      try LedgerFiles.restore(from: path("nothing"), to: path("new"))
    }
    try Data("no database".utf8).write(to: URL(fileURLWithPath: path("text")))
    #expect(throws: StartupError.self) {
      try LedgerFiles.restore(from: path("text"), to: path("new"))
    }
    let queue = try DatabaseQueue(path: path("backup"))
    try await queue.write { database in
      try database.execute(sql: "UPDATE journal SET time_us = time_us + 1 WHERE seq = 20")
    }
    try queue.close()
    let broken = #expect(throws: StartupError.self) {
      try LedgerFiles.restore(from: path("backup"), to: path("new"))
    }
    #expect(broken?.description.contains("entry 20") == true, "\(String(describing: broken))")
    #expect(!FileManager.default.fileExists(atPath: path("new") + "/journal.db"))
    #expect(try LedgerFiles(path: path("live")).verify().head == head)
  }

  @Test("a copy has its name when it is complete, and nothing stays of one that is not")
  func unfinished() async throws {
    try await write("live", 0..<30)
    let rows = try DatabaseFile.examine(at: path("live") + "/journal.db") {
      try JournalDatabase.rows($0, afterSeq: 0, limit: 100)
    }
    func names() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: temporary.path).sorted()
    }
    func begin(_ count: Int) throws {
      let copy = try JournalCopy(path: path("copy"))
      try copy.append(Array(rows[..<count]))
      #expect(copy.lastSeq == Int64(count))
      #expect(try names().contains("copy.partial"))
      let error = #expect(throws: StartupError.self) { try copy.finish(through: 30, epoch: 1) }
      #expect(error?.description == "the journal ends at entry \(count), not at 30")
    }
    try begin(0)
    try begin(29)
    #expect(try names() == ["live"])
    func skip() throws {
      let copy = try JournalCopy(path: path("copy"))
      try copy.append([rows[0]])
      #expect(throws: LedgerBreak.self) { try copy.append([rows[2]]) }
      #expect(throws: StartupError.self) { try copy.finish(through: 1, epoch: 0) }
    }
    try skip()
    #expect(try names() == ["live"])
    func finish() throws -> JournalHead {
      let copy = try JournalCopy(path: path("copy"))
      for row in rows { try copy.append([row]) }
      return try copy.finish(through: 30, epoch: 4)
    }
    #expect(try finish().hash == rows.last?.hash)
    #expect(try names() == ["copy", "live"])
    let attributes = try FileManager.default.attributesOfItem(atPath: path("copy"))
    #expect(attributes[.posixPermissions] as? Int == 0o600, "it tells what everybody did")
    #expect(throws: StartupError.self, "it overwrites") { try JournalCopy(path: path("copy")) }
    _ = try LedgerFiles.restore(from: path("copy"), to: path("restored"))
    let (again, ledger) = try open("restored")
    #expect(again.epoch == 5)
    try await ledger.shutDown()
  }

  @Test("files in use are said to be")
  func inUse() async throws {
    let (_, ledger) = try open("live")
    try await Self.allocate(ledger, 0..<1)
    let error = #expect(throws: StartupError.self) { try LedgerFiles(path: path("live")) }
    #expect(error?.isInUse == true)
    let none = #expect(throws: StartupError.self) { try LedgerFiles(path: path("none")) }
    #expect(none?.isInUse == false)
    try await ledger.shutDown()
  }

  @Test("damaged tables are refused with what to do, and made anew from the journal")
  func rebuild() async throws {
    try await write("live", 0..<30)
    try Data(repeating: 0x41, count: 8_192).write(
      to: URL(fileURLWithPath: path("live") + "/state.db"))
    let error = #expect(throws: StartupError.self) { try open("live") }
    let advice = error?.description ?? ""
    #expect(advice.contains("farebox ledger rebuild"), "\(advice)")
    #expect(try LedgerFiles(path: path("live")).rebuild().seq == 30)
    #expect(try LedgerFiles(path: path("live")).verify().firstBreak == nil)
    try Data(repeating: 0x41, count: 8_192).write(
      to: URL(fileURLWithPath: path("live") + "/journal.db"))
    let lost = #expect(throws: StartupError.self) { try open("live") }
    #expect(lost?.description.contains("farebox ledger restore") == true)
  }

  @Test("a server's own examination finds what was changed in its tables, of any account")
  func editedTables() async throws {
    let store = try SQLiteLedgerStore(directory: DataDirectory(path: path("live")))
    let ledger = try CreditLedger(
      store: store, clock: clock, configuration: .init(accountsInMemoryMax: 3))
    for number in 0..<20 {
      let grant = AllocateCredits(account: AccountID("u\(number)"), amountMicros: 5)
      _ = try await ledger.allocate(grant, by: Self.attempt("\(number)")).get()
    }
    try store.catchUp(to: ledger.committedSeq)
    let report = try await ledger.verify()
    #expect(report.firstBreak == nil && report.accountsCompared == 20)
    let queue = try DatabaseQueue(path: path("live") + "/state.db")
    try await queue.write { database in
      try database.execute(sql: "UPDATE accounts SET debt_micros = 7 WHERE account_id = 'u4'")
    }
    try queue.close()
    let found = try await ledger.verify().firstBreak
    #expect(found?.rule == .liveState && found?.what == "accounts u4 debt_micros")
    #expect(found?.expected == "0" && found?.found == "7")
    try await ledger.shutDown()
  }

  @Test("a full file refuses commands with a reason, and takes them when there is room again")
  func fullFile() async throws {
    let store = try SQLiteLedgerStore(directory: DataDirectory(path: path("live")))
    let ledger = try CreditLedger(
      store: store, clock: clock, configuration: .init(recoveryPause: .milliseconds(1)))
    try await Self.allocate(ledger, 0..<5)
    try store.limitJournal(toPages: 12)
    var refused: Refusal?
    var accepted = 5
    while refused == nil, accepted < 2_000 {
      let grant = AllocateCredits(
        account: "u", amountMicros: 5, notes: String(repeating: "n", count: 900))
      switch await ledger.allocate(grant, by: Self.attempt("more \(accepted)")) {
      case .success: accepted += 1
      case .failure(let refusal): refused = refusal
      }
    }
    #expect(refused == .storageFull)
    #expect(try await ledger.balance(of: "u").balance.availableMicros == Int64(accepted) * 5)
    try store.limitJournal(toPages: 1_000_000)
    try await Task.sleep(for: .milliseconds(5))
    try await Self.allocate(ledger, 5..<10)
    #expect(ledger.committedSeq == Int64(accepted) + 5 && ledger.stopReason == nil)
    #expect(try await ledger.verify().firstBreak == nil)
    try await ledger.shutDown()
  }
}
