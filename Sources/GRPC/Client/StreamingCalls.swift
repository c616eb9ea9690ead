/// A call with one request and many responses: the handle of the call, and the sequence of its
/// responses. Letting go of it cancels the call.
public struct ServerStreamingCall<Output: Sendable>: Sendable {
  /// The responses. Ends when the call ends with OK, throws when it fails.
  public let responses: RPCAsyncSequence<Output>
  private let stream: any ClientStream

  /// A call without a server, for doubles of clients: these responses and no metadata.
  public init(responses: RPCAsyncSequence<Output>) {
    self.responses = responses
    stream = FailedClientStream(
      RPCError(code: .unimplemented, message: "this call has no server"))
  }

  init(stream: any ClientStream, deserializer: some MessageDeserializer<Output>) {
    self.stream = stream
    self.responses = RPCAsyncSequence(stream: stream, deserializer: deserializer)
  }

  /// Metadata that came before the first response; waits for it.
  public func initialMetadata() async throws -> Metadata { try await stream.initialMetadata() }
  /// Metadata that came with the status; empty before the responses have ended.
  public var trailingMetadata: Metadata { stream.trailingMetadata }
  /// Whether the response taken last came compressed.
  public var lastResponseWasCompressed: Bool { stream.lastMessageWasCompressed }
  /// Ends the call with CANCELLED.
  public func cancel() { stream.cancel() }
}

extension ServerStreamingCall: AsyncSequence {
  /// Starts (or continues) to take the responses.
  public func makeAsyncIterator() -> RPCAsyncSequence<Output>.AsyncIterator {
    responses.makeAsyncIterator()
  }
}

/// A call with many requests and one response.
public struct ClientStreamingCall<Input: Sendable, Output: Sendable>: Sendable {
  /// Where requests are written.
  public let requests: RequestWriter<Input>
  private let stream: any ClientStream
  private let single: @Sendable () async throws -> Output

  init(
    stream: any ClientStream,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    maxRequestMessageBytes: Int
  ) {
    self.stream = stream
    self.requests = RequestWriter(
      stream: stream, serializer: serializer, maxMessageBytes: maxRequestMessageBytes)
    self.single = {
      var message: [UInt8]?
      while let bytes = try await stream.receive() { message = bytes }
      // The state machine lets an OK through only with exactly one message.
      guard let message else {
        throw RPCError(code: .unimplemented, message: "the response has no message")
      }
      return try GRPCClient.deserialize(message, with: deserializer)
    }
  }

  /// Says that no request follows and waits for the response. Call it once.
  public func response() async throws -> Output {
    requests.finish()
    return try await single()
  }

  /// Metadata that came before the response; waits for it.
  public func initialMetadata() async throws -> Metadata { try await stream.initialMetadata() }
  /// Metadata that came with the status; empty before the response was taken.
  public var trailingMetadata: Metadata { stream.trailingMetadata }
  /// Whether the response taken last came compressed.
  public var lastResponseWasCompressed: Bool { stream.lastMessageWasCompressed }
  /// Ends the call with CANCELLED.
  public func cancel() { stream.cancel() }
}

/// A call with many requests and many responses. Letting go of all its parts cancels it.
public struct BidirectionalCall<Input: Sendable, Output: Sendable>: Sendable {
  /// Where requests are written.
  public let requests: RequestWriter<Input>
  /// The responses. Ends when the call ends with OK, throws when it fails.
  public let responses: RPCAsyncSequence<Output>
  private let stream: any ClientStream

  init(
    stream: any ClientStream,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    maxRequestMessageBytes: Int
  ) {
    self.stream = stream
    self.requests = RequestWriter(
      stream: stream, serializer: serializer, maxMessageBytes: maxRequestMessageBytes)
    self.responses = RPCAsyncSequence(stream: stream, deserializer: deserializer)
  }

  /// Metadata that came before the first response; waits for it.
  public func initialMetadata() async throws -> Metadata { try await stream.initialMetadata() }
  /// Metadata that came with the status; empty before the responses have ended.
  public var trailingMetadata: Metadata { stream.trailingMetadata }
  /// Whether the response taken last came compressed.
  public var lastResponseWasCompressed: Bool { stream.lastMessageWasCompressed }
  /// Ends the call with CANCELLED.
  public func cancel() { stream.cancel() }
}

/// The sending half of a call. Write from one task at a time.
public struct RequestWriter<Element: Sendable>: Sendable {
  private let writer: RPCWriter<Element>
  private let stream: any ClientStream

  init(
    stream: any ClientStream, serializer: some MessageSerializer<Element>, maxMessageBytes: Int
  ) {
    self.stream = stream
    self.writer = RPCWriter { element, mayCompress in
      let framed = try LengthPrefixedMessage.frame(
        element, with: serializer, maxBytes: maxMessageBytes)
      if mayCompress {
        try await stream.send(framedMessage: framed)
      } else {
        try await stream.sendUncompressed(framedMessage: framed)
      }
    }
  }

  /// Sends one request; suspends while the peer is slow. Throws the call's failure when it ended.
  public func write(_ element: Element) async throws { try await writer.write(element) }
  /// Sends one request, uncompressed if `mayCompress` is false even where the options of the call
  /// ask for compression.
  public func write(_ element: Element, mayCompress: Bool) async throws {
    try await writer.write(element, mayCompress: mayCompress)
  }
  /// Sends all requests in order.
  public func write(contentsOf elements: some Sequence<Element>) async throws {
    try await writer.write(contentsOf: elements)
  }
  /// Says that no request follows.
  public func finish() { stream.finishSending() }
}

extension RPCAsyncSequence {
  init(stream: any ClientStream, deserializer: some MessageDeserializer<Element>) {
    self.init {
      guard let bytes = try await stream.receive() else { return nil }
      do {
        return try GRPCClient.deserialize(bytes, with: deserializer)
      } catch {
        stream.cancel()  // nobody will read what follows
        throw error
      }
    }
  }
}
