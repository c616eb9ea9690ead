import Protobuf

/// Serializes protobuf messages.
public struct ProtobufSerializer<Message: Protobuf.Message>: MessageSerializer {
  /// Makes a serializer; it has no state.
  public init() {}

  /// The protobuf encoding behind `headroom` bytes; throws INTERNAL when it cannot be encoded.
  public func serialize(_ message: Message, headroom: Int) throws -> [UInt8] {
    do {
      return try message.serializedBytes(headroom: headroom)
    } catch {
      throw RPCError(
        code: .internalError, message: "the message could not be encoded", cause: error)
    }
  }
}

/// Deserializes protobuf messages.
public struct ProtobufDeserializer<Message: Protobuf.Message>: MessageDeserializer {
  /// Makes a deserializer; it has no state.
  public init() {}

  /// Reads a message; throws INTERNAL, as gRPC asks, when the bytes are not such a message, and
  /// RESOURCE_EXHAUSTED when they would cost more than ``DecodingLimits`` grants.
  public func deserialize(_ bytes: UnsafeRawBufferPointer) throws -> Message {
    do {
      return try Message(serializedBytes: bytes)
    } catch {
      throw RPCError(
        code: error.isLimit ? .resourceExhausted : .internalError,
        message: "the message could not be decoded: \(error)", cause: error)
    }
  }
}
