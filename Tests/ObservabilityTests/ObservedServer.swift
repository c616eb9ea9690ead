import GRPC
import GRPCTransport

/// Messages that are just bytes.
struct RawBytes: MessageSerializer, MessageDeserializer {
  func serialize(_ message: [UInt8], headroom: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: headroom) + message
  }
  func deserialize(_ bytes: UnsafeRawBufferPointer) -> [UInt8] { Array(bytes) }
}

/// A server in this process and a client of it, each watched by the given interceptors.
struct ObservedServer {
  let client: GRPCClient
  private let transport: InProcessTransport

  init(
    server: [any ServerInterceptor] = [], client interceptors: [any ClientInterceptor] = [],
    onUnary: @escaping @Sendable ([UInt8], ServerContext) async throws -> [UInt8] = { input, _ in
      input
    }
  ) throws {
    var router = RPCRouter()
    router.registerUnary(
      Self.unary, deserializer: RawBytes(), serializer: RawBytes(), handler: onUnary)
    router.registerBidirectional(
      Self.talk, deserializer: RawBytes(), serializer: RawBytes()
    ) { requests, writer, _ in
      for try await request in requests { try await writer.write(request) }
    }
    transport = try InProcessTransport(router: router, interceptors: server)
    client = GRPCClient(transport: transport, interceptors: interceptors)
  }

  static let unary = MethodDescriptor(
    service: ServiceDescriptor(fullyQualifiedService: "test.v1.Watched"), method: "Unary",
    kind: .unary)
  static let talk = MethodDescriptor(
    service: ServiceDescriptor(fullyQualifiedService: "test.v1.Watched"), method: "Talk",
    kind: .bidirectionalStreaming)

  func call(_ message: [UInt8] = [1], options: CallOptions = .defaults) async throws -> [UInt8] {
    try await client.unary(
      message, method: Self.unary, serializer: RawBytes(), deserializer: RawBytes(),
      options: options)
  }

  /// The code with which a call fails; nil when it does not.
  func failure(options: CallOptions = .defaults) async -> Status.Code? {
    do {
      _ = try await call(options: options)
      return nil
    } catch {
      return RPCError(wrapping: error).code
    }
  }

  /// One turn of a stream, to its good end.
  func converse() async throws {
    let talk = client.bidirectionalStreaming(
      method: Self.talk, serializer: RawBytes(), deserializer: RawBytes())
    try await talk.requests.write([1])
    talk.requests.finish()
    for try await _ in talk.responses {}
  }

  func stop() async { await transport.shutdown() }
}
