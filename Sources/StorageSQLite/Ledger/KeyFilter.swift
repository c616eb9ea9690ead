/// Tells in memory which idempotency keys were surely never used: nearly every key is new, and then
/// nobody needs to look into a file.
///
/// A Bloom filter in blocks of a cache line: 12 bits for each key and 7 of 512 set, so that about
/// one new key in 100 is taken for one that may have been used. Once it is full, another one of
/// twice the size stands beside it.
struct KeyFilter {
  private struct Part {
    var words: [UInt64]
    var room: Int

    init(keys: Int) {
      let blocks = keys * 12 / 512 + 1
      words = Array(repeating: 0, count: blocks * 8)
      room = keys
    }

    /// The first word of the key's block; keys are digests, but the low bits are used up below.
    func block(_ key: UInt64) -> Int {
      let mixed = (key ^ key >> 32) &* 0x9E37_79B9_7F4A_7C15
      return Int(mixed.multipliedFullWidth(by: UInt64(words.count / 8)).high) * 8
    }

    mutating func add(_ key: UInt64) {
      let first = block(key)
      var bits = key
      for _ in 0..<7 {
        words[first + Int(bits >> 6 & 7)] |= 1 << (bits & 63)
        bits >>= 9
      }
      room -= 1
    }

    func mayHold(_ key: UInt64) -> Bool {
      let first = block(key)
      var bits = key
      for _ in 0..<7 {
        if words[first + Int(bits >> 6 & 7)] & 1 << (bits & 63) == 0 { return false }
        bits >>= 9
      }
      return true
    }
  }

  private var parts: [Part]
  private var lastCapacity: Int

  /// Makes a filter with room for so many keys; more is lawful.
  init(keys: Int) {
    lastCapacity = max(keys, 1 << 16)
    parts = [Part(keys: lastCapacity)]
  }

  mutating func add(_ key: UInt64) {
    if parts[parts.count - 1].room == 0 {
      lastCapacity *= 2
      parts.append(Part(keys: lastCapacity))
    }
    parts[parts.count - 1].add(key)
  }

  /// Whether the key may have been added.
  func mayHold(_ key: UInt64) -> Bool {
    for part in parts where part.mayHold(key) { return true }
    return false
  }
}
