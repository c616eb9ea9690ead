import GRPC
import Protobuf
import Testing

@Suite("ProtobufDeserializer")
struct ProtobufDeserializerTests {
  /// A list inside a list and so on, as google.protobuf.ListValue.
  static func nested(levels: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for level in 0..<levels {
      // ListValue.values (1) and Value.list_value (6), in turn.
      let tag: UInt8 = level % 2 == 0 ? 0x0a : 0x32
      bytes = [tag] + length(bytes.count) + bytes
    }
    return bytes
  }

  private static func length(_ count: Int) -> [UInt8] {
    count < 128 ? [UInt8(count)] : [UInt8(count & 0x7f) | 0x80, UInt8(count >> 7)]
  }

  static func code(of bytes: [UInt8]) -> Status.Code? {
    do {
      _ = try bytes.withUnsafeBytes {
        try ProtobufDeserializer<Google_Protobuf_ListValue>().deserialize($0)
      }
      return nil
    } catch {
      return (error as? RPCError)?.code
    }
  }

  @Test("what is no such message is INTERNAL, what would cost too much RESOURCE_EXHAUSTED")
  func codes() {
    #expect(Self.code(of: Self.nested(levels: 99)) == nil)
    #expect(Self.code(of: Self.nested(levels: 101)) == .resourceExhausted)
    #expect(Self.code(of: [0x0a, 5]) == .internalError)
    // Two bytes on the wire become a whole message in memory.
    let many = [UInt8]((0..<100_000).map { $0 % 2 == 0 ? 0x0a : 0 })
    #expect(Self.code(of: many) == .resourceExhausted)
  }
}
