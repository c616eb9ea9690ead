import HTTP2

/// The rules of one call on the server, without sockets, tasks or clocks.
///
/// ```
///  request:   idle ──headers──▶ receiving ──end──▶ ended
///               │ refused          │ violation, reset, our answer ended
///               └──────────────────┴──────────────▶ ignored   (later input means nothing)
///
///  response:  idle ──headers──▶ sending ──trailers──▶ ended
///               └──── trailers-only ────────────────▶ ended
/// ```
///
/// Every input returns what is to be done; inputs that come too late return `.nothing`, because a
/// handler and the network race lawfully.
package struct ServerStreamStateMachine {
  private enum Request {
    case idle
    case receiving
    case ended
    case ignored
  }

  private enum Response {
    case idle
    case sending
    case ended
  }

  private var request = Request.idle
  /// Apart from the state, so that it works where it lies.
  private var deframer = MessageDeframer(maxMessageBytes: 0)
  private var messages = 0
  private var response = Response.idle
  private var isStream = false
  private var contentTypeNamesCodec = false
  private var allowedCompression: CompressionAlgorithms = .all
  /// What compressed request messages are to be inflated with.
  private(set) var requestCompression = CompressionAlgorithm.identity
  /// What responses may be compressed with.
  private(set) var acceptedCompression: CompressionAlgorithms = []
  /// What responses are compressed with unless the handler decides.
  private(set) var defaultCompression = CompressionAlgorithm.identity

  package init() {}

  // MARK: Request

  /// What a request's header block led to.
  package enum OnHeaders {
    /// A call begins.
    case begin(RegisteredMethod, timeoutNanoseconds: Int64?)
    /// The whole answer: one header block.
    case refuse(FieldList)
    case nothing
  }

  /// Takes the first header block. The checks have the order of the protocol's own precedence.
  package mutating func receiveHeaders(
    _ headers: RequestHeaders, routes: RoutingTable
  ) -> OnHeaders {
    guard case .idle = request else { return .nothing }
    contentTypeNamesCodec = headers.namesCodec
    allowedCompression = routes.compression.allowed
    guard headers.contentType == .protobuf else {
      return refuse(ResponseFields.unsupportedMediaType)
    }
    guard headers.isPost else { return refuse(ResponseFields.methodNotAllowed) }
    guard let method = routes.method(at: headers.path) else {
      let path = String(decoding: headers.path.prefix(256), as: UTF8.self)
      return refuse(.unimplemented, "there is no method \(path)")
    }
    var timeout: Int64?
    if let text = headers.timeout {
      guard let nanoseconds = GRPCTimeout.decode(text) else {
        return refuse(.internalError, "the grpc-timeout header is malformed")
      }
      timeout = nanoseconds
    }
    guard let encoding = headers.encoding, allowedCompression.allows(encoding) else {
      return refuse(.unimplemented, "the grpc-encoding of the request is not supported")
    }
    requestCompression = encoding
    acceptedCompression = headers.accepts.intersection(allowedCompression)
    if acceptedCompression.allows(routes.compression.responses) {
      defaultCompression = routes.compression.responses
    }
    isStream = method.requestIsStream
    request = .receiving
    deframer = MessageDeframer(
      maxMessageBytes: method.maxRequestBytes, allowsCompression: encoding != .identity)
    return .begin(method, timeoutNanoseconds: timeout)
  }

  /// Refuses a request whose header block was over the limits.
  package mutating func receiveOversizedHeaders() -> OnHeaders {
    guard case .idle = request else { return .nothing }
    return refuse(ResponseFields.headersTooLarge)
  }

  /// What received payload led to.
  package enum OnData: Equatable {
    case nothing
    case fail(Status)
  }

  /// Takes payload bytes and delivers the messages they complete.
  package mutating func receiveData(
    _ bytes: UnsafeRawBufferPointer, deliver: (MessageDeframer.Payload) -> Void
  ) -> OnData {
    guard case .receiving = request else { return .nothing }
    let isStream = isStream
    var count = messages
    do throws(RPCError) {
      try deframer.receive(bytes) { payload in
        count += 1
        if isStream || count == 1 { deliver(payload) }
      }
    } catch {
      ignoreRequest()
      return .fail(error.status)
    }
    messages = count
    guard isStream || count <= 1 else {
      ignoreRequest()
      return .fail(Status(code: .unimplemented, message: "the method takes one request message"))
    }
    return .nothing
  }

  /// Whether a message has begun and not ended.
  package var isInsideMessage: Bool {
    if case .receiving = request { deframer.isInsideMessage } else { false }
  }

  /// What the end of the request led to.
  package enum OnEnd: Equatable {
    /// The one request message is complete: run the handler.
    case dispatch
    /// The handler has seen the last message.
    case endMessages
    case fail(Status)
    case nothing
  }

  /// Takes the half-close of the client.
  package mutating func receiveEnd() -> OnEnd {
    guard case .receiving = request else { return .nothing }
    request = .ended
    if deframer.isInsideMessage {
      return .fail(Status(code: .internalError, message: "the request ended inside a message"))
    }
    if isStream { return .endMessages }
    guard messages == 1 else {
      return .fail(Status(code: .unimplemented, message: "the method takes one request message"))
    }
    return .dispatch
  }

  /// What the loss of the stream led to.
  package enum OnClosed: Equatable {
    /// Nobody waits for the answer any more.
    case cancelHandler
    case nothing
  }

  /// Takes the end of the stream, for whatever reason.
  package mutating func closed() -> OnClosed {
    ignoreRequest()
    guard case .ended = response else {
      response = .ended
      return .cancelHandler
    }
    return .nothing
  }

  // MARK: Response

  /// What sending a message takes.
  package enum OnMessage: Equatable {
    case sendHeadersFirst
    case send
    /// The call has ended; the message goes nowhere.
    case drop
  }

  /// The handler sends a message.
  package mutating func sendMessage() -> OnMessage {
    switch response {
    case .idle:
      response = .sending
      return .sendHeadersFirst
    case .sending: return .send
    case .ended: return .drop
    }
  }

  /// What ending the call takes.
  package enum OnStatus: Equatable {
    case sendTrailersOnly
    /// Nothing was sent so far, but the answer needs two blocks: initial metadata in a single block
    /// would be taken for trailing, and success without messages is not an immediate error.
    case sendHeadersAndTrailers
    case sendTrailers
    case nothing
  }

  /// The call ends with a status.
  package mutating func sendStatus(_ code: Status.Code, hasInitialMetadata: Bool) -> OnStatus {
    ignoreRequest()
    switch response {
    case .idle:
      response = .ended
      return code == .ok || hasInitialMetadata ? .sendHeadersAndTrailers : .sendTrailersOnly
    case .sending:
      response = .ended
      return .sendTrailers
    case .ended: return .nothing
    }
  }

  /// Whether the call can still be answered.
  package var canAnswer: Bool {
    if case .ended = response { false } else { true }
  }

  /// The header block that precedes the first message.
  package func initialFields(
    _ metadata: Metadata, encoding: CompressionAlgorithm = .identity
  ) -> FieldList {
    ResponseFields.initial(
      namesCodec: contentTypeNamesCodec, accepting: allowedCompression, encoding: encoding, metadata
    )
  }

  /// The same, when neither metadata nor an encoding belongs to it.
  var plainInitialFields: PreparedFields {
    ResponseFields.plainInitial(namesCodec: contentTypeNamesCodec, accepting: allowedCompression)
  }

  /// The whole answer of a call that fails before it sent anything.
  package func trailersOnly(
    _ status: Status, trailing: Metadata = Metadata(), details: [UInt8]? = nil
  ) -> FieldList {
    var fields = initialFields(Metadata())
    ResponseFields.appendStatus(status, trailing, details: details, to: &fields)
    return fields
  }

  private mutating func refuse(_ code: Status.Code, _ message: String) -> OnHeaders {
    refuse(trailersOnly(Status(code: code, message: message)))
  }

  private mutating func refuse(_ fields: FieldList) -> OnHeaders {
    ignoreRequest()
    response = .ended
    return .refuse(fields)
  }

  /// Later input means nothing, and the pieces of a message are let go.
  private mutating func ignoreRequest() {
    request = .ignored
    if deframer.isInsideMessage { deframer = MessageDeframer(maxMessageBytes: 0) }
  }
}

extension ServerStreamStateMachine {
  /// The same, for a block that is not sorted so far.
  mutating func receiveHeaders(_ fields: FieldView, routes: RoutingTable) -> OnHeaders {
    receiveHeaders(RequestHeaders(fields), routes: routes)
  }
}
