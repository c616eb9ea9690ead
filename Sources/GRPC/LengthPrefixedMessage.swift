/// The frame around a message: one flag byte, four bytes of length (big-endian), the message.
public enum LengthPrefixedMessage {
  /// Bytes in front of each message.
  public static let prefixLength = 5

  /// Fills in the prefix of an uncompressed message that lies behind `prefixLength` free bytes.
  public static func writePrefix(into framed: inout [UInt8]) {
    precondition(framed.count >= prefixLength, "room for the prefix was not left")
    let length = UInt32(framed.count - prefixLength)
    framed.withUnsafeMutableBufferPointer { writePrefix(length: length, flag: 0, to: $0) }
  }

  /// Fills in the prefix of a message; flag 1 says that it is compressed.
  static func writePrefix(
    length: UInt32, flag: UInt8, to output: UnsafeMutableBufferPointer<UInt8>
  ) {
    precondition(output.count >= prefixLength)
    output[0] = flag
    output[1] = UInt8(truncatingIfNeeded: length >> 24)
    output[2] = UInt8(truncatingIfNeeded: length >> 16)
    output[3] = UInt8(truncatingIfNeeded: length >> 8)
    output[4] = UInt8(truncatingIfNeeded: length)
  }

  /// Serializes one message with its prefix; throws RESOURCE_EXHAUSTED above `maxBytes` and what
  /// the serializer throws.
  public static func frame<Message>(
    _ message: Message, with serializer: some MessageSerializer<Message>, maxBytes: Int
  ) throws -> [UInt8] {
    var framed = try serializer.serialize(message, headroom: prefixLength)
    let length = framed.count - prefixLength
    guard length <= maxBytes, length <= Int(UInt32.max) else {
      throw RPCError(
        code: .resourceExhausted,
        message: "the message to send has \(length) bytes, the limit is \(maxBytes)")
    }
    writePrefix(into: &framed)
    return framed
  }
}
