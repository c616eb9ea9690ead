import GRPC
import HTTP2
import Logging
import NIOCore
import Synchronization

/// What a transport keeps on its event loop: the calls that wait for a connection, and the
/// deadlines of all calls. Connections are the business of ``ServerPool``.
///
/// ```
/// start --> place --ready connection with a free stream--> the call's own life --> callEnded
///             |  ^                                            |             |
///             v  +---- sendAgain: surely unprocessed ---------+             |
///          waiting ^------ repeatLater: its policy says so, after a pause --+
/// ```
/// `perform` may be called from any thread; everything else runs on the event loop.
final class ClientChannel: @unchecked Sendable {
  /// What tasks ask of the event loop.
  enum Command: Sendable {
    case start(ClientCall)
    case cancel(ClientCall)
    case pump(StreamingClientCall)
    case returnCredit(StreamingClientCall)
    case shutdown(CheckedContinuation<Void, Never>?)
  }

  let eventLoop: any EventLoop
  private let target: HTTP2ClientTransport.Target
  private let configuration: HTTP2ClientTransport.Configuration
  private let resolver: any NameResolver
  private let logger: Logger
  private let commands = Mutex<[Command]>([])

  private lazy var pool = ServerPool(
    channel: self, target: target, configuration: configuration, resolver: resolver,
    eventLoop: eventLoop, logger: logger)
  private var waiting = WaitingCalls()
  private var deadlines = TimerHeap<ClientCall>()
  private var wakeUp: (at: Deadline, task: Scheduled<Void>)?
  /// Calls between two attempts.
  private var pausing: [ObjectIdentifier: (call: ClientCall, end: Scheduled<Void>)] = [:]
  private var retryThrottle: RetryThrottle?
  private var random = SystemRandomness()
  private var isShutDown = false
  private var shutdownContinuations: [CheckedContinuation<Void, Never>] = []

  init(
    target: HTTP2ClientTransport.Target, configuration: HTTP2ClientTransport.Configuration,
    resolver: any NameResolver, eventLoop: any EventLoop, logger: Logger
  ) {
    self.target = target
    self.configuration = configuration
    self.resolver = resolver
    self.eventLoop = eventLoop
    self.logger = logger
    retryThrottle = configuration.retryThrottling.map { RetryThrottle($0) }
  }

  /// Carries out a command on the event loop: now when the caller is there already, else in one go
  /// with whatever other threads ask for in the meantime.
  func perform(_ command: Command) {
    if eventLoop.inEventLoop {
      // Earlier commands of this task may still be on their way.
      drainCommands()
      obey(command)
      return
    }
    let isFirst = commands.withLock { commands in
      commands.append(command)
      return commands.count == 1
    }
    if isFirst { eventLoop.execute { self.drainCommands() } }
  }

  private func drainCommands() {
    let taken = commands.withLock { commands in
      defer { commands = [] }
      return commands
    }
    for command in taken { obey(command) }
  }

  private func obey(_ command: Command) {
    switch command {
    case .start(let call): start(call)
    case .cancel(let call): call.cancel()
    case .pump(let call): call.pump()
    case .returnCredit(let call): call.returnCredit()
    case .shutdown(let continuation): shutdown(continuation)
    }
  }

  // MARK: Calls

  private func start(_ call: ClientCall) {
    call.start(with: self)
    if call.isCancelledEarly {
      call.fail(.callCancelled)
      return
    }
    guard !isShutDown else {
      call.fail(Self.shutDown)
      return
    }
    if let deadline = call.head.deadline {
      guard !deadline.isPast else {
        call.fail(.deadlineExceeded)
        return
      }
      call.deadlineToken = deadlines.insert(deadline, call)
      scheduleWakeUp()
    }
    place(call)
  }

  /// Gives a call a stream, or a place among those that wait.
  private func place(_ call: ClientCall) {
    if waiting.count == 0, let connection = pool.next() {
      connection.open(call)
      return
    }
    guard waiting.count < configuration.maxWaitingCalls else {
      call.fail(
        RPCError(code: .resourceExhausted, message: "too many calls wait for a connection"))
      return
    }
    waiting.append(call)
    pool.callWaits()
  }

  /// A call whose stream was surely not processed begins again.
  func sendAgain(_ call: ClientCall) {
    guard !isShutDown else {
      call.fail(Self.shutDown)
      return
    }
    place(call)
    while waiting.count > 0, let connection = pool.next(), let call = waiting.popFirst() {
      connection.open(call)
    }
  }

  /// A call ended: nothing here may keep it.
  func callEnded(_ call: ClientCall) {
    if call.isQueued {
      call.isQueued = false
      waiting.noteEnded()
    }
    if let token = call.deadlineToken { deadlines.cancel(token) }
    call.deadlineToken = nil
    if !pausing.isEmpty { pausing.removeValue(forKey: ObjectIdentifier(call))?.end.cancel() }
  }

  // MARK: What the pool tells

  var hasWaitingCalls: Bool { waiting.count > 0 }

  /// The connection is ready, or has a free stream.
  func serveWaitingCalls(with connection: ClientConnection) {
    while connection.hasFreeStream, let call = waiting.popFirst() { connection.open(call) }
  }

  /// No server can be reached at the moment.
  func failWaitingCalls(reason: String) {
    for call in waiting.removeAll(where: { !$0.head.options.waitForReady }) {
      call.attemptFailed(RPCError(code: .unavailable, message: reason))
    }
  }

  func poolIsEmpty() {
    guard isShutDown else { return }
    for continuation in shutdownContinuations { continuation.resume() }
    shutdownContinuations = []
  }

  // MARK: Repeating calls by policy

  /// What a call may repeat by; nil = nothing.
  func retryPolicy(for head: ClientRequestHead) -> RetryPolicy? {
    guard let policy = configuration.retry, head.isRepeatable else { return nil }
    return policy
  }

  /// The pause before the next attempt of a call; nil = it ends as it did.
  func pauseBeforeRepeating(
    _ retry: RetryState, after end: ClientStreamStateMachine.End, deadline: Deadline?
  ) -> Duration? {
    guard !isShutDown else { return nil }
    switch end {
    case .ok:
      retryThrottle?.succeeded()
      return nil
    case .failed(let error):
      guard
        let pause = retry.attemptFailed(
          error.code, throttle: &retryThrottle, using: &random),
        deadline.map({ $0 > Deadline(after: pause) }) ?? true
      else { return nil }
      return pause
    }
  }

  /// Begins a call again after a pause.
  func repeatLater(_ call: ClientCall, after pause: Duration) {
    let end = eventLoop.assumeIsolated().scheduleTask(
      in: .nanoseconds(pause.saturatedNanoseconds)
    ) {
      self.pausing[ObjectIdentifier(call)] = nil
      if !call.isEnded { self.place(call) }
    }
    pausing[ObjectIdentifier(call)] = (call, end)
  }

  // MARK: Deadlines

  private func scheduleWakeUp() {
    guard let first = deadlines.first else { return }
    if let wakeUp {
      guard first < wakeUp.at else { return }
      wakeUp.task.cancel()
    }
    let delay = max(first.remainingNanoseconds, 0)
    let task = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(delay)) {
      self.wakeUp = nil
      self.failLateCalls()
      self.scheduleWakeUp()
    }
    wakeUp = (first, task)
  }

  private func failLateCalls() {
    let now = Deadline.now()
    while let call = deadlines.popDue(now) {
      call.deadlineToken = nil
      call.fail(.deadlineExceeded)
    }
  }

  // MARK: Shutdown

  private func shutdown(_ continuation: CheckedContinuation<Void, Never>?) {
    isShutDown = true
    if let continuation { shutdownContinuations.append(continuation) }
    for call in waiting.removeAll(where: { _ in true }) { call.fail(Self.shutDown) }
    for (call, _) in pausing.values { call.fail(Self.shutDown) }
    wakeUp?.task.cancel()
    wakeUp = nil
    pool.shutDown(reason: Self.shutDown.message)
  }

  private static var shutDown: RPCError {
    RPCError(code: .unavailable, message: "the client was shut down")
  }
}
