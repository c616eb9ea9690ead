/// Makes typed calls over a transport. A value: copy it freely, share it between tasks.
///
/// There is nothing to run or start; the transport connects when the first call needs it.
/// Every failure is thrown as `RPCError`.
public struct GRPCClient: Sendable {
  private let transport: any ClientTransport
  private let chain: ClientInterceptorChain?

  /// Makes a client; interceptors apply to every call, the first one outermost.
  public init(transport: any ClientTransport, interceptors: [any ClientInterceptor] = []) {
    self.transport = transport
    self.chain = ClientInterceptorChain(interceptors)
  }

  /// One request, one response.
  public func unary<Input: Sendable, Output: Sendable>(
    _ message: Input,
    method: MethodDescriptor,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    metadata: Metadata = Metadata(),
    options: CallOptions = .defaults
  ) async throws -> Output {
    let framed = try LengthPrefixedMessage.frame(
      message, with: serializer, maxBytes: options.maxRequestMessageBytes)
    let reply = try await reply(to: framed, method, metadata, options)
    return try Self.deserialize(reply.message, with: deserializer)
  }

  /// One request, one response, with the metadata that came along.
  public func unaryResponse<Input: Sendable, Output: Sendable>(
    _ message: Input,
    method: MethodDescriptor,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    metadata: Metadata = Metadata(),
    options: CallOptions = .defaults
  ) async throws -> ClientResponse<Output> {
    let framed = try LengthPrefixedMessage.frame(
      message, with: serializer, maxBytes: options.maxRequestMessageBytes)
    let reply = try await reply(to: framed, method, metadata, options)
    return ClientResponse(
      initialMetadata: reply.initialMetadata,
      message: try Self.deserialize(reply.message, with: deserializer),
      trailingMetadata: reply.trailingMetadata,
      wasCompressed: reply.wasCompressed)
  }

  /// One request, many responses. The call starts now; letting go of it cancels it.
  public func serverStreaming<Input: Sendable, Output: Sendable>(
    _ message: Input,
    method: MethodDescriptor,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    metadata: Metadata = Metadata(),
    options: CallOptions = .defaults
  ) -> ServerStreamingCall<Output> {
    let stream: any ClientStream
    do {
      let framed = try LengthPrefixedMessage.frame(
        message, with: serializer, maxBytes: options.maxRequestMessageBytes)
      stream = open(method, metadata, options, only: framed)
    } catch {
      stream = FailedClientStream(RPCError(wrapping: error))
    }
    return ServerStreamingCall(stream: stream, deserializer: deserializer)
  }

  /// Many requests, one response.
  public func clientStreaming<Input: Sendable, Output: Sendable>(
    method: MethodDescriptor,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    metadata: Metadata = Metadata(),
    options: CallOptions = .defaults
  ) -> ClientStreamingCall<Input, Output> {
    ClientStreamingCall(
      stream: open(method, metadata, options, only: nil),
      serializer: serializer, deserializer: deserializer,
      maxRequestMessageBytes: options.maxRequestMessageBytes)
  }

  /// Many requests, many responses, in any order.
  public func bidirectionalStreaming<Input: Sendable, Output: Sendable>(
    method: MethodDescriptor,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    metadata: Metadata = Metadata(),
    options: CallOptions = .defaults
  ) -> BidirectionalCall<Input, Output> {
    BidirectionalCall(
      stream: open(method, metadata, options, only: nil),
      serializer: serializer, deserializer: deserializer,
      maxRequestMessageBytes: options.maxRequestMessageBytes)
  }

  private func reply(
    to framed: [UInt8], _ method: MethodDescriptor, _ metadata: Metadata, _ options: CallOptions
  ) async throws -> ClientReply {
    let head = ClientRequestHead(method: method, metadata: metadata, options: options)
    guard let chain else { return try await transport.unary(head, framedMessage: framed) }
    let transport = transport
    return try await chain.run(head) { try await transport.unary($0, framedMessage: framed) }
  }

  private func open(
    _ method: MethodDescriptor, _ metadata: Metadata, _ options: CallOptions, only message: [UInt8]?
  ) -> any ClientStream {
    let head = ClientRequestHead(method: method, metadata: metadata, options: options)
    guard let chain else { return transport.openStream(head, onlyMessage: message) }
    return InterceptedClientStream(
      head: head, onlyMessage: message, chain: chain, transport: transport)
  }

  static func deserialize<Output>(
    _ bytes: [UInt8], with deserializer: some MessageDeserializer<Output>
  ) throws -> Output {
    do {
      return try bytes.withUnsafeBytes { try deserializer.deserialize($0) }
    } catch let error as RPCError {
      throw error
    } catch {
      throw RPCError(
        code: .internalError, message: "the response could not be decoded", cause: error)
    }
  }
}
