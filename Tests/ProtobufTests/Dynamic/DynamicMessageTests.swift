import Testing

@testable import Protobuf

@Suite struct DynamicMessageTests {
  private let schema = JSONMappingSchemas.everything

  @Test("Setting one member of a oneof clears the other")
  func oneof() {
    var message = DynamicMessage(schema: schema)
    message[field: "pick_text"] = .string("x")
    message[field: "pick_number"] = .uint64(0)
    #expect(message[field: "pick_text"] == nil)
    #expect(message[field: "pick_number"] == .uint64(0))
  }

  @Test("A default in a field without presence is the same as no value")
  func defaults() throws {
    var message = DynamicMessage(schema: schema)
    message[field: "an_int32"] = .int32(0)
    message[field: "numbers"] = .list([])
    #expect(message.isEmpty)
    #expect(try message.serializedBytes().isEmpty)
    message[field: "maybe"] = .int32(0)
    #expect(try message.serializedBytes() == [0xA8, 0x01, 0x00])
  }

  @Test("Wire bytes are those of the protobuf encoding, with headroom in front")
  func wire() throws {
    var message = DynamicMessage(schema: schema)
    message[field: "an_int32"] = .int32(-1)
    message[field: "numbers"] = .list([.int32(-1), .int32(1)])
    let expected: [UInt8] =
      [0x10] + Array(repeating: 0xFF, count: 9) + [0x01] + [0x62, 0x02, 0x01, 0x02]
    #expect(try message.serializedBytes() == expected)
    #expect(try message.serializedBytes(headroom: 5) == [0, 0, 0, 0, 0] + expected)
    #expect(try DynamicMessage(schema: schema, serializedBytes: expected) == message)
  }

  @Test("Unknown fields survive")
  func unknownFields() throws {
    let bytes: [UInt8] = [0x08, 0x01, 0xF8, 0x7F, 0x07]
    let message = try DynamicMessage(schema: schema, serializedBytes: bytes)
    #expect(message[field: "a_bool"] == .bool(true))
    #expect(try message.serializedBytes() == bytes)
  }

  @Test("Of map entries with one key the last wins, and equal-looking keys stay apart")
  func maps() throws {
    let entry: (String, UInt8) -> [UInt8] = { key, flag in
      let child: [UInt8] = [0x08, flag]
      let key = Array(key.utf8)
      let body = [0x0A, UInt8(key.count)] + key + [0x12, UInt8(child.count)] + child
      return [0x82, 0x01, UInt8(body.count)] + body
    }
    let bytes = entry("a", 1) + entry("\u{E9}", 1) + entry("e\u{301}", 1) + entry("a", 0)
    let message = try DynamicMessage(schema: schema, serializedBytes: bytes)
    let entries = try #require(message[field: "by_name"]?.asMap)
    #expect(entries.count == 3)
    #expect(entries.first?.value.asMessage?[field: "a_bool"] == nil)
  }

  @Test("Bytes that are no such message are refused")
  func malformed() {
    #expect(throws: DecodeError.self) {
      try DynamicMessage(schema: schema, serializedBytes: [0x42, 0x01, 0xFF])
    }
    #expect(throws: DecodeError.self) {
      try DynamicMessage(schema: schema, serializedBytes: [0x08])
    }
  }
}
