import GRPC
import HTTP2

/// One call on its way through the client, from the event loop's point of view.
///
/// ```
/// created --> waiting (no connection, or no free stream) --> active (has a stream) --> ended
///                 ^------------ surely unprocessed -------------|
///                 ^-- failed, and its policy repeats it: after a pause
/// ```
/// Everything here runs on the channel's event loop; subclasses add what the caller's task may
/// touch, behind a lock. A call ends exactly once, in `conclude`.
class ClientCall: @unchecked Sendable {
  private enum Phase {
    case created
    case waiting
    case active(Session.Stream, ClientConnection)
    case ended
  }

  /// How often a call that the server surely did not process is sent again without telling anybody.
  private static let transparentRetriesMax = 3
  /// The same when the connection was going away or lost: that is no word about the call, and the
  /// next attempt has another connection.
  private static let movesMax = 16

  /// What is called, and until when.
  let head: ClientRequestHead
  // Unchecked: these belong to the loop, and no access spans a call that leads back here.
  @exclusivity(unchecked) private var phase = Phase.created
  @exclusivity(unchecked) private var machine: ClientStreamStateMachine
  @exclusivity(unchecked) private var pendingLeading: ResponseHeaderBlock?
  @exclusivity(unchecked) private var transparentRetries = 0
  @exclusivity(unchecked) private var requestIsFinished = false
  /// What is left of the call's right to be repeated; nil = it has none.
  @exclusivity(unchecked) private var retry: RetryState?
  /// What the attempt has carried; nil when nobody asks, and between two attempts.
  @exclusivity(unchecked) private var traffic: CallTraffic?
  /// Whom to tell about the end.
  @exclusivity(unchecked) private var owner: ClientChannel?
  /// Whether the call has a place in `WaitingCalls`.
  @exclusivity(unchecked) final var isQueued = false
  /// The call's place in the channel's timer heap.
  @exclusivity(unchecked) final var deadlineToken: TimerHeap<ClientCall>.Token?

  init(_ head: ClientRequestHead) {
    self.head = head
    self.machine = Self.makeMachine(head)
    if head.trafficObserver != nil { traffic = CallTraffic() }
  }

  private static func makeMachine(_ head: ClientRequestHead) -> ClientStreamStateMachine {
    ClientStreamStateMachine(
      responseIsStream: head.method.responseIsStream,
      maxMessageBytes: head.options.maxResponseMessageBytes,
      accepts: head.options.acceptedCompression)
  }

  /// What compressed messages of the response are to be inflated with. Event loop only.
  @exclusivity(unchecked) private(set) final var responseCompression = CompressionAlgorithm.identity

  var isEnded: Bool {
    if case .ended = phase { return true }
    return false
  }

  /// Set when the caller gave up before the call reached the event loop.
  private(set) var isCancelledEarly = false

  /// The caller gave up.
  final func cancel() {
    if case .created = phase {
      isCancelledEarly = true
    } else {
      fail(.callCancelled)
    }
  }

  /// The call's stream and its connection while it has one.
  var stream: (Session.Stream, ClientConnection)? {
    if case .active(let stream, let connection) = phase { return (stream, connection) }
    return nil
  }

  // MARK: For subclasses

  /// The stream is open: send what there is.
  func sendRequest() {}
  /// The peer wants more bytes after `send` refused some.
  func requestBecameWritable() {}
  /// Metadata came before the first message.
  func receiveInitialMetadata(_ metadata: Metadata) {}
  /// A message came.
  func receiveMessage(_ payload: MessageDeframer.Payload) {}
  /// All events of one piece of data were handed over; `count` bytes of credit are owed.
  func receivedData(bytes count: Int) {}
  /// Whether the request can be sent again from its start.
  var canSendAgain: Bool { false }
  /// The server that the call went to last.
  var peer: String? { nil }
  /// The call is over. Called once.
  func complete(_ end: ClientStreamStateMachine.End) {}

  /// Queues request bytes; false when the peer should be waited for (`requestBecameWritable`).
  final func send(_ framed: [UInt8]) -> Bool {
    guard case .active(let stream, let connection) = phase else { return true }
    traffic?.sent(framed: framed)
    return connection.send(framed, on: stream)
  }

  /// Half-closes the request.
  final func finishRequest() {
    guard case .active(let stream, let connection) = phase, !requestIsFinished else { return }
    requestIsFinished = true
    connection.finish(stream)
  }

  // MARK: Life

  /// The call reached the event loop; it has no stream so far.
  final func start(with owner: ClientChannel) {
    self.owner = owner
    phase = .waiting
    retry = owner.retryPolicy(for: head).map { RetryState($0) }
  }

  /// Attempts of this call that failed before this one, by its retry policy.
  final var previousAttempts: Int { retry?.previousAttempts ?? 0 }

  /// The call got a stream.
  final func activate(_ stream: Session.Stream, _ connection: ClientConnection) {
    machine = Self.makeMachine(head)
    pendingLeading = nil
    requestIsFinished = false
    if head.trafficObserver != nil { traffic = CallTraffic() }
    phase = .active(stream, connection)
    sendRequest()
  }

  /// Ends the call on this side; the server is told. False when it was over already.
  @discardableResult
  final func fail(_ error: RPCError, reset code: ErrorCode = .cancel) -> Bool {
    guard !isEnded else { return false }
    _ = machine.endLocally()
    conclude(.failed(error), reset: code)
    return true
  }

  /// The attempt failed before it had a stream; the call may have others.
  final func attemptFailed(_ error: RPCError) {
    end(.failed(error), reset: nil)
  }

  /// The connection is gone. Answers whether the call should be sent again unseen.
  final func connectionLost(reason: String, surelyUnprocessed: Bool) -> Bool {
    receiveClosed(.noError, surelyUnprocessed: surelyUnprocessed, reason: reason)
  }

  /// Ends the call, or this attempt when the call's policy allows another one.
  private func end(_ end: ClientStreamStateMachine.End, reset code: ErrorCode?) {
    guard !isEnded else { return }
    guard let retry, let owner else {
      conclude(end, reset: code)
      return
    }
    if !canSendAgain { retry.commit() }
    guard let pause = owner.pauseBeforeRepeating(retry, after: end, deadline: head.deadline) else {
      conclude(end, reset: code)
      return
    }
    if let (stream, connection) = stream {
      // What this stream still brings belongs to nobody.
      stream.context = nil
      if let code { connection.reset(stream, code) }
    }
    phase = .waiting
    reportTraffic(end.code)
    owner.repeatLater(self, after: pause)
  }

  /// Tells what the attempt that ended so has carried. A call that never had a stream counts as one
  /// attempt, which carried nothing.
  private func reportTraffic(_ code: Status.Code) {
    guard let carried = traffic else { return }
    traffic = nil
    head.trafficObserver?.ended(code, carried)
  }

  private func conclude(_ end: ClientStreamStateMachine.End, reset code: ErrorCode?) {
    guard !isEnded else { return }
    var end = end
    if case .failed(var error) = end {
      if error.code == .cancelled, head.deadline?.isPast == true {
        // The server, too, saw the deadline and was faster.
        error = .deadlineExceeded
      }
      error.peer = peer
      end = .failed(error)
    }
    let active = stream
    phase = .ended
    if let code, let (stream, connection) = active { connection.reset(stream, code) }
    owner?.callEnded(self)
    owner = nil
    reportTraffic(end.code)
    complete(end)
  }

  // MARK: Events of the stream

  final func receiveHeaders(_ fields: FieldView, stream: Session.Stream) {
    let block = ResponseHeaderBlock(fields)
    notePushback(block)
    // Only the end of the stream tells Trailers-Only from leading headers. When a header block has
    // brought it, it is among the next events; else these are leading headers.
    if stream.hasPeerEndedWithHeaders {
      pendingLeading = block
    } else {
      obey(machine.receiveHeaders(block, endStream: false))
    }
  }

  final func receiveTrailers(_ fields: FieldView) {
    settleLeading(endStream: false)
    let block = ResponseHeaderBlock(fields)
    notePushback(block)
    obey(machine.receiveHeaders(block, endStream: true))
  }

  private func notePushback(_ block: ResponseHeaderBlock) {
    if let pushback = block.retryPushback { retry?.pushback = pushback }
  }

  final func receiveData(_ bytes: UnsafeRawBufferPointer) {
    settleLeading(endStream: false)
    let action = machine.receiveData(bytes, endStream: false) { payload in
      traffic?.received(bytes: payload.count)
      receiveMessage(payload)
    }
    switch action {
    case .proceed: receivedData(bytes: bytes.count)
    case .end(let end): self.end(end, reset: endingReset)
    case .resetAndFail(let error): end(.failed(error), reset: .cancel)
    }
  }

  final func receiveEndOfStream() {
    settleLeading(endStream: true)
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    switch machine.receiveData(nothing, endStream: true, deliver: { _ in }) {
    case .proceed: break
    case .end(let end): self.end(end, reset: endingReset)
    case .resetAndFail(let error): end(.failed(error), reset: .cancel)
    }
  }

  /// The stream is gone. Answers whether the call should be sent again: the server surely did not
  /// process it, and it can be repeated from its start.
  final func receiveClosed(_ code: ErrorCode, surelyUnprocessed: Bool, reason: String?) -> Bool {
    guard !isEnded else { return false }
    settleLeading(endStream: false)
    // An answer that has begun belies the claim, and the caller may have seen it.
    let mayRepeat = surelyUnprocessed && machine.isAwaitingHeaders && canSendAgain
    let repeatsMax = reason == nil ? Self.transparentRetriesMax : Self.movesMax
    if mayRepeat, transparentRetries < repeatsMax {
      transparentRetries += 1
      phase = .waiting
      reportTraffic(.unavailable)
      return true
    }
    guard var error = machine.receiveReset(errorCode: code.rawValue) else { return false }
    if let reason {
      error = RPCError(code: .unavailable, message: reason)
    } else if stream?.0.wasResetHere == true {
      error.message = "the server broke the HTTP/2 protocol in its response: \(code)"
    } else {
      error.message = "the server reset the stream: \(code)"
    }
    end(.failed(error), reset: nil)
    return false
  }

  private func settleLeading(endStream: Bool) {
    guard let block = pendingLeading else { return }
    pendingLeading = nil
    obey(machine.receiveHeaders(block, endStream: endStream))
  }

  private func obey(_ action: ClientStreamStateMachine.OnHeaders) {
    switch action {
    case .ignore: break
    case .initialMetadata(let metadata):
      responseCompression = machine.compression
      retry?.commit()
      receiveInitialMetadata(metadata)
    case .end(let end): self.end(end, reset: endingReset)
    case .resetAndFail(let error): end(.failed(error), reset: .cancel)
    }
  }

  /// A status before the end of the request: the rest is not wanted (RFC 9113 section 8.1). What
  /// still waits for credit might wait for ever, and keep the stream.
  private var endingReset: ErrorCode? {
    let isSent = requestIsFinished && stream?.0.queuedBytes == 0
    return isSent ? nil : .noError
  }
}

extension ClientStreamStateMachine.End {
  fileprivate var code: Status.Code {
    switch self {
    case .ok: .ok
    case .failed(let error): error.code
    }
  }
}

extension RPCError {
  static var deadlineExceeded: RPCError {
    RPCError(code: .deadlineExceeded, message: "the deadline passed before the call was answered")
  }

  static var callCancelled: RPCError {
    RPCError(code: .cancelled, message: "the caller cancelled the call")
  }
}

extension ResponseHeaderBlock {
  init(_ fields: FieldView) {
    self.init()
    for field in fields {
      field.name.withMemoryRebound(to: UInt8.self) { name in
        field.value.withMemoryRebound(to: UInt8.self) { add(name: name, value: $0) }
      }
    }
  }
}
