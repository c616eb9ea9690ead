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

  /// Changes, removes, repeats or inserts a few bytes.
  mutating func mutate(_ original: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...3, using: &self) where !bytes.isEmpty {
      let position = Int.random(in: 0..<bytes.count, using: &self)
      switch Int.random(in: 0..<5, using: &self) {
      case 0: bytes[position] = UInt8.random(in: .min ... .max, using: &self)
      case 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 2: bytes.remove(at: position)
      case 3: bytes.insert(UInt8.random(in: .min ... .max, using: &self), at: position)
      default:
        let end = Int.random(in: position...bytes.count, using: &self)
        bytes.insert(contentsOf: bytes[position..<end], at: end)
      }
    }
    return bytes
  }
}
