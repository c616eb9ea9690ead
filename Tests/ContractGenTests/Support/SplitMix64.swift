/// A small random generator that a printed seed reproduces.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func int32() -> Int32 { Int32(truncatingIfNeeded: next() >> (next() % 64)) }
  mutating func int64() -> Int64 { Int64(bitPattern: next() >> (next() % 64)) }
  mutating func uint32() -> UInt32 { UInt32(truncatingIfNeeded: next() >> (next() % 64)) }
  mutating func uint64() -> UInt64 { next() >> (next() % 64) }
  mutating func bool() -> Bool { next() % 2 == 0 }
  mutating func double() -> Double { Double(int64()) / 7 }
  mutating func float() -> Float { Float(int32()) / 7 }

  mutating func bytes() -> [UInt8] {
    (0..<next() % 12).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  mutating func string() -> String {
    let alphabet: [Character] = ["a", "Z", "0", "é", "漢", "🦊", "\u{0}", "\n", "\""]
    return String((0..<next() % 12).map { _ in alphabet[Int(next() % UInt64(alphabet.count))] })
  }

  mutating func color() -> Test_V1_Color {
    next() % 8 == 0 ? Test_V1_Color(rawValue: int32()) : Test_V1_Color(rawValue: Int32(next() % 10))
  }

  mutating func list<Element>(_ element: (inout Self) -> Element) -> [Element] {
    (0..<next() % 5).map { _ in element(&self) }
  }

  mutating func map<Key: Hashable, Value>(
    _ key: (inout Self) -> Key, _ value: (inout Self) -> Value
  ) -> [Key: Value] {
    var result: [Key: Value] = [:]
    for _ in 0..<next() % 5 { result[key(&self)] = value(&self) }
    return result
  }

  mutating func maybe<Value>(_ value: (inout Self) -> Value) -> Value? {
    next() % 3 == 0 ? nil : value(&self)
  }
}
