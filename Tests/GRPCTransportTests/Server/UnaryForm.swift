import Dispatch
import GRPC

/// The forms in which a unary handler can be registered.
enum UnaryForm: CaseIterable, Sendable {
  case asynchronous
  case synchronous
  case deferred
}

extension RPCRouter {
  /// Registers the same handler in one form or another; the deferred one answers from elsewhere.
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
    case .deferred:
      registerDeferredUnary(
        method, deserializer: RawBytes(), serializer: RawBytes()
      ) { input, context, answer in
        let output = Result { try handler(input, context) }
        DispatchQueue.global().async { answer.give { try output.get() } }
      }
    }
  }
}
