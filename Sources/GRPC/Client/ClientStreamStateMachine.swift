/// What a client makes of the frames of one response. Pure: no sockets, no clock, no tasks.
///
/// ```
///            1xx                    DATA
///           +---+                  +----+
///           v   |                  v    |
///   awaitingHeaders --200 gRPC--> messages --HEADERS+END_STREAM--> ended
///        |  |                       |
///        |  +- HEADERS+END_STREAM --|----------------------------> ended   (Trailers-Only)
///        +---- not gRPC, bad codec -+- bad frame, limit, reset --> ended   (failed here: reset it)
/// ```
/// Input after the end is lawful (frames cross on the wire) and does nothing.
package struct ClientStreamStateMachine: Sendable {
  /// How a call ended.
  package enum End: Sendable {
    /// The server said OK; the metadata is that of the trailers.
    case ok(Metadata)
    /// The server said something else, or did not keep to the protocol.
    case failed(RPCError)
  }

  /// What to do after headers.
  package enum OnHeaders: Sendable {
    /// Nothing: informational, or after the end.
    case ignore
    /// Messages may follow this metadata.
    case initialMetadata(Metadata)
    /// The server ended the call.
    case end(End)
    /// The response cannot be used: reset the stream and end the call.
    case resetAndFail(RPCError)
  }

  /// What to do after data.
  package enum OnData: Sendable {
    /// Nothing more.
    case proceed
    /// The server ended the call, wrongly.
    case end(End)
    /// The response cannot be used: reset the stream and end the call.
    case resetAndFail(RPCError)
  }

  private enum State {
    case awaitingHeaders
    case messages
    case ended
  }

  private var state = State.awaitingHeaders
  private var deframer: MessageDeframer
  private let responseIsStream: Bool
  private let accepts: CompressionAlgorithms
  private var messages = 0
  /// What compressed messages are to be inflated with; known when the first one is delivered.
  package private(set) var compression = CompressionAlgorithm.identity

  /// Starts to wait for a response.
  package init(
    responseIsStream: Bool, maxMessageBytes: Int, accepts: CompressionAlgorithms = []
  ) {
    self.responseIsStream = responseIsStream
    self.accepts = accepts
    self.deframer = MessageDeframer(maxMessageBytes: maxMessageBytes)
  }

  /// Whether nothing of an answer has come so far.
  package var isAwaitingHeaders: Bool { state == .awaitingHeaders }

  /// Whether the call is over on the receiving side.
  package var isEnded: Bool { state == .ended }

  /// A block of headers or trailers arrived.
  package mutating func receiveHeaders(_ block: ResponseHeaderBlock, endStream: Bool) -> OnHeaders {
    switch state {
    case .ended:
      return .ignore
    case .awaitingHeaders where endStream:
      state = .ended
      return .end(trailersOnlyEnd(block))
    case .awaitingHeaders:
      if let status = block.httpStatus, (100..<200).contains(status) { return .ignore }
      if let error = refusal(ofLeading: block) {
        state = .ended
        return .resetAndFail(error)
      }
      state = .messages
      compression = block.encoding
      deframer.allowsCompression = compression != .identity
      return .initialMetadata(block.metadata)
    case .messages:
      state = .ended
      guard endStream else {
        return .resetAndFail(
          RPCError(code: .internalError, message: "headers arrived in the middle of the response"))
      }
      return .end(trailersEnd(block))
    }
  }

  /// DATA arrived; each message it completes is delivered. A call with one response delivers the
  /// first message only: whether a second one came decides how the call ends.
  package mutating func receiveData(
    _ bytes: UnsafeRawBufferPointer, endStream: Bool, deliver: (MessageDeframer.Payload) -> Void
  ) -> OnData {
    switch state {
    case .ended:
      return .proceed
    case .awaitingHeaders:
      state = .ended
      return .resetAndFail(RPCError(code: .internalError, message: "data arrived before headers"))
    case .messages:
      break
    }
    do {
      var count = messages
      let isStream = responseIsStream
      try deframer.receive(bytes) { payload in
        if isStream || count == 0 { deliver(payload) }
        count += 1
      }
      messages = count
    } catch {
      state = .ended
      return .resetAndFail(error)
    }
    guard endStream else { return .proceed }
    state = .ended
    return .end(
      .failed(
        RPCError(code: .internalError, message: "the response ended with data, without a status")))
  }

  /// The server reset the stream; nil when the call was over already.
  package mutating func receiveReset(errorCode: UInt32) -> RPCError? {
    guard state != .ended else { return nil }
    state = .ended
    return RPCError(
      code: Status.Code(resetErrorCode: errorCode),
      message: "the server reset the stream with error code \(errorCode)")
  }

  /// The call ends on this side; false when it was over already.
  package mutating func endLocally() -> Bool {
    defer { state = .ended }
    return state != .ended
  }

  // MARK: The end

  private func trailersOnlyEnd(_ block: ResponseHeaderBlock) -> End {
    if case .some(let status) = block.grpcStatus { return end(status, block) }
    if let error = refusal(ofLeading: block) { return .failed(error) }
    return .failed(Self.missingStatus)
  }

  private func trailersEnd(_ block: ResponseHeaderBlock) -> End {
    guard case .some(let status) = block.grpcStatus else { return .failed(Self.missingStatus) }
    return end(status, block)
  }

  private func end(_ status: Status.Code?, _ block: ResponseHeaderBlock) -> End {
    guard let status else {
      return .failed(
        RPCError(
          code: .unknown, message: block.grpcMessage.isEmpty
            ? "the server sent a status that is not a gRPC code" : block.grpcMessage,
          metadata: block.metadata))
    }
    guard status == .ok else {
      return .failed(
        RPCError(
          code: status, message: block.grpcMessage, metadata: block.metadata,
          detailsBytes: block.detailsBytes))
    }
    if deframer.isInsideMessage {
      return .failed(
        RPCError(code: .internalError, message: "the response ended inside a message"))
    }
    if !responseIsStream, messages != 1 {
      return .failed(
        RPCError(
          code: .unimplemented,
          message: "the server sent \(messages) messages where the method has exactly one"))
    }
    return .ok(block.metadata)
  }

  private static var missingStatus: RPCError {
    RPCError(code: .unknown, message: "the response ended without a status")
  }

  /// Why headers cannot begin a gRPC response, nil when they can.
  private func refusal(ofLeading block: ResponseHeaderBlock) -> RPCError? {
    guard let status = block.httpStatus else {
      return RPCError(code: .unknown, message: "the response has no valid HTTP status")
    }
    guard status == 200 else {
      return RPCError(
        code: Status.Code(httpStatus: status),
        message: "the server answered with HTTP status \(status) and no gRPC status")
    }
    switch block.contentType {
    case .protobuf:
      break
    case .otherCodec(let codec):
      return RPCError(
        code: .internalError, message: "the response is encoded as '\(codec)', not as protobuf")
    case .foreign, nil:
      return RPCError(
        code: .unknown, message: "the response is not gRPC: its content-type is another one")
    }
    if let encoding = block.foreignEncoding {
      return RPCError(
        code: .internalError, message: "the response uses the unknown compression '\(encoding)'")
    }
    guard accepts.allows(block.encoding) else {
      return RPCError(
        code: .internalError,
        message: "the response uses \(block.encoding), which the request did not offer")
    }
    return nil
  }
}
