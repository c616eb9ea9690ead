import Protobuf
import Testing

/// Where the format is more liberal than protobuf-c, the format wins.
@Suite struct WireRulesTests {
  @Test("of repeated scalars the last one wins")
  func lastScalarWins() throws {
    let sample = try Sample(
      serializedBytes: Wire.field(2, varint: 1) + Wire.field(14, "a") + Wire.field(2, varint: 2)
        + Wire.field(14, "b") + Wire.field(18, varint: 3) + Wire.field(18, varint: 4))
    #expect(sample.int64 == 2)
    #expect(sample.string == "b")
    #expect(sample.maybeInt64 == 4)
  }

  @Test("occurrences of a singular message are merged, implicit scalars included")
  func messagesMerge() throws {
    let first = Wire.field(1, varint: 1) + Wire.field(3, "x")
    let second = Wire.field(2, "two") + Wire.field(3, "y")
    let sample = try Sample(
      serializedBytes: Wire.field(17, first) + Wire.field(1, varint: 9) + Wire.field(17, second))
    #expect(sample.leaf == Leaf(id: 1, name: "two", tags: ["x", "y"]))
    #expect(sample.int32 == 9)
  }

  @Test("merging goes down: nested singular messages merge too")
  func nestedMerge() throws {
    let first = Wire.field(17, Wire.field(1, varint: 1))
    let second = Wire.field(17, Wire.field(2, "n"))
    let sample = try Sample(serializedBytes: Wire.field(50, first) + Wire.field(50, second))
    #expect(sample.next?.leaf == Leaf(id: 1, name: "n"))
  }

  @Test("occurrences of the same oneof message merge")
  func oneofMerge() throws {
    let sample = try Sample(
      serializedBytes: Wire.field(26, Wire.field(1, varint: 1))
        + Wire.field(26, Wire.field(2, "n")))
    #expect(sample.choice == .child(Leaf(id: 1, name: "n")))
  }

  @Test("another member in between ends the merging of a oneof message")
  func oneofReset() throws {
    let one = Wire.field(26, Wire.field(1, varint: 1))
    let two = Wire.field(26, Wire.field(2, "n"))
    let text = Wire.field(25, "t")
    #expect(
      try Sample(serializedBytes: one + text + two).choice == .child(Leaf(id: 0, name: "n")))
    #expect(try Sample(serializedBytes: one + two + text).choice == .text("t"))
    #expect(try Sample(serializedBytes: text + Wire.field(24, varint: 5)).choice == .number(5))
  }

  @Test("packed and unpacked lists are both read, also mixed")
  func packedAndUnpacked() throws {
    let sample = try Sample(
      serializedBytes: Wire.field(30, [1, 2]) + Wire.field(30, varint: 3) + Wire.field(30, [4])
        + Wire.field(30, []) + Wire.field(32, [5, 6])
        + Wire.field(34, fixed64: Double(1).bitPattern)
        + Wire.field(35, Array(repeating: 0, count: 8)))
    #expect(sample.int32s == [1, 2, 3, 4])
    #expect(sample.unpackedUInt64s == [5, 6])
    #expect(sample.doubles == [1])
    #expect(sample.floats == [0, 0])
  }

  @Test("a bool is true for any varint but zero, alone and packed")
  func bools() throws {
    let sample = try Sample(
      serializedBytes: Wire.field(13, varint: 1 << 40)
        + Wire.field(33, [2, 0x80, 0x00, 0x80, 0x01, 0, 0xFF, 0xFF, 0x7F]))
    #expect(sample.bool)
    #expect(sample.bools == [true, false, true, false, true])
  }

  @Test("narrow integers take the low bits of wide varints")
  func truncation() throws {
    let sample = try Sample(
      serializedBytes: Wire.field(1, varint: 0x1_0000_0007) + Wire.field(3, varint: 0x1_0000_0008))
    #expect(sample.int32 == 7)
    #expect(sample.uint32 == 8)
  }

  @Test("of map entries with one key the last one wins; missing key or value is the default")
  func mapEntries() throws {
    let sample = try Sample(
      serializedBytes: Wire.field(40, Wire.field(1, "a") + Wire.field(2, varint: 1))
        + Wire.field(40, Wire.field(2, varint: 2) + Wire.field(1, "a"))
        + Wire.field(40, Wire.field(2, varint: 3)) + Wire.field(40, Wire.field(1, "b"))
        + Wire.field(41, []))
    #expect(sample.counts == ["a": 2, "": 3, "b": 0])
    #expect(sample.children == [0: Leaf()])
  }

  @Test("a known field with a foreign wire type is an unknown field and is written back")
  func foreignWireType() throws {
    let foreign = Wire.field(1, "text") + Wire.field(14, varint: 5) + Wire.field(13, fixed32: 1)
      + Wire.field(17, varint: 7) + Wire.field(36, fixed64: 2)
    let sample = try Sample(serializedBytes: Wire.field(2, varint: 1) + foreign)
    #expect(sample.int32 == 0)
    #expect(!sample.bool)
    #expect(sample.int64 == 1)
    #expect(sample.unknownFields.bytes == foreign)
    #expect(try sample.serializedBytes() == Wire.field(2, varint: 1) + foreign)
  }

  @Test("unknown fields of every wire type are kept in order and written last")
  func unknownFields() throws {
    let unknown = Wire.field(200, varint: 5) + Wire.field(201, "text") + Wire.field(202, fixed32: 6)
      + Wire.field(200, fixed64: 7) + Wire.field(536_870_911, [])
    let sample = try Sample(serializedBytes: unknown + Wire.field(1, varint: 1))
    #expect(sample.unknownFields.bytes == unknown)
    #expect(try sample.serializedBytes() == Wire.field(1, varint: 1) + unknown)
    let nested = try Sample(serializedBytes: Wire.field(17, unknown))
    #expect(nested.leaf?.unknownFields.bytes == unknown)
    #expect(try nested.serializedBytes() == Wire.field(17, unknown))
  }

  @Test("a sender cannot smuggle records through the number that carries wrapped ones")
  func carrierNumber() throws {
    let smuggled = Wire.field(19_999, Wire.field(1, varint: 5)) + Wire.field(19_999, [0xFF])
      + Wire.field(19_999, varint: 3)
    let sample = try Sample(serializedBytes: smuggled)
    #expect(sample.int32 == 0)
    #expect(sample.unknownFields.bytes == smuggled)
    #expect(try Sample(serializedBytes: sample.serializedBytes()) == sample)
  }

  @Test("unknown fields made by hand must be records")
  func unknownFieldsChecked() throws {
    #expect(throws: DecodeError.self) { try UnknownFields(bytes: [0x08]) }
    #expect(throws: DecodeError.self) { try UnknownFields(bytes: Wire.tag(1, 3)) }
    var leaf = Leaf()
    leaf.unknownFields = try UnknownFields(bytes: Wire.field(9, "nine"))
    #expect(try leaf.serializedBytes() == Wire.field(9, "nine"))
  }

  @Test("equal maps have equal bytes, whatever the order of insertion")
  func deterministicMaps() throws {
    var forward = Sample()
    var backward = Sample()
    for number in 0..<200 { forward.counts["key \(number)"] = Int64(number) }
    for number in (0..<200).reversed() { backward.counts["key \(number)"] = Int64(number) }
    #expect(try forward.serializedBytes() == backward.serializedBytes())
    var signed = Sample()
    signed.children = [3: Leaf(), -2: Leaf(), 0: Leaf()]
    signed.flags = [true: "t", false: "f"]
    let bytes = try signed.serializedBytes()
    let keys = [-2, 0, 3].map { key in
      Wire.field(41, Wire.field(1, varint: UInt64(bitPattern: Int64(key))) + Wire.field(2, []))
    }
    #expect(bytes.starts(with: keys.joined()))
  }
}
