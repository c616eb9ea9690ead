import Protobuf
import Testing

@Suite struct DecodingLimitsTests {
  /// `levels` messages inside each other, the outermost included.
  static func nested(_ levels: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 1..<levels { bytes = Wire.field(50, bytes) }
    return bytes
  }

  @Test("a hundred levels are accepted, one more is refused")
  func depth() throws {
    #expect(Sample.refusal(of: Self.nested(100)) == nil)
    #expect(Sample.refusal(of: Self.nested(101)) == .tooDeep(limit: 100))
    #expect(Sample.refusal(of: Self.nested(20_000)) == .tooDeep(limit: 100))
    let sample = try Sample(serializedBytes: Self.nested(100))
    #expect(try sample.serializedBytes() == Self.nested(100))
  }

  @Test("no limit raises the depth above 200")
  func depthCeiling() {
    let limits = DecodingLimits(maxDepth: 1_000_000, memoryBase: 1 << 20)
    #expect(Sample.refusal(of: Self.nested(200), limits: limits) == nil)
    #expect(Sample.refusal(of: Self.nested(50_000), limits: limits) == .tooDeep(limit: 200))
  }

  @Test("a value nested too deeply is refused by the encoder")
  func encodingDepth() throws {
    var sample = Sample()
    for _ in 1..<101 {
      var outer = Sample()
      outer.next = sample
      sample = outer
    }
    #expect(throws: EncodeError.tooDeep(limit: 100)) { try sample.serializedBytes() }
    // The thread's arena is in order afterwards.
    #expect(try Sample(serializedBytes: Sample.full.serializedBytes()) == .full)
  }

  @Test("unknown fields are counted over the whole tree")
  func unknownCount() {
    let limits = DecodingLimits(maxUnknownFields: 3)
    let one = Wire.field(200, varint: 1)
    #expect(Sample.refusal(of: one + one + one, limits: limits) == nil)
    #expect(
      Sample.refusal(of: one + Wire.field(17, one + one + one), limits: limits)
        == .tooManyUnknownFields(limit: 3))
    #expect(
      Sample.refusal(
        of: Array(repeating: Wire.field(1, "x"), count: 4).flatMap { $0 }, limits: limits)
        == .tooManyUnknownFields(limit: 3))
  }

  @Test("field records are counted over the whole tree")
  func recordCount() {
    let limits = DecodingLimits(maxFieldOccurrences: 3)
    let one = Wire.field(1, varint: 1)
    #expect(Sample.refusal(of: one + one + one, limits: limits) == nil)
    #expect(
      Sample.refusal(of: Wire.field(17, one + one + one), limits: limits)
        == .tooManyFieldOccurrences(limit: 3))
  }

  struct Bomb: Sendable, CustomTestStringConvertible {
    let name: String
    let unit: [UInt8]

    var testDescription: String { name }
  }

  @Test(
    "what expands in memory is refused at the budget, or fits in it",
    arguments: [
      Bomb(name: "empty messages", unit: Wire.field(39, [])),
      Bomb(name: "unknown fields", unit: Wire.field(90, varint: 0)),
      Bomb(name: "unpacked integers", unit: Wire.field(32, varint: 0)),
      Bomb(name: "the same scalar", unit: Wire.field(1, varint: 0)),
      Bomb(name: "empty strings", unit: Wire.field(36, [])),
      Bomb(name: "map entries", unit: Wire.field(40, [])),
      Bomb(name: "maps in maps", unit: Wire.field(41, Wire.field(2, []))),
      Bomb(name: "packed integers", unit: Wire.field(31, Array(repeating: 0, count: 1_000))),
    ])
  func bombs(_ bomb: Bomb) {
    var limits = DecodingLimits.standard
    limits.maxUnknownFields = .max
    limits.maxFieldOccurrences = .max
    let bytes = Array(Array(repeating: bomb.unit, count: (256 << 10) / bomb.unit.count).joined())
    let refusal = Sample.refusal(of: bytes, limits: limits)
    let budget = 32 * bytes.count + (64 << 10)
    #expect(
      refusal == nil || refusal == .memoryBudgetExceeded(bytes: budget), "\(bomb.name)")
    // With half a byte per wire byte everything but a repeated scalar is too much.
    limits.memoryPerWireByte = 0
    limits.memoryBase = bytes.count / 2
    #expect(
      Sample.refusal(of: bytes, limits: limits)
        == .memoryBudgetExceeded(bytes: bytes.count / 2), "\(bomb.name)")
  }

  @Test("empty messages are a bomb that the standard budget stops")
  func amplification() {
    let bytes = Array(Array(repeating: Wire.field(39, []), count: 100_000).joined())
    guard case .memoryBudgetExceeded = Sample.refusal(of: bytes) else {
      Issue.record("accepted")
      return
    }
  }

  @Test("every possible failure of an allocation is a refusal, never a crash")
  func everyAllocationFails() throws {
    let bytes = try Sample.full.serializedBytes()
    var outcomes: Set<Bool> = []
    for budget in stride(from: 0, through: 16_384, by: 16) {
      let limits = DecodingLimits(memoryPerWireByte: 0, memoryBase: budget)
      let refusal = Sample.refusal(of: bytes, limits: limits)
      #expect(refusal == nil || refusal == .memoryBudgetExceeded(bytes: budget))
      outcomes.insert(refusal == nil)
    }
    #expect(outcomes == [true, false])
  }

  @Test("merging at every level is charged to the budget")
  func mergeBomb() {
    var bytes = Wire.field(15, Array(repeating: 0, count: 100_000))
    for _ in 0..<20 { bytes = Wire.field(50, []) + Wire.field(50, bytes) }
    #expect(Sample.refusal(of: bytes) == nil)
    for _ in 0..<60 { bytes = Wire.field(50, []) + Wire.field(50, bytes) }
    #expect(
      Sample.refusal(of: bytes) == .memoryBudgetExceeded(bytes: 32 * bytes.count + (64 << 10)))
  }

  @Test("absurd limits do not overflow")
  func absurdLimits() {
    let limits = DecodingLimits(
      maxDepth: .max, maxUnknownFields: .max, maxFieldOccurrences: .max, memoryPerWireByte: .max,
      memoryBase: .max, memoryMax: .max)
    #expect(Sample.refusal(of: Wire.field(1, varint: 1), limits: limits) == nil)
    let none = DecodingLimits(
      maxDepth: -1, maxUnknownFields: -1, maxFieldOccurrences: -1, memoryPerWireByte: -1,
      memoryBase: -1, memoryMax: -1)
    #expect(Sample.refusal(of: Wire.field(1, varint: 1), limits: none) != nil)
  }
}
