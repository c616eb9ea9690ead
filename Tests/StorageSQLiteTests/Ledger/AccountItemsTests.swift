import GRDB
import Ledger
import Testing

@testable import StorageSQLite

@Suite("The holds and charges of an account")
struct AccountItemsTests {
  private let temporary: TemporaryDirectory

  init() throws {
    temporary = try TemporaryDirectory()
  }

  /// 300 charges by deduction, of three accounts in turn.
  private func charges() -> [UsageRecord] {
    (1...300).map { seq in
      UsageRecord(
        id: UsageID(seq: seq), account: AccountID("account\(seq % 3)"), usage: nil,
        priceVersion: nil, debtMicros: seq, uncollectedMicros: 0, pins: [],
        chargedAt: LedgerTime(microseconds: seq), eventTime: LedgerTime(microseconds: seq),
        isLate: false, outcome: .complete, hold: nil, sessionID: "")
    }
  }

  @Test("are listed alike wherever their index ends, page by page")
  func pages() throws {
    let database = try StateDatabase(path: temporary.path + "/state.db")
    let head = JournalHead(seq: 300, time: LedgerTime(microseconds: 300), hash: .zero)
    try database.write(StateChunk(head: head, [charges().map { .usage($0) }]))
    let wanted = (1...300).filter { $0 % 3 == 1 }.map(Int64.init)
    for step in [0, 100, 150, 50] as [Int64] {
      try database.write { database in
        let end = try AccountItems.end(database)
        guard step > 0 else { return }
        #expect(try AccountItems.extend(from: end, by: step, database) == end + step)
      }
      var listed: [Int64] = []
      var after: Int64? = 0
      while let cursor = after {
        let query = UsageQuery(account: "account1", afterSeq: cursor, limit: 7)
        let page = try database.read { try StateReader.usage(query, $0) }
        listed += page.records.map(\.seq)
        after = page.nextSeq
      }
      #expect(listed == wanted, "after a step of \(step)")
      #expect(try database.read { try AccountItems.isWhole($0) })
    }
    let bounded = UsageQuery(account: "account1", throughSeq: 10, limit: 7)
    #expect(try database.read { try StateReader.usage(bounded, $0) }.records.count == 4)
    try database.write { database in
      try database.execute(
        sql: "UPDATE account_items SET seqs = replace(seqs, '[1,', '[')")
    }
    #expect(try !database.read { try AccountItems.isWhole($0) })
    try database.close()
  }
}

extension StateDatabase {
  /// Changes the file as nobody does.
  func write(_ body: (Database) throws -> Void) throws { try read(body) }
}
