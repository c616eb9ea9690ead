import Protobuf
import Testing

@Suite struct MalformedInputTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let reason: DecodeError.Reason

    var testDescription: String { name }
  }

  static let rows: [Row] = [
    Row(name: "field number 0", bytes: [0x00, 0x00], reason: .fieldNumberZero),
    Row(
      name: "field number 0, over-long", bytes: [0x85, 0x00, 1, 2, 3, 4], reason: .fieldNumberZero),
    Row(name: "start group", bytes: Wire.tag(60, 3) + Wire.tag(60, 4), reason: .group),
    Row(name: "end group alone", bytes: Wire.tag(60, 4), reason: .group),
    Row(name: "group on a known field", bytes: Wire.tag(1, 3), reason: .group),
    Row(name: "wire type 6", bytes: [0x0E], reason: .invalidWireType(6)),
    Row(name: "wire type 7", bytes: [0x0F], reason: .invalidWireType(7)),
    Row(name: "tag over 32 bits", bytes: [0x88, 0x80, 0x80, 0x80, 0x10, 0], reason: .tagTooLong),
    Row(name: "endless tag", bytes: Array(repeating: 0x80, count: 12), reason: .tagTooLong),
    Row(name: "tag cut off", bytes: [0x80], reason: .truncated),
    Row(name: "value missing", bytes: [0x08], reason: .truncated),
    Row(name: "varint cut off", bytes: [0x08, 0xFF], reason: .truncated),
    Row(
      name: "varint of eleven bytes", bytes: [0x10] + Array(repeating: 0x80, count: 10) + [0],
      reason: .varintTooLong),
    Row(
      name: "varint of 65 bits", bytes: [0x10] + Array(repeating: 0xFF, count: 9) + [2],
      reason: .varintTooLong),
    Row(name: "fixed32 cut off", bytes: Wire.tag(7, 5) + [1, 2, 3], reason: .truncated),
    Row(name: "fixed64 cut off", bytes: Wire.tag(8, 1) + [1, 2, 3, 4, 5, 6, 7], reason: .truncated),
    Row(name: "length beyond the end", bytes: Wire.tag(14, 2) + [2, 65], reason: .truncated),
    Row(
      name: "length of 4 GiB", bytes: Wire.tag(14, 2) + [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
      reason: .truncated),
    Row(
      name: "length over 32 bits", bytes: Wire.tag(14, 2) + [0xFF, 0xFF, 0xFF, 0xFF, 0x1F],
      reason: .varintTooLong),
    Row(name: "nested message cut off", bytes: Wire.field(17, [0x08]), reason: .truncated),
    Row(
      name: "packed varints cut off", bytes: Wire.field(30, [1, 0x80]), reason: .malformedPackedList),
    Row(
      name: "packed doubles not a multiple of 8", bytes: Wire.field(34, [1, 2, 3]),
      reason: .malformedPackedList),
    Row(
      name: "packed floats not a multiple of 4", bytes: Wire.field(35, [1, 2, 3]),
      reason: .malformedPackedList),
    Row(name: "invalid UTF-8", bytes: Wire.field(14, [0xFF]), reason: .invalidUTF8),
    Row(name: "over-long UTF-8", bytes: Wire.field(14, [0xC0, 0x80]), reason: .invalidUTF8),
    Row(name: "UTF-16 surrogate", bytes: Wire.field(14, [0xED, 0xA0, 0x80]), reason: .invalidUTF8),
    Row(name: "invalid UTF-8 in a list", bytes: Wire.field(36, [0x80]), reason: .invalidUTF8),
    Row(name: "invalid UTF-8 in a oneof", bytes: Wire.field(25, [0x80]), reason: .invalidUTF8),
    Row(
      name: "invalid UTF-8 in a map key", bytes: Wire.field(40, Wire.field(1, [0x80])),
      reason: .invalidUTF8),
  ]

  @Test("malformed input is refused with its reason", arguments: rows)
  func refused(_ row: Row) {
    #expect(Sample.refusal(of: row.bytes) == row.reason, "\(row.name)")
    // The same inside a nested message.
    #expect(Sample.refusal(of: Wire.field(50, row.bytes)) == row.reason, "nested: \(row.name)")
  }

  @Test("errors name message and field")
  func names() {
    do throws(DecodeError) {
      _ = try Sample(serializedBytes: Wire.field(17, Wire.field(2, [0xFF])))
      Issue.record("accepted")
    } catch {
      #expect(error == DecodeError(.invalidUTF8, message: "test.Leaf", field: "name"))
      #expect(error.description == "test.Leaf.name: a string is not valid UTF-8")
    }
    do throws(DecodeError) {
      _ = try Sample(serializedBytes: Wire.tag(999, 3))
      Issue.record("accepted")
    } catch {
      #expect(error == DecodeError(.group, message: "test.Sample", field: "999"))
    }
  }

  @Test("every prefix of a full message is refused or decodes, and never traps")
  func everyPrefix() throws {
    let bytes = try Sample.full.serializedBytes()
    var refused = 0
    for length in 0..<bytes.count {
      if Sample.refusal(of: Array(bytes[..<length])) != nil { refused += 1 }
    }
    #expect(refused > bytes.count / 2)
  }

  @Test("random mutations decode or are refused, and what decodes can be encoded and decoded again")
  func mutations() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix64(state: seed)
    let full = try Sample.full.serializedBytes()
    var accepted = 0
    for _ in 0..<30_000 {
      let bytes = random.mutate(full)
      guard let sample = try? Sample(serializedBytes: bytes) else { continue }
      accepted += 1
      let again = try sample.serializedBytes()
      let decoded = try Sample(serializedBytes: again, limits: .trusted)
      // Compared as bytes, since NaN differs from itself.
      #expect(try decoded.serializedBytes() == again, "seed \(seed), input \(bytes.hex)")
    }
    #expect(accepted > 100, "seed \(seed)")
  }

  @Test("random bytes decode or are refused, and never trap")
  func randomBytes() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix64(state: seed)
    for _ in 0..<30_000 {
      let length = Int.random(in: 0..<40, using: &random)
      // Small numbers are likelier to be tags of known fields.
      let bytes = (0..<length).map { _ in
        UInt8.random(in: 0...(Bool.random(using: &random) ? 63 : 255), using: &random)
      }
      guard let sample = try? Sample(serializedBytes: bytes) else { continue }
      let again = try sample.serializedBytes()
      #expect(Sample.refusal(of: again) == nil, "seed \(seed), input \(bytes.hex)")
    }
  }
}
