import GRDB
import Ledger
import Testing

@testable import StorageSQLite

@Suite("The latest whole answers")
struct RecentAnswersTests {
  private let temporary: TemporaryDirectory

  init() throws {
    temporary = try TemporaryDirectory()
  }

  /// A charge at `seq`; of four one was for a whole answer, of as many tokens as its seq.
  private func charge(_ seq: Int64) -> UsageRecord {
    UsageRecord(
      id: UsageID(seq: seq), account: "u",
      usage: seq % 4 == 1
        ? nil
        : TokenUsage(
          model: "m", inputTokens: 1, outputTokens: seq % 4 == 2 ? 0 : seq, cachedInputTokens: 0,
          reasoningTokens: 0),
      priceVersion: nil, debtMicros: seq, uncollectedMicros: 0, pins: [],
      chargedAt: LedgerTime(microseconds: seq), eventTime: LedgerTime(microseconds: seq),
      isLate: false, outcome: seq % 4 == 3 ? .cancelled : .complete, hold: nil, sessionID: "")
  }

  private func write(_ range: ClosedRange<Int64>, to database: StateDatabase) throws {
    let time = LedgerTime(microseconds: range.upperBound)
    let head = JournalHead(seq: range.upperBound, time: time, hash: .zero)
    try database.write(StateChunk(head: head, [range.map { .usage(charge($0)) }]))
  }

  private func outputs(_ database: StateDatabase) throws -> [Int64] {
    try database.read { try RecentAnswers.outputs($0).map(\.tokens) }
  }

  @Test("are told oldest first, those alone, in lists of any length")
  func told() throws {
    let database = try StateDatabase(path: temporary.path + "/state.db")
    try write(1...3, to: database)
    #expect(try outputs(database).isEmpty)
    try write(4...4, to: database)
    try write(5...4_000, to: database)
    try write(4_001...4_002, to: database)
    #expect(try outputs(database) == Array(stride(from: 4, through: 4_000, by: 4)))
    #expect(try database.read { try RecentAnswers.isWhole($0) })
    try database.close()
  }

  @Test("are dropped when so many newer ones are remembered, and never before")
  func trimmed() throws {
    let database = try StateDatabase(path: temporary.path + "/state.db")
    let most = Int64(ModelOutput.rememberedMax)
    try write(1...4, to: database)
    try write(5...4 * most, to: database)
    try database.write { try RecentAnswers.trim($0) }
    #expect(try outputs(database).first == 4)
    try write(4 * most + 1...4 * most + 4, to: database)
    try database.write { try RecentAnswers.trim($0) }
    #expect(try outputs(database).first == 8)
    let lists = try database.read { database in
      try Int64.fetchAll(
        database, sql: "SELECT last_usage_id FROM recent_answers ORDER BY last_usage_id")
    }
    #expect(lists.first == 4 * (1 + Int64(RecentAnswers.listMax)), "the first list was left")
    #expect(try database.read { try RecentAnswers.isWhole($0) })
    try database.close()
  }

  @Test("are missed when one of them is not listed, or another one is")
  func compared() throws {
    for (one, other) in [("[4,", "["), ("[4,", "[3,4,")] {
      let database = try StateDatabase(path: temporary.path + "/state\(other.count).db")
      try write(1...40, to: database)
      try database.write { database in
        try database.execute(
          sql: "UPDATE recent_answers SET usage_ids = replace(usage_ids, ?, ?)",
          arguments: [one, other])
      }
      #expect(try !database.read { try RecentAnswers.isWhole($0) })
      #expect(try outputs(database).last == 40 && !outputs(database).contains(3))
      try database.close()
    }
  }
}
