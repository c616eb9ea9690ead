import LedgerConformance
import Testing

@testable import Ledger


@Suite("The stored form")
struct StoredFormTests {
  @Test(
    "brings every integer back",
    arguments: [0, 1, -1, 63, 64, -64, -65, 8_191, 8_192, .max, .min, .min + 1] as [Int64])
  func integers(value: Int64) throws {
    var writer = ByteWriter()
    writer.integer(value)
    var reader = ByteReader(writer.bytes)
    #expect(try reader.integer() == value)
    try reader.finish()
  }

  @Test(
    "refuses what it cannot have written",
    arguments: [
      [], [0x80], Array(repeating: 0xFF, count: 10), Array(repeating: 0x80, count: 9) + [0x02],
    ] as [[UInt8]])
  func unlawfulIntegers(bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    #expect(throws: CorruptionError.self) { try reader.integer() }
  }

  @Test("brings journal entries back byte for byte, and notices damage without a crash")
  func entries() async throws {
    let store = MemoryLedgerStore()
    var history = RandomHistory(seed: 7, commandCount: 900)
    try await history.run { store }
    let entries = try store.entries(afterSeq: 0, limit: 10_000)
    #expect(Set(entries.map(\.change.kind.rawValue)).count == 20, "every kind of entry occurs")
    var hash = Digest.zero
    for entry in entries {
      let sealed = SealedEntry(entry, after: hash)
      let again = try JournalEntry(
        seq: entry.seq, time: entry.time, account: entry.account, payload: sealed.payload)
      #expect(again.payload() == sealed.payload)
      #expect(again.change.legs == entry.change.legs)
      for length in 0..<sealed.payload.count {
        #expect(throws: CorruptionError.self) {
          try JournalEntry(
            seq: entry.seq, time: entry.time, account: entry.account,
            payload: Array(sealed.payload.prefix(length)))
        }
      }
      for bit in 0..<8 {
        var damaged = sealed.payload
        damaged[damaged.count / 2] ^= 1 << bit
        let other = SealedEntry.hash(
          seq: entry.seq, time: entry.time, account: entry.account, payload: damaged, after: hash)
        #expect(other != sealed.hash)
      }
      hash = sealed.hash
    }
  }
}
