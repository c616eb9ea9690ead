import GRPC

/// Messages that are just bytes, so that transport tests need no protobuf.
struct RawBytes: MessageSerializer, MessageDeserializer {
  func serialize(_ message: [UInt8], headroom: Int) throws -> [UInt8] {
    [UInt8](repeating: 0, count: headroom) + message
  }

  func deserialize(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] { Array(bytes) }
}

extension GRPCClient {
  static func method(_ name: String, _ kind: MethodDescriptor.Kind) -> MethodDescriptor {
    MethodDescriptor(
      service: ServiceDescriptor(fullyQualifiedService: "test.Test"), method: name, kind: kind)
  }

  func call(
    _ name: String = "Unary", _ message: [UInt8] = [1, 2, 3], metadata: Metadata = [:],
    options: CallOptions = .timeout(.seconds(60))
  ) async throws -> [UInt8] {
    try await unary(
      message, method: Self.method(name, .unary), serializer: RawBytes(),
      deserializer: RawBytes(), metadata: metadata, options: options)
  }

  func watch(
    _ name: String = "Watch", _ message: [UInt8] = [1],
    options: CallOptions = .timeout(.seconds(60))
  ) -> ServerStreamingCall<[UInt8]> {
    serverStreaming(
      message, method: Self.method(name, .serverStreaming), serializer: RawBytes(),
      deserializer: RawBytes(), options: options)
  }

  func upload(
    _ name: String = "Upload", options: CallOptions = .timeout(.seconds(60))
  ) -> ClientStreamingCall<[UInt8], [UInt8]> {
    clientStreaming(
      method: Self.method(name, .clientStreaming), serializer: RawBytes(),
      deserializer: RawBytes(), options: options)
  }

  func converse(
    _ name: String = "Converse", options: CallOptions = .timeout(.seconds(60))
  ) -> BidirectionalCall<[UInt8], [UInt8]> {
    bidirectionalStreaming(
      method: Self.method(name, .bidirectionalStreaming), serializer: RawBytes(),
      deserializer: RawBytes(), options: options)
  }
}
