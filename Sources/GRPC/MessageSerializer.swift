/// Turns messages into bytes.
public protocol MessageSerializer<Message>: Sendable {
  /// What is serialized.
  associatedtype Message

  /// The serialized message behind `headroom` bytes that the caller fills in (the gRPC prefix).
  func serialize(_ message: Message, headroom: Int) throws -> [UInt8]
}

/// Turns bytes into messages.
public protocol MessageDeserializer<Message>: Sendable {
  /// What is deserialized.
  associatedtype Message

  /// Reads one whole message; the bytes are valid only during the call.
  func deserialize(_ bytes: UnsafeRawBufferPointer) throws -> Message
}
