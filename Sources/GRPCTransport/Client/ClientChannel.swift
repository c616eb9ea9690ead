import GRPC
import HTTP2
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// What a transport keeps on its event loop: one warm connection, the calls that wait for it, and
/// the deadlines of all calls.
///
/// ```
/// idle --call--> connecting --SETTINGS--> ready --GOAWAY or loss--> idle
///                  |   ^                                              ^
///                failure +--- backoff <-- calls wait for ready        |
///                  +------------- nobody waits -----------------------+
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

  private enum State {
    case idle
    case connecting
    case handshaking(ClientConnection)
    case ready(ClientConnection)
    case backingOff(Scheduled<Void>)
  }

  let eventLoop: any EventLoop
  private let target: HTTP2ClientTransport.Target
  private let configuration: HTTP2ClientTransport.Configuration
  private let logger: Logger
  private let connectionPolicy: ClientConnectionPolicy
  private let commands = Mutex<[Command]>([])

  private var state = State.idle
  private var draining: [ClientConnection] = []
  private var waiting = WaitingCalls()
  private var deadlines = TimerHeap<ClientCall>()
  private var wakeUp: (at: Deadline, task: Scheduled<Void>)?
  private var backoff = ReconnectBackoff()
  private var random = SystemRandomNumberGenerator()
  private var isShutDown = false
  private var shutdownContinuations: [CheckedContinuation<Void, Never>] = []

  init(
    target: HTTP2ClientTransport.Target, configuration: HTTP2ClientTransport.Configuration,
    eventLoop: any EventLoop, logger: Logger
  ) {
    self.target = target
    self.configuration = configuration
    self.eventLoop = eventLoop
    self.logger = logger
    connectionPolicy = ClientConnectionPolicy(configuration, logger: logger)
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
    if case .ready(let connection) = state, waiting.count == 0, connection.hasFreeStream {
      connection.open(call)
      return
    }
    guard waiting.count < configuration.maxWaitingCalls else {
      call.fail(
        RPCError(code: .resourceExhausted, message: "too many calls wait for a connection"))
      return
    }
    waiting.append(call)
    switch state {
    case .idle: connect()
    case .backingOff(let scheduled):
      // The first attempt on behalf of a call is immediate.
      scheduled.cancel()
      connect()
    case .connecting, .handshaking, .ready: break
    }
  }

  func sendAgain(_ call: ClientCall) {
    place(call)
    if case .ready(let connection) = state { streamBecameFree(connection) }
  }

  /// A call ended: nothing here may keep it.
  func callEnded(_ call: ClientCall) {
    if call.isQueued {
      call.isQueued = false
      waiting.noteEnded()
    }
    if let token = call.deadlineToken { deadlines.cancel(token) }
    call.deadlineToken = nil
  }

  func streamBecameFree(_ connection: ClientConnection) {
    guard case .ready(let current) = state, current === connection else { return }
    while connection.hasFreeStream, let call = waiting.popFirst() { connection.open(call) }
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

  // MARK: Connecting

  private func connect() {
    state = .connecting
    logger.debug("connecting", metadata: ["target": "\(target)"])
    let future = target.connect(
      with: ClientBootstrap(group: eventLoop)
        .connectTimeout(.nanoseconds(configuration.connectTimeout.saturatedNanoseconds))
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let connection = try ClientConnection(
              owner: self, configuration: self.configuration.session,
              requestFields: self.configuration.requestFields(for: self.target),
              policy: self.connectionPolicy)
            if let tls = self.configuration.tls {
              try channel.pipeline.syncOperations.addHandlers(tls.handlers(for: self.target))
            }
            try channel.pipeline.syncOperations.addHandler(connection)
          }
        })
    future.hop(to: eventLoop).assumeIsolated().whenComplete { result in
      switch result {
      case .success(let channel): self.connected(channel)
      case .failure(let error):
        self.connectionFailed(reason: "cannot connect to \(self.target): \(error)")
      }
    }
  }

  private func connected(_ channel: any Channel) {
    guard !isShutDown,
      let connection = try? channel.pipeline.syncOperations.handler(type: ClientConnection.self)
    else {
      channel.close(promise: nil)
      state = .idle
      resumeShutdown()
      return
    }
    state = .handshaking(connection)
    connection.start(timeout: .nanoseconds(configuration.connectTimeout.saturatedNanoseconds))
  }

  private func connectionFailed(reason: String) {
    state = .idle
    logger.debug("connection failed", metadata: ["target": "\(target)", "reason": "\(reason)"])
    for call in waiting.removeAll(where: { !$0.head.options.waitForReady }) {
      call.fail(RPCError(code: .unavailable, message: reason))
    }
    // Failing calls resumes tasks later, never here: the state is still ours.
    let delay = backoff.delayAfterFailure(using: &random)
    guard waiting.count > 0, !isShutDown, case .idle = state else {
      resumeShutdown()
      return
    }
    let retry = eventLoop.assumeIsolated().scheduleTask(
      in: .nanoseconds(delay.saturatedNanoseconds)
    ) {
      guard case .backingOff = self.state else { return }
      self.connect()
    }
    state = .backingOff(retry)
  }

  func connectionBecameReady(_ connection: ClientConnection) {
    guard case .handshaking(let current) = state, current === connection else { return }
    state = .ready(connection)
    backoff.reset()
    logger.debug("connected", metadata: ["target": "\(target)"])
    streamBecameFree(connection)
  }

  func connectionIsDraining(_ connection: ClientConnection, reason: String) {
    logger.debug("connection drains", metadata: ["target": "\(target)", "reason": "\(reason)"])
    draining.append(connection)
    switch state {
    case .ready(let current) where current === connection: state = .idle
    case .handshaking(let current) where current === connection:
      // It never became usable: as good as refused.
      connectionFailed(reason: reason)
      return
    default: return
    }
    if waiting.count > 0 { connect() }
  }

  func connectionClosed(_ connection: ClientConnection, reason: String) {
    draining.removeAll { $0 === connection }
    switch state {
    case .handshaking(let current) where current === connection:
      connectionFailed(reason: reason)
    case .ready(let current) where current === connection:
      logger.debug("connection lost", metadata: ["target": "\(target)", "reason": "\(reason)"])
      state = .idle
      if waiting.count > 0, !isShutDown { connect() }
    default: break
    }
    resumeShutdown()
  }

  // MARK: Shutdown

  private func shutdown(_ continuation: CheckedContinuation<Void, Never>?) {
    isShutDown = true
    if let continuation { shutdownContinuations.append(continuation) }
    for call in waiting.removeAll(where: { _ in true }) { call.fail(Self.shutDown) }
    switch state {
    case .backingOff(let scheduled):
      scheduled.cancel()
      state = .idle
    case .handshaking(let connection), .ready(let connection):
      connection.close(reason: Self.shutDown.message)
    case .idle, .connecting: break
    }
    for connection in draining { connection.close(reason: Self.shutDown.message) }
    wakeUp?.task.cancel()
    wakeUp = nil
    resumeShutdown()
  }

  private func resumeShutdown() {
    guard isShutDown, draining.isEmpty, case .idle = state else { return }
    for continuation in shutdownContinuations { continuation.resume() }
    shutdownContinuations = []
  }

  private static var shutDown: RPCError {
    RPCError(code: .unavailable, message: "the client was shut down")
  }
}
