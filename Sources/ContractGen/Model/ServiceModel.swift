/// A service with its methods.
struct ServiceModel: Sendable {
  /// One rpc.
  struct Method: Sendable {
    let protoName: String
    /// The function's name.
    let swiftName: String
    /// The namespace within `Method`.
    let swiftType: String
    let inputType: String
    let outputType: String
    let clientStreaming: Bool
    let serverStreaming: Bool
    /// The case of `MethodDescriptor.Idempotency`; nil when the contract does not say.
    let idempotency: String?
    let comment: [String]

    /// The case of `MethodDescriptor.Kind`.
    var kind: String {
      switch (clientStreaming, serverStreaming) {
      case (false, false): "unary"
      case (true, false): "clientStreaming"
      case (false, true): "serverStreaming"
      case (true, true): "bidirectionalStreaming"
      }
    }
  }

  /// Full proto name without a leading dot.
  let protoName: String
  /// The namespace of everything generated for it.
  let swiftName: String
  let methods: [Method]
  let comment: [String]
}
