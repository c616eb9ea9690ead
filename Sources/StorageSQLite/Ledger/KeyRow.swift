import Ledger

/// Keys as a row of `recent_keys` has them: a row for each would cost as much as a charge's.
///
/// ```
///   last_seq | hash_by_seq: {"seq":hash,"seq":hash,...}
/// ```
struct KeyRow {
  /// How many keys a row has at most: it fits on a page.
  static let keysMax = 64

  let lastSeq: Int64
  let text: [UInt8]

  /// Puts a row together of at least one key, in the order of their seqs.
  init(_ entries: [KeyEntry]) {
    guard let last = entries.last else { preconditionFailure("a row of no keys") }
    lastSeq = last.seq
    var text: [UInt8] = []
    for entry in entries {
      text.append(contentsOf: (text.isEmpty ? "{\"" : ",\"").utf8)
      text.append(contentsOf: String(entry.seq).utf8)
      text.append(contentsOf: "\":".utf8)
      text.append(contentsOf: String(entry.hash).utf8)
    }
    self.text = text + [UInt8(ascii: "}")]
  }

  /// Reads what a row has; throws ``StoreError/corrupted(_:)`` when it is none.
  static func entries(in text: String) throws(StoreError) -> [KeyEntry] {
    var numbers: [Int64] = []
    for part in text.utf8.split(whereSeparator: { "{}\":,".utf8.contains($0) }) {
      guard let number = Int64(Substring(part)) else {
        throw .corrupted("a row of recent_keys is no list of pairs")
      }
      numbers.append(number)
    }
    guard numbers.count.isMultiple(of: 2) else {
      throw .corrupted("a row of recent_keys has half a pair")
    }
    return stride(from: 0, to: numbers.count, by: 2).map { place in
      KeyEntry(hash: numbers[place + 1], seq: numbers[place])
    }
  }
}
