import Protobuf
import Testing

@Suite struct RoundTripTests {
  @Test("every kind of field survives encoding and decoding")
  func fullMessage() throws {
    let bytes = try Sample.full.serializedBytes()
    #expect(try Sample(serializedBytes: bytes) == Sample.full)
    #expect(try Sample(serializedBytes: bytes).serializedBytes() == bytes)
  }

  @Test("a default message is zero bytes and back")
  func emptyMessage() throws {
    #expect(try Sample().serializedBytes() == [])
    #expect(try Sample(serializedBytes: []) == Sample())
  }

  @Test("headroom leaves zero bytes in front and changes nothing else")
  func headroom() throws {
    let plain = try Sample.full.serializedBytes()
    #expect(try Sample.full.serializedBytes(headroom: 5) == [0, 0, 0, 0, 0] + plain)
    #expect(try Sample().serializedBytes(headroom: 5) == [0, 0, 0, 0, 0])
  }

  /// One field set, and the bytes that protoc writes for it.
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let make: @Sendable (inout Sample) -> Void
    let wire: [UInt8]

    init(_ name: String, _ wire: [UInt8], _ make: @escaping @Sendable (inout Sample) -> Void) {
      self.name = name
      self.wire = wire
      self.make = make
    }

    var testDescription: String { name }
  }

  static let rows: [Row] = [
    Row("int32 -1 takes ten bytes", Wire.field(1, varint: .max)) { $0.int32 = -1 },
    Row("int64", Wire.field(2, varint: 300)) { $0.int64 = 300 },
    Row("uint32 max", Wire.field(3, varint: 0xFFFF_FFFF)) { $0.uint32 = .max },
    Row("uint64 max", Wire.field(4, varint: .max)) { $0.uint64 = .max },
    Row("sint32 -1 is 1", Wire.field(5, varint: 1)) { $0.sint32 = -1 },
    Row("sint64 min is max", Wire.field(6, varint: .max)) { $0.sint64 = .min },
    Row("fixed32", Wire.field(7, fixed32: 9)) { $0.fixed32 = 9 },
    Row("fixed64", Wire.field(8, fixed64: 9)) { $0.fixed64 = 9 },
    Row("sfixed32", Wire.field(9, fixed32: .max)) { $0.sfixed32 = -1 },
    Row("sfixed64", Wire.field(10, fixed64: .max)) { $0.sfixed64 = -1 },
    Row("float", Wire.field(11, fixed32: Float(1.5).bitPattern)) { $0.float = 1.5 },
    Row("float -0.0 is written", Wire.field(11, fixed32: 0x8000_0000)) { $0.float = -0.0 },
    Row("double -0.0 is written", Wire.field(12, fixed64: 1 << 63)) { $0.double = -0.0 },
    Row("bool", Wire.field(13, varint: 1)) { $0.bool = true },
    Row("string with NUL", Wire.field(14, "a\u{0}b")) { $0.string = "a\u{0}b" },
    Row("bytes", Wire.field(15, [0, 1])) { $0.bytes = [0, 1] },
    Row("enum", Wire.field(16, varint: 1)) { $0.color = .red },
    Row("negative enum", Wire.field(16, varint: .max)) { $0.color = .below },
    Row("enum without name", Wire.field(16, varint: 77)) { $0.color = .UNRECOGNIZED(77) },
    Row("empty message is present", Wire.field(17, [])) { $0.leaf = Leaf() },
    Row("optional 0", Wire.field(18, varint: 0)) { $0.maybeInt64 = 0 },
    Row("optional empty string", Wire.field(19, [])) { $0.maybeString = "" },
    Row("optional empty bytes", Wire.field(20, [])) { $0.maybeBytes = [] },
    Row("optional false", Wire.field(21, varint: 0)) { $0.maybeBool = false },
    Row("optional 0.0", Wire.field(22, fixed64: 0)) { $0.maybeDouble = 0 },
    Row("optional enum 0", Wire.field(23, varint: 0)) { $0.maybeColor = .unspecified },
    Row("oneof 0", Wire.field(24, varint: 0)) { $0.choice = .number(0) },
    Row("oneof empty string", Wire.field(25, [])) { $0.choice = .text("") },
    Row("oneof empty message", Wire.field(26, [])) { $0.choice = .child(Leaf()) },
    Row("oneof empty bytes", Wire.field(27, [])) { $0.choice = .blob([]) },
    Row("packed", Wire.field(30, [1, 2])) { $0.int32s = [1, 2] },
    Row("unpacked", Wire.field(32, varint: 1) + Wire.field(32, varint: 2)) {
      $0.unpackedUInt64s = [1, 2]
    },
    Row("packed bools", Wire.field(33, [1, 0])) { $0.bools = [true, false] },
    Row("repeated empty strings", Wire.field(36, []) + Wire.field(36, [])) {
      $0.strings = ["", ""]
    },
    Row("map in key order, defaults written",
      Wire.field(40, Wire.field(1, "") + Wire.field(2, varint: 0))
        + Wire.field(40, Wire.field(1, "a") + Wire.field(2, varint: 2))
        + Wire.field(40, Wire.field(1, "b") + Wire.field(2, varint: 1))
    ) { $0.counts = ["b": 1, "a": 2, "": 0] },
    Row("map of messages", Wire.field(41, Wire.field(1, varint: 3) + Wire.field(2, []))) {
      $0.children = [3: Leaf()]
    },
    Row("large field number", Wire.field(100_000, "x")) { $0.distant = "x" },
  ]

  @Test("one field at a time has protoc's bytes", arguments: rows)
  func row(_ row: Row) throws {
    var sample = Sample()
    row.make(&sample)
    #expect(try sample.serializedBytes().hex == row.wire.hex, "\(row.name)")
    #expect(try Sample(serializedBytes: row.wire) == sample, "\(row.name)")
  }

  @Test("NaN without presence is written and read")
  func nan() throws {
    var sample = Sample()
    sample.double = .nan
    let bytes = try sample.serializedBytes()
    #expect(bytes.count == 9)
    #expect(try Sample(serializedBytes: bytes).double.isNaN)
  }

  @Test("large messages leave the thread's first chunk")
  func largeMessage() throws {
    var sample = Sample()
    sample.bytes = Array(repeating: 7, count: 3 << 20)
    sample.leaves = (0..<10_000).map { Leaf(id: $0, name: "leaf \($0)") }
    let bytes = try sample.serializedBytes()
    #expect(try Sample(serializedBytes: bytes) == sample)
    // And the arena is usable afterwards.
    #expect(try Sample(serializedBytes: Sample.full.serializedBytes()) == Sample.full)
  }
}
