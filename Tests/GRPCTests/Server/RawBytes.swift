import GRPC

/// Messages that are just bytes.
struct RawBytes: MessageSerializer, MessageDeserializer {
  func serialize(_ message: [UInt8], headroom: Int) throws -> [UInt8] {
    [UInt8](repeating: 0, count: headroom) + message
  }

  func deserialize(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] {
    Array(bytes)
  }
}

extension MethodDescriptor {
  static func test(_ name: String, _ kind: Kind) -> MethodDescriptor {
    MethodDescriptor(
      service: ServiceDescriptor(fullyQualifiedService: "test.Service"), method: name, kind: kind)
  }
}

extension RPCRouter {
  /// One method of each shape; the handlers are never run by the tests of the machine.
  static var allShapes: RPCRouter {
    var router = RPCRouter()
    router.registerUnary(
      .test("Unary", .unary), deserializer: RawBytes(), serializer: RawBytes()
    ) { input, _ in input }
    router.registerServerStreaming(
      .test("Down", .serverStreaming), deserializer: RawBytes(), serializer: RawBytes()
    ) { _, _, _ in }
    router.registerClientStreaming(
      .test("Up", .clientStreaming), deserializer: RawBytes(), serializer: RawBytes()
    ) { _, _ in [] }
    router.registerBidirectional(
      .test("Both", .bidirectionalStreaming), deserializer: RawBytes(), serializer: RawBytes()
    ) { _, _, _ in }
    return router
  }
}
