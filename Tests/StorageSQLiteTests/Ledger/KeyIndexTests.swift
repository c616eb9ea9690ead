import GRDB
import Ledger
import Testing

@testable import StorageSQLite

@Suite("The index of idempotency keys")
struct KeyIndexTests {
  private let temporary: TemporaryDirectory
  private var path: String { temporary.path + "/state.db" }

  init() throws {
    temporary = try TemporaryDirectory()
  }

  private func digest(_ number: Int64) -> Digest {
    Digest(hashing: Array("key \(number)".utf8))
  }

  /// Writes the keys of so many entries, in chunks, as the materialiser does.
  private func write(
    _ seqs: ClosedRange<Int64>, to database: StateDatabase, _ index: KeyIndex
  ) throws {
    for first in stride(from: seqs.lowerBound, through: seqs.upperBound, by: 8_192) {
      let last = min(first + 8_191, seqs.upperBound)
      let chunk = StateChunk(
        head: JournalHead(seq: last, time: database.head.time, hash: .zero),
        [(first...last).map { .key(digest($0), seq: $0) }])
      let bite = index.nextBite(beside: chunk.keys.count)
      try database.write(chunk, merging: bite)
      index.finish(bite)
      index.note(chunk.keys.map { KeyEntry($0.digest, seq: $0.seq) }, through: last)
    }
  }

  private func count(_ table: String, in database: StateDatabase) throws -> Int {
    try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
  }

  private func requireFound(_ seqs: [Int64], by index: KeyIndex) throws {
    let found = try index.entries(of: seqs.map(digest))
    for seq in seqs {
      #expect(found.contains { $0.key == digest(seq) && $0.seq == seq }, "key \(seq)")
    }
  }

  @Test("finds every key, recent or merged, and after the files were opened again")
  func merging() throws {
    let database = try StateDatabase(path: path)
    let reader = try DatabaseFile.openReader(at: path)
    let index = try KeyIndex(reader)
    let end: Int64 = 160_000
    try write(1...end, to: database, index)
    #expect(try count("merged_keys", in: database) > 60_000)
    #expect(try count("recent_keys, json_each(hash_by_seq)", in: database) < 130_000)
    #expect(try count("idempotency_keys", in: database) == Int(end))
    let some = Array(stride(from: Int64(1), through: end, by: 997)) + [end]
    try requireFound(some, by: index)
    index.close()
    try reader.close()

    let again = try DatabaseFile.openReader(at: path)
    let reopened = try KeyIndex(again)
    try requireFound(some, by: reopened)  // The filter may not know yet.
    reopened.fill(from: path)
    try requireFound(some, by: reopened)
    try write(end + 1...end + 10_000, to: database, reopened)
    try requireFound(some + [end + 1, end + 10_000], by: reopened)
    #expect(try reopened.entries(of: [digest(-1), digest(0)]).isEmpty)
    reopened.close()
    try again.close()
    try database.close()
  }

  @Test("tells both entries of two keys that start alike")
  func collision() throws {
    let database = try StateDatabase(path: path)
    let reader = try DatabaseFile.openReader(at: path)
    let index = try KeyIndex(reader)
    let one = digest(1)
    var bytes = one.bytes
    bytes[31] ^= 1
    let other = try #require(Digest(bytes: bytes))
    index.note([KeyEntry(one, seq: 1), KeyEntry(other, seq: 2)], through: 2)
    for key in [one, other] {
      #expect(try index.entries(of: [key]).map(\.seq).sorted() == [1, 2])
    }
    index.close()
    try reader.close()
    try database.close()
  }

  @Test("the filter holds what was added, at any size, and little else")
  func filter() {
    var filter = KeyFilter(keys: 1)
    for number in 0..<Int64(200_000) { filter.add(digest(number).keyBits) }
    for number in stride(from: Int64(0), to: 200_000, by: 101) {
      #expect(filter.mayHold(digest(number).keyBits))
    }
    let strangers = (1...5_000).filter { filter.mayHold(digest(Int64(-$0)).keyBits) }
    #expect(strangers.count < 500)
  }
}
