import Testing

@testable import GRPC

@Suite("The grpc-timeout header")
struct GRPCTimeoutTests {
  @Test(
    "uses the finest unit that fits eight digits and rounds up",
    arguments: [
      (1, "1n"), (0, "1n"), (-5, "1n"), (99_999_999, "99999999n"),
      (100_000_000, "100000u"), (100_000_001, "100001u"), (250_000_000, "250000u"),
      (99_999_999_000, "99999999u"), (99_999_999_001, "100000m"),
      (1_000_000_000, "1000000u"), (3_600_000_000_000, "3600000m"),
      (99_999_999_000_000_001, "1666667M"),
      (Int64.max, "2562048H"),
    ] as [(Int64, String)])
  func encodes(nanoseconds: Int64, expected: String) {
    #expect(GRPCTimeout.encode(nanoseconds: nanoseconds) == expected)
  }

  @Test(
    "reads each unit and clamps what overflows",
    arguments: [
      ("1n", 1), ("10u", 10_000), ("250m", 250_000_000), ("2S", 2_000_000_000),
      ("3M", 180_000_000_000), ("1H", 3_600_000_000_000), ("0m", 0), ("00000001S", 1_000_000_000),
      ("99999999H", Int64.max),
    ] as [(String, Int64)])
  func decodes(text: String, expected: Int64) {
    #expect(GRPCTimeout.decode(text) == expected)
  }

  @Test(
    "refuses what is not at most eight digits and a unit",
    arguments: ["", "1", "m", "123456789m", "1s", "1x", "-1m", "+1m", "1 m", " 1m", "1.5S", "1mm"])
  func refuses(text: String) {
    #expect(GRPCTimeout.decode(text) == nil)
  }

  @Test("never announces less time than there is, and never much more")
  func roundTrip() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix64(state: seed)
    for _ in 0..<20_000 {
      let shift = Int(random.next() % 63)
      let original = max(1, Int64(random.next() >> 1) >> shift)
      let text = GRPCTimeout.encode(nanoseconds: original)
      #expect((2...9).contains(text.utf8.count), "seed \(seed): \(original) -> \(text)")
      let back = try #require(GRPCTimeout.decode(text), "seed \(seed): \(original) -> \(text)")
      #expect(back >= original, "seed \(seed): \(original) -> \(text)")
      // Rounding loses less than one unit, and 7 digits at least are kept above 100 ms.
      #expect(
        Double(back) <= Double(original) * 1.001 + 1 || original > 9_000_000_000_000_000_000,
        "seed \(seed): \(original) -> \(text)")
    }
  }
}

/// A small generator whose seed can be printed.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
