import Protobuf

/// Builds wire bytes by hand, also wrong ones.
enum Wire {
  static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var result: [UInt8] = []
    while rest >= 0x80 {
      result.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return result + [UInt8(rest)]
  }

  static func tag(_ number: UInt64, _ wireType: UInt64) -> [UInt8] {
    varint(number << 3 | wireType)
  }

  static func field(_ number: UInt64, varint value: UInt64) -> [UInt8] {
    tag(number, 0) + varint(value)
  }

  static func field(_ number: UInt64, _ payload: [UInt8]) -> [UInt8] {
    tag(number, 2) + varint(UInt64(payload.count)) + payload
  }

  static func field(_ number: UInt64, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

  static func field(_ number: UInt64, fixed32 value: UInt32) -> [UInt8] {
    tag(number, 5) + withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  static func field(_ number: UInt64, fixed64 value: UInt64) -> [UInt8] {
    tag(number, 1) + withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

extension [UInt8] {
  var hex: String {
    map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }
}

extension Sample {
  /// The reason why bytes are refused, nil when they are accepted.
  static func refusal(
    of bytes: [UInt8], limits: DecodingLimits = .standard
  ) -> DecodeError.Reason? {
    do throws(DecodeError) {
      _ = try Sample(serializedBytes: bytes, limits: limits)
      return nil
    } catch {
      return error.reason
    }
  }

  /// A message with every field set to something that is not the default.
  static var full: Sample {
    var sample = Sample()
    sample.int32 = -7
    sample.int64 = .min
    sample.uint32 = .max
    sample.uint64 = .max
    sample.sint32 = .min
    sample.sint64 = -300
    sample.fixed32 = 0xDEAD_BEEF
    sample.fixed64 = .max - 1
    sample.sfixed32 = -1
    sample.sfixed64 = .min
    sample.float = 1.5
    sample.double = -.infinity
    sample.bool = true
    sample.string = "h\u{0}é 🚌"
    sample.bytes = [0, 255, 1]
    sample.color = .below
    sample.leaf = Leaf(id: 1, name: "one", tags: ["", "x"])
    sample.maybeInt64 = 0
    sample.maybeString = ""
    sample.maybeBytes = []
    sample.maybeBool = false
    sample.maybeDouble = 0
    sample.maybeColor = .unspecified
    sample.choice = .child(Leaf(id: 2, name: "two"))
    sample.int32s = [1, -1, 0]
    sample.sint64s = [-1, .max, .min]
    sample.unpackedUInt64s = [0, 1, .max]
    sample.bools = [true, false, true]
    sample.doubles = [0, -0.0, 2.5]
    sample.floats = [1, -2]
    sample.strings = ["", "a", "ß"]
    sample.blobs = [[], [0], [1, 2]]
    sample.colors = [.red, .UNRECOGNIZED(99), .below]
    sample.leaves = [Leaf(), Leaf(id: 3, name: "three")]
    sample.counts = ["": 0, "b": -1, "a": 2]
    sample.children = [-1: Leaf(), 5: Leaf(id: 5, name: "five")]
    sample.flags = [true: "yes", false: ""]
    var nested = Sample()
    nested.string = "nested"
    sample.next = nested
    sample.distant = "far"
    return sample
  }
}
