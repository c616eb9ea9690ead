import Ledger
import Testing

@testable import StorageSQLite

@Suite("KeyRow")
struct KeyRowTests {
  @Test("reads what it wrote, the smallest and the largest too")
  func roundTrip() throws {
    let hashes: [Int64] = [0, 9, 10, -1, -10, 99, 100, .max, .min, 1_234_567_890]
    let entries = hashes.enumerated().map { KeyEntry(hash: $1, seq: Int64($0) + 1) }
    let row = KeyRow(entries)
    #expect(row.lastSeq == 10)
    let text = String(decoding: row.text, as: UTF8.self)
    #expect(text.hasPrefix(#"{"1":0,"2":9,"3":10,"4":-1,"5":-10,"#))
    #expect(try KeyRow.entries(in: text) == entries)
    let full = (1...KeyRow.keysMax).map { KeyEntry(hash: .min, seq: .max - Int64($0)) }
    let fullText = String(decoding: KeyRow(full).text, as: UTF8.self)
    #expect(try KeyRow.entries(in: fullText) == full)
  }

  @Test("refuses what is no list of pairs", arguments: [#"{"1":2,"3":}"#, #"{"1":x}"#, #"{"1":1e3}"#])
  func damaged(text: String) {
    #expect(throws: StoreError.self) { try KeyRow.entries(in: text) }
  }
}
