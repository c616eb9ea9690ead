import Ledger

/// Keys as a row of `recent_keys` has them: a row for each would cost as much as a charge's.
///
/// ```
///   last_seq | hash_by_seq: {"seq":hash,"seq":hash,...}
/// ```
struct KeyRow {
  /// How many keys a row has at most: it fits on a page.
  static let keysMax = 64
  /// The longest pair: two integers of 20 characters, quotes, colon and comma.
  private static let pairBytesMax = 44

  let lastSeq: Int64
  let text: [UInt8]

  /// Puts a row together of at least one key, in the order of their seqs.
  init(_ entries: [KeyEntry]) {
    guard let last = entries.last else { preconditionFailure("a row of no keys") }
    lastSeq = last.seq
    text = [UInt8](unsafeUninitializedCapacity: entries.count * Self.pairBytesMax + 2) {
      bytes, count in
      func put(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
      }
      put(UInt8(ascii: "{"))
      for (place, entry) in entries.enumerated() {
        if place > 0 { put(UInt8(ascii: ",")) }
        put(UInt8(ascii: "\""))
        count += Self.write(entry.seq, to: bytes, at: count)
        put(UInt8(ascii: "\""))
        put(UInt8(ascii: ":"))
        count += Self.write(entry.hash, to: bytes, at: count)
      }
      put(UInt8(ascii: "}"))
    }
  }

  /// Writes a number in decimal, and says how many characters that were.
  private static func write(
    _ value: Int64, to bytes: UnsafeMutableBufferPointer<UInt8>, at start: Int
  ) -> Int {
    var rest = value.magnitude
    var digits = 1
    while rest >= 10 {
      rest /= 10
      digits += 1
    }
    let sign = value < 0 ? 1 : 0
    if value < 0 { bytes[start] = UInt8(ascii: "-") }
    rest = value.magnitude
    for place in stride(from: start + sign + digits - 1, through: start + sign, by: -1) {
      bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
    return sign + digits
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
