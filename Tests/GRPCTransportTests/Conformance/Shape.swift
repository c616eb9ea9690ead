import GRPC

/// The four kinds of calls, each as one function with the same outcome.
enum Shape: String, CaseIterable, Sendable {
  case unary = "Unary"
  case upload = "Upload"
  case watch = "Watch"
  case converse = "Converse"

  var requestIsStream: Bool { self == .upload || self == .converse }
  var responseIsStream: Bool { self == .watch || self == .converse }

  var method: MethodDescriptor {
    let kind: MethodDescriptor.Kind =
      switch self {
      case .unary: .unary
      case .upload: .clientStreaming
      case .watch: .serverStreaming
      case .converse: .bidirectionalStreaming
      }
    return GRPCClient.method(rawValue, kind)
  }

  /// What a caller sees of a call.
  struct Outcome: Sendable {
    /// Nil when the call failed and this shape does not tell.
    var initial: Metadata?
    var messages: [[UInt8]] = []
    var trailing = Metadata()
    var error: RPCError?
  }

  /// Makes the call with these requests, of which the shapes with one take the first.
  func run(
    _ client: GRPCClient, _ requests: [[UInt8]] = [[1, 2, 3]], metadata: Metadata = Metadata(),
    options: CallOptions = .timeout(.seconds(60))
  ) async -> Outcome {
    var outcome = Outcome()
    do {
      switch self {
      case .unary:
        let response = try await client.unaryResponse(
          requests[0], method: method, serializer: RawBytes(), deserializer: RawBytes(),
          metadata: metadata, options: options)
        outcome.initial = response.initialMetadata
        outcome.messages = [response.message]
        outcome.trailing = response.trailingMetadata
      case .upload:
        let call = client.clientStreaming(
          method: method, serializer: RawBytes(), deserializer: RawBytes(), metadata: metadata,
          options: options)
        try await call.requests.write(contentsOf: requests)
        outcome.messages = [try await call.response()]
        outcome.initial = try await call.initialMetadata()
        outcome.trailing = call.trailingMetadata
      case .watch:
        let call = client.serverStreaming(
          requests[0], method: method, serializer: RawBytes(), deserializer: RawBytes(),
          metadata: metadata, options: options)
        for try await message in call.responses { outcome.messages.append(message) }
        outcome.initial = try await call.initialMetadata()
        outcome.trailing = call.trailingMetadata
      case .converse:
        let call = client.bidirectionalStreaming(
          method: method, serializer: RawBytes(), deserializer: RawBytes(), metadata: metadata,
          options: options)
        try await call.requests.write(contentsOf: requests)
        call.requests.finish()
        for try await message in call.responses { outcome.messages.append(message) }
        outcome.initial = try await call.initialMetadata()
        outcome.trailing = call.trailingMetadata
      }
    } catch let error as RPCError {
      outcome.error = error
      outcome.trailing = error.metadata
    } catch {
      outcome.error = RPCError(code: .unknown, message: "not an RPCError: \(error)")
    }
    return outcome
  }

  /// The responses to these requests when all goes well.
  func responses(to requests: [[UInt8]], each count: Int = 1) -> [[UInt8]] {
    switch self {
    case .unary: [requests[0]]
    case .upload: [requests.flatMap { $0 }]
    case .watch: Array(repeating: requests[0], count: count)
    case .converse: requests.flatMap { Array(repeating: $0, count: count) }
    }
  }
}
