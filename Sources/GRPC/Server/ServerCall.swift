import HTTP2
import Synchronization

/// One call being served: carries what the machine says to the session, and runs the handler.
///
/// ```
///  network ──▶ receive… ──▶ ServerStreamStateMachine ──▶ handler task (starts inline)
///  network ◀── session  ◀── finish / send            ◀──┘
/// ```
///
/// Everything but `shared` belongs to the event loop of the connection. The handler normally runs
/// there as well; where it may not (a writer used from a foreign task), the call hops.
package final class ServerCall: @unchecked Sendable {
  package let method: RegisteredMethod
  package let metadata: Metadata
  /// When its headers came, as far as that is known.
  package let begunAt: Deadline
  package let deadline: Deadline?
  /// Whether the deadline is the client's: calls made on its behalf are bounded by it too, and it
  /// waits no longer itself. The server's own maximum reaches those by cancellation.
  private let isClientsDeadline: Bool
  package let peers: PeerNames
  package let stream: Session.Stream
  /// The messages of a streaming request; nil when there is just one.
  let inbound: InboundMessages?
  let host: any ServerCallHost
  let compression: CallCompression

  // Unchecked: these belong to the loop, and no access spans a call that leads back here.
  @exclusivity(unchecked) var machine: ServerStreamStateMachine
  /// By what the host finds its timer for the call again.
  ///
  /// Computed, as the next: other modules check every access to a stored property at run time.
  package var timer: UInt64? {
    get { hostsTimer }
    set { hostsTimer = newValue }
  }
  /// Whether there is a `timer`.
  package var hasTimer: Bool { hostsTimer != nil }
  /// Whether the host counts the call among its running handlers.
  package var isCounted: Bool {
    get { isCountedByHost }
    set { isCountedByHost = newValue }
  }
  /// Whether the host lets the call wait for its turn.
  package var isInLine: Bool {
    get { isInHostsLine }
    set { isInHostsLine = newValue }
  }
  /// When the host was told that the handler has begun and goes on.
  package var handlerBegan: Deadline {
    get { handlerBeganAt }
    set { handlerBeganAt = newValue }
  }
  @exclusivity(unchecked) private var isInHostsLine = false
  @exclusivity(unchecked) private var handlerBeganAt = Deadline(nanoseconds: 0)
  @exclusivity(unchecked) private var hostsTimer: UInt64?
  @exclusivity(unchecked) private var isCountedByHost = false
  @exclusivity(unchecked) private var heldBytes = 0
  @exclusivity(unchecked) private var traffic = CallTraffic()
  @exclusivity(unchecked) private var trafficObserver: (any CallTrafficObserver)?
  @exclusivity(unchecked) private var request = Request.missing
  @exclusivity(unchecked) private var response: [UInt8]?
  @exclusivity(unchecked) private var task: Task<Void, Never>?
  /// Who wants to know how a call ended that is answered later, the innermost first.
  @exclusivity(unchecked) private var observers: [(_ failure: (any Error)?) -> Void] = []
  /// Whether the handler has returned.
  @exclusivity(unchecked) package private(set) var isHandlerDone = false
  let shared = Mutex(Shared())
  /// Whether the handler has set metadata. Most do not, and then nobody needs the lock.
  private let hasMetadata = Atomic(false)

  private enum Request {
    case missing
    /// Lies in the received bytes: valid until the loop turn that received them ends.
    case borrowed(UnsafeRawBufferPointer)
    case owned([UInt8])
    case compressed([UInt8])
  }

  struct Shared {
    var initial = Metadata()
    var trailing = Metadata()
    /// Apart: few calls have one, and each would have room for it.
    private var reason: Reason?
    var writerWaiting: CheckedContinuation<Void, Never>?

    private indirect enum Reason {
      case cancelled(RPCError)
    }

    var cancellation: RPCError? {
      get { if case .cancelled(let error) = reason { error } else { nil } }
      set { reason = newValue.map { .cancelled($0) } }
    }
  }

  package init(
    method: RegisteredMethod, metadata: Metadata, begunAt: Deadline = Deadline(nanoseconds: 0),
    deadline: Deadline?,
    isClientsDeadline: Bool = true, peers: PeerNames,
    stream: Session.Stream, machine: consuming ServerStreamStateMachine,
    host: any ServerCallHost
  ) {
    self.method = method
    self.metadata = metadata
    self.begunAt = begunAt
    self.deadline = deadline
    self.isClientsDeadline = isClientsDeadline
    self.peers = peers
    self.stream = stream
    self.host = host
    compression = CallCompression(machine)
    self.machine = machine
    inbound = method.requestIsStream ? InboundMessages() : nil
  }

  // MARK: From the network

  /// Takes payload bytes. Returns true when a message was kept that still lies in those bytes: the
  /// host then owes `keepRequest` before they go away.
  package func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var isBorrowed = false
    heldBytes += bytes.count
    host.requestBytesHeld(bytes.count)
    let action: ServerStreamStateMachine.OnData
    if let inbound {
      var delivered: [InboundMessages.Message] = []
      action = machine.receiveData(bytes) { payload in
        traffic.received(bytes: payload.count)
        delivered.append(
          InboundMessages.Message(bytes: payload.bytes, isCompressed: payload.isCompressed))
      }
      // What a message in assembly holds is credited at once, or a message larger than the window
      // would never end. What the handler has yet to take is owed with the last whole message.
      host.session?.consumeStream(stream, delivered.isEmpty ? bytes.count : 0)
      inbound.append(delivered, owedBytes: bytes.count)
    } else {
      action = machine.receiveData(bytes) { payload in
        traffic.received(bytes: payload.count)
        switch payload {
        case .borrowed(let view):
          request = .borrowed(view)
          isBorrowed = true
        case .owned(let array):
          request = .owned(array)
        case .compressed(let array):
          request = .compressed(array)
        }
      }
      // Behind a whole message only the end may come, which needs no credit.
      if machine.isInsideMessage { host.session?.consumeStream(stream, bytes.count) }
    }
    if case .fail(let status) = action {
      host.requestRefused(status)
      abort(status)
    }
    return isBorrowed
  }

  /// Takes the client's half-close.
  package func receiveEnd() {
    switch machine.receiveEnd() {
    case .dispatch: start()
    case .endMessages: inbound?.end()
    case .fail(let status): abort(status)
    case .nothing: break
    }
  }

  /// The stream is gone: nobody waits for the answer.
  package func closed() {
    releaseBytes(.max)
    guard machine.closed() == .cancelHandler || !isHandlerDone else { return }
    cancelHandler(RPCError(code: .cancelled, message: "the client went away"))
  }

  /// The deadline has passed before the call was answered.
  ///
  /// The status says so, also to a client whose own deadline it was: by its clock, which may count
  /// milliseconds only, it need not be over, and then a reset would mean that the server cancelled.
  package func deadlineReached() {
    abort(Status(code: .deadlineExceeded, message: "the deadline passed on the server"))
  }

  /// Copies the request out of the received bytes, when the handler has not read it by then.
  package func keepRequest() {
    if case .borrowed(let view) = request { request = .owned(Array(view)) }
  }

  /// Ends the call before its handler did: answers, then cancels.
  package func abort(_ status: Status) {
    let error = RPCError(code: status.code, message: status.message)
    // Payload would be cut inside a message: trailers may not follow that.
    guard stream.queuedBytes == 0 else { return abandon(error) }
    answer(status, trailing: Metadata(), details: nil)
    cancelHandler(error)
  }

  /// Ends the call without an answer: resets its stream, then cancels the handler.
  package func abandon(_ reason: RPCError) {
    _ = machine.closed()
    host.session?.reset(stream, .cancel)
    host.setNeedsFlush()
    cancelHandler(reason)
  }

  private func releaseBytes(_ count: Int) {
    let released = min(count, heldBytes)
    guard released > 0 else { return }
    heldBytes -= released
    host.requestBytesHeld(-released)
  }

  private func cancelHandler(_ reason: RPCError) {
    let waiting = shared.withLock { shared in
      if shared.cancellation == nil { shared.cancellation = reason }
      defer { shared.writerWaiting = nil }
      return shared.writerWaiting
    }
    waiting?.resume()
    inbound?.fail(reason)
    task?.cancel()
  }

  // MARK: Running the handler

  /// Runs the handler: inline on this thread until it first suspends.
  package func start() {
    if let deadline, deadline <= host.turnStart {
      host.callIsLate()
      return deadlineReached()
    }
    guard method.isDoneAtOnce || !method.isUnary || host.mayBegin(self) else { return }
    begin()
  }

  private func begin() {
    if let runSynchronously = method.runSynchronously { return start(runSynchronously) }
    startTask(method.run)
  }

  /// Runs the handler of a call that had to wait for its turn, unless nobody waits for it any more.
  package func startInTurn(isHopeless: Bool) {
    guard machine.canAnswer else { return }
    guard isHopeless else { return begin() }
    host.callIsHopeless()
    abort(Self.overloaded)
  }

  private static let overloaded = Status(
    code: .resourceExhausted, message: "too many calls wait; nothing happened")

  /// Runs a handler as far as it goes without a task, unless one of its interceptors must wait.
  private func start(_ runSynchronously: RegisteredMethod.RunSynchronously) {
    do {
      let context = ServerContext(call: self)
      let progress: RegisteredMethod.Progress
      if isClientsDeadline, let deadline {
        progress = try Deadline.$current.withValue(deadline) {
          try runSynchronously(context, self)
        }
      } else {
        progress = try runSynchronously(context, self)
      }
      switch progress {
      case .ended where compressesResponses: startTask { _, call in await call.compressResponse() }
      case .ended: finish(nil)
      case .mustWait(let rest): startTask(rest)
      case .answersLater: host.handlerSuspended(self)
      }
    } catch {
      finish(error)
    }
  }

  /// The answer of a handler has come that had returned without one. From any thread, once.
  ///
  /// `answer` makes the response, or throws; nobody asks it when nobody waits.
  func answerArrives<Output>(
    _ answer: @escaping @Sendable () throws -> Output,
    with serializer: some MessageSerializer<Output>
  ) {
    host.runInTurn {
      guard !self.isHandlerDone else { return assertionFailure("a call with two answers") }
      guard self.machine.canAnswer else { return self.answered(self.cancellation) }
      do {
        try self.setResponse(answer(), with: serializer)
      } catch {
        return self.answered(error)
      }
      guard self.compressesResponses else { return self.answered(nil) }
      self.startTask { _, call in
        await call.compressResponse()
        call.tellObservers(nil)
      }
    }
  }

  private func answered(_ failure: (any Error)?) {
    tellObservers(failure)
    finish(failure)
  }

  private func tellObservers(_ failure: (any Error)?) {
    for tell in observers { tell(failure) }
    // They may hold the call.
    observers = []
  }

  /// Tells how a call ended whose handler has returned without an answer, before that is sent.
  func whenAnswered(_ tell: @escaping (_ failure: (any Error)?) -> Void) {
    observers.append(tell)
  }

  private func startTask(_ body: @escaping RegisteredMethod.Run) {
    let task = Task.immediate(executorPreference: host.executor) { await self.run(body) }
    guard !isHandlerDone else { return }
    self.task = task
    keepRequest()
    if !isCountedByHost { host.handlerSuspended(self) }
  }

  private func run(_ body: RegisteredMethod.Run) async {
    let failure: (any Error)?
    do {
      let context = ServerContext(call: self)
      if isClientsDeadline, let deadline {
        try await Deadline.$current.withValue(deadline) { try await body(context, self) }
      } else {
        try await body(context, self)
      }
      failure = nil
    } catch {
      failure = error
    }
    if host.isOnLoop {
      finish(failure)
    } else {
      host.runOnLoop { self.finish(failure) }
    }
  }

  private func finish(_ failure: (any Error)?) {
    isHandlerDone = true
    task = nil
    defer {
      trafficObserver?.ended(outcome(failure), traffic)
      host.handlerReturned(self)
    }
    guard machine.canAnswer else {
      if let failure, !(failure is CancellationError) { reportIfUnknown(failure) }
      return
    }
    if let failure { return answer(failure) }
    if let response {
      self.response = nil
      return answer(with: response)
    } else if !method.descriptor.responseIsStream {
      return answer(
        Status(code: .internalError, message: "the call was not answered"),
        trailing: Metadata(), details: nil)
    }
    answer(.ok, trailing: handlersMetadata().trailing, details: nil)
  }

  func outcome(_ failure: (any Error)?) -> Status.Code {
    if let cancellation { return cancellation.code }
    return failure.map { RPCError(wrapping: $0).code } ?? .ok
  }

  /// The door by which every failure of a handler leaves.
  private func answer(_ failure: any Error) {
    var error = RPCError(wrapping: failure)
    if failure is CancellationError, let deadline, deadline <= host.now {
      error = RPCError(code: .deadlineExceeded, message: "the deadline passed on the server")
    }
    reportIfUnknown(failure)
    var trailing = handlersMetadata().trailing
    if (try? error.metadata.validateForSending()) != nil {
      trailing.add(contentsOf: error.metadata)
    }
    answer(error.status, trailing: trailing, details: error.detailsBytes)
  }

  private func reportIfUnknown(_ failure: any Error) {
    let error = RPCError(wrapping: failure)
    if error.cause != nil, !(failure is CancellationError) { host.report(failure, from: self) }
  }

  // MARK: To the network

  /// The metadata that the handler has set so far.
  private func handlersMetadata() -> (initial: Metadata, trailing: Metadata) {
    guard hasMetadata.load(ordering: .acquiring) else { return (Metadata(), Metadata()) }
    return shared.withLock { ($0.initial, $0.trailing) }
  }

  /// Sends all that a successful call with one response consists of.
  private func answer(with framed: [UInt8]) {
    guard !hasMetadata.load(ordering: .acquiring), !compressesResponses else {
      _ = write(framed)
      return answer(.ok, trailing: handlersMetadata().trailing, details: nil)
    }
    guard let session = host.session, case .sendHeadersFirst = machine.sendMessage() else { return }
    _ = machine.sendStatus(.ok, hasInitialMetadata: false)
    traffic.sent(framed: framed)
    session.respond(
      stream, machine.plainInitialFields, payload: framed, trailers: ResponseFields.statusOK)
    host.setNeedsFlush()
  }

  private func answer(_ status: Status, trailing: Metadata, details: [UInt8]?) {
    guard let session = host.session else { return }
    let initial = handlersMetadata().initial
    switch machine.sendStatus(status.code, hasInitialMetadata: !initial.isEmpty) {
    case .sendTrailersOnly:
      let fields = machine.trailersOnly(status, trailing: trailing, details: details)
      session.submitResponse(stream, fields, endStream: true)
    case .sendHeadersAndTrailers:
      session.submitResponse(stream, machine.initialFields(initial))
      session.finish(
        stream, trailers: ResponseFields.trailers(status, trailing, details: details))
    case .sendTrailers:
      session.finish(
        stream, trailers: ResponseFields.trailers(status, trailing, details: details))
    case .nothing:
      return
    }
    host.setNeedsFlush()
  }

  enum Sent {
    case more
    case full
    case ended
  }

  func write(_ framed: [UInt8]) -> Sent {
    guard let session = host.session else { return .ended }
    switch machine.sendMessage() {
    case .sendHeadersFirst:
      let initial = handlersMetadata().initial
      session.submitResponse(
        stream, machine.initialFields(initial, encoding: compression.responses))
    case .send: break
    case .drop: return .ended
    }
    traffic.sent(framed: framed)
    host.setNeedsFlush()
    return session.send(framed, on: stream) ? .more : .full
  }

  /// The bytes queued on the stream have gone: a waiting writer may go on.
  package func becameWritable() {
    let waiting = shared.withLock { shared in
      defer { shared.writerWaiting = nil }
      return shared.writerWaiting
    }
    waiting?.resume()
  }
}

// MARK: - For the handler

extension ServerCall {
  var cancellation: RPCError? { shared.withLock { $0.cancellation } }
  package var isCancelled: Bool { cancellation != nil }

  func observeTraffic(with observer: any CallTrafficObserver) {
    guard host.isOnLoop else { return host.runOnLoop { self.observeTraffic(with: observer) } }
    trafficObserver = observer
  }

  func setInitialMetadata(_ metadata: Metadata) {
    shared.withLock { $0.initial = metadata }
    hasMetadata.store(true, ordering: .releasing)
  }

  func addTrailingMetadata(_ metadata: Metadata) {
    shared.withLock { $0.trailing.add(contentsOf: metadata) }
    hasMetadata.store(true, ordering: .releasing)
  }

  /// Whether ``takeRequest(with:)`` may be called now. Elsewhere the loop might just be copying the
  /// request.
  var isOnLoop: Bool { host.isOnLoop }

  /// Waits until the loop has copied the request, when the handler has left the loop.
  func waitForRequest() async {
    await withCheckedContinuation { continuation in host.runOnLoop { continuation.resume() } }
  }

  /// Reads the one request message, from the network buffer when the call is still inline.
  ///
  /// Not async: the common case pays for no suspension point.
  func takeRequest<Input>(
    with deserializer: some MessageDeserializer<Input>
  ) throws -> Input {
    defer {
      request = .missing
      releaseBytes(.max)
    }
    switch request {
    case .borrowed(let view): return try deserializer.deserialize(view)
    case .owned(let array): return try array.withUnsafeBytes { try deserializer.deserialize($0) }
    case .compressed(let array):
      let inflated = try MessageCompression.inflate(
        array, with: compression.tookCompressed(), maxBytes: method.maxRequestBytes)
      return try inflated.withUnsafeBytes { try deserializer.deserialize($0) }
    case .missing:
      throw RPCError(code: .internalError, message: "the request was already read")
    }
  }

  /// Whether the one request message has to be inflated, which is better done aside.
  var hasCompressedRequest: Bool {
    if case .compressed = request { true } else { false }
  }

  /// Reads the one request message when it is compressed, away from the loop when it may be large.
  func takeCompressedRequest<Input>(
    with deserializer: some MessageDeserializer<Input>
  ) async throws -> Input {
    guard case .compressed(let payload) = request else {
      return try takeRequest(with: deserializer)
    }
    request = .missing
    releaseBytes(.max)
    let inflated = try await MessageCompression.inflateAside(
      payload, with: compression.tookCompressed(), maxBytes: method.maxRequestBytes)
    return try inflated.withUnsafeBytes { try deserializer.deserialize($0) }
  }

  /// Keeps the one response message until the interceptors have agreed to it.
  func setResponse<Output>(
    _ output: Output, with serializer: some MessageSerializer<Output>
  ) throws {
    response = try LengthPrefixedMessage.frame(
      output, with: serializer, maxBytes: RPCRouter.defaultMaxResponseBytes)
  }

  /// Whether the response kept by ``setResponse(_:with:)`` is to be compressed.
  var compressesResponses: Bool { compression.responses != .identity }

  /// Compresses the response, away from the loop when it is large.
  func compressResponse() async {
    guard let framed = response else { return }
    response = await MessageCompression.compressAside(framed: framed, with: compression.fix())
  }

  /// The request messages, decoded as they are taken.
  func requests<Input: Sendable>(
    with deserializer: some MessageDeserializer<Input>
  ) -> RPCAsyncSequence<Input> {
    RPCAsyncSequence {
      guard let message = try await self.inbound?.next() else { return nil }
      self.took(message)
      var bytes = message.bytes
      if message.isCompressed {
        bytes = try await MessageCompression.inflateAside(
          bytes, with: self.compression.tookCompressed(), maxBytes: self.method.maxRequestBytes)
      } else {
        self.compression.tookPlain()
      }
      return try bytes.withUnsafeBytes { try deserializer.deserialize($0) }
    }
  }

  private func took(_ message: InboundMessages.Message) {
    guard host.isOnLoop else { return host.runOnLoop { self.took(message) } }
    releaseBytes(message.bytes.count + LengthPrefixedMessage.prefixLength)
    guard message.owedBytes > 0 else { return }
    host.session?.consumeStream(stream, message.owedBytes)
    host.setNeedsFlush()
  }
}
