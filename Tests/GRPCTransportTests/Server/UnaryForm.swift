import GRPC

/// The two forms in which a unary handler can be registered.
enum UnaryForm: CaseIterable, Sendable {
  case asynchronous
  case synchronous
}

extension RPCRouter {
  /// Registers the same handler in one form or the other.
  mutating func unary(
    _ name: String, as form: UnaryForm,
    _ handler: @escaping @Sendable (Bytes, ServerContext) throws -> Bytes
  ) {
    let method = GRPCClient.method(name, .unary)
    switch form {
    case .asynchronous:
      registerUnary(
        method, deserializer: RawBytes(), serializer: RawBytes()
      ) { input, context in try handler(input, context) }
    case .synchronous:
      registerSynchronousUnary(
        method, deserializer: RawBytes(), serializer: RawBytes(), handler: handler)
    }
  }
}
