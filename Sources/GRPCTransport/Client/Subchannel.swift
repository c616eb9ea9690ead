import GRPC
import HTTP2
import Logging
import NIOCore
import NIOPosix

/// One address and the connection that takes calls there. It does what it is told and reports; when
/// to connect is the balancer's business.
///
/// ```
/// none --connect--> connecting --socket--> handshaking --SETTINGS--> ready
///  ^                    |                      |                       |
///  +------ failed ------+----------------------+---- GOAWAY or loss ---+
/// ```
/// When it may have more than one connection, ``ConnectionScaling`` says when it gets another. The
/// oldest stands for the address in the eyes of the balancer and the health probe; when it is lost
/// the next one does, and only the loss of the last is reported.
///
/// With a health probe, the connections take calls while the server says that it serves.
/// Event loop only.
final class Subchannel: @unchecked Sendable {
  private enum Attempt {
    case none
    /// The socket is made here, and closed when nobody wants it any more.
    case connecting((any Channel)?)
    case handshaking(ClientConnection)
  }

  /// A connection that lasted that long has not failed when it ends.
  private static let stableAfter = Duration.seconds(5)

  let address: ResolvedAddress
  private let pool: ServerPool
  private let channel: ClientChannel
  private let configuration: HTTP2ClientTransport.Configuration
  private let policy: ClientConnectionPolicy
  /// For connections beyond the first: they are closed when idle, also where the first is kept.
  private let additionalPolicy: ClientConnectionPolicy
  private let logger: Logger
  private var attempt = Attempt.none
  private var scaling: ConnectionScaling<ClientConnection>
  private var pauseEnd: Scheduled<Void>?
  private var isAbandoned = false
  private var readySince: Deadline?
  /// Whether connections that are ready take calls: at once, or when their server says so.
  private var isServing = false
  private var watch: HealthWatch?
  private var nextWatch: Scheduled<Void>?
  private var watchBackoff = ReconnectBackoff()
  private var random = SystemRandomness()

  init(
    to address: ResolvedAddress, pool: ServerPool, channel: ClientChannel,
    configuration: HTTP2ClientTransport.Configuration, policy: ClientConnectionPolicy,
    additionalPolicy: ClientConnectionPolicy, logger: Logger
  ) {
    self.address = address
    self.pool = pool
    self.channel = channel
    self.configuration = configuration
    self.policy = policy
    self.additionalPolicy = additionalPolicy
    self.logger = logger
    scaling = ConnectionScaling(connectionsMax: configuration.maxConnectionsPerAddress)
  }

  // MARK: Commands

  /// Starts one attempt; does nothing when there is one, or a connection.
  func connect() {
    if !isAbandoned, scaling.connect() { beginAttempt() }
  }

  /// Calls wait, and no connection has room. Answers whether another one is attempted for them.
  func callsWait() -> Bool {
    guard !isAbandoned, scaling.callsWait(hasRoom: { $0.hasFreeStream }) else { return false }
    beginAttempt()
    return true
  }

  /// The oldest connection that can take a call now.
  var connectionWithRoom: ClientConnection? {
    scaling.oldest { $0.hasFreeStream }
  }

  private func beginAttempt() {
    pauseEnd?.cancel()
    pauseEnd = nil
    attempt = .connecting(nil)
    logger.debug("connecting", metadata: ["address": "\(address)"])
    let initialize: HTTP2ClientTransport.Configuration.Initializer = { channel in
      channel.eventLoop.makeCompletedFuture { try self.prepare(channel) }
    }
    let future =
      configuration.connector?(channel.eventLoop, initialize)
      ?? ClientBootstrap(group: channel.eventLoop)
      .connectTimeout(.nanoseconds(configuration.connectTimeout.saturatedNanoseconds))
      .channelInitializer(initialize)
      .connect(to: address.socket)
    future.hop(to: channel.eventLoop).assumeIsolated().whenComplete { result in
      switch result {
      case .success(let socket): self.connected(socket)
      case .failure(let error): self.failed("\(SocketFailure(error))")
      }
    }
  }

  /// Gives up an attempt, and lets connections end with their calls. Nothing is reported after it.
  func abandon() {
    guard !isAbandoned else { return }
    isAbandoned = true
    pauseEnd?.cancel()
    switch attempt {
    case .none: break
    case .connecting(let socket): socket?.close(promise: nil)
    case .handshaking(let connection): connection.close(reason: "another address was faster")
    }
    attempt = .none
    let connections = scaling.connections
    if let first = connections.first { stopServing(first) }
    for connection in connections {
      _ = scaling.lost(connection)
      connection.drain(reason: "the address is not used any more")
    }
  }

  // MARK: Connecting

  private func prepare(_ socket: any Channel) throws {
    let connection = try ClientConnection(
      owner: self, configuration: configuration.session,
      requestFields: configuration.requestFields(for: address.origin),
      policy: scaling.connections.isEmpty ? policy : additionalPolicy)
    if case .tcp = address.origin {
      try socket.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
    }
    if let tls = configuration.tls {
      try socket.pipeline.syncOperations.addHandlers(tls.handlers(for: address.origin))
    }
    try socket.pipeline.syncOperations.addHandler(connection)
    if case .connecting = attempt { attempt = .connecting(socket) }
  }

  private func connected(_ socket: any Channel) {
    guard case .connecting = attempt,
      let connection = try? socket.pipeline.syncOperations.handler(type: ClientConnection.self)
    else {
      socket.close(promise: nil)
      failed("the server closed the connection")
      return
    }
    attempt = .handshaking(connection)
    pool.opened(connection)
    connection.start(timeout: .nanoseconds(configuration.connectTimeout.saturatedNanoseconds))
  }

  private func failed(_ reason: String) {
    guard !isAbandoned else { return }
    attempt = .none
    let reason = "cannot connect to \(address): \(reason)"
    logger.debug("connection failed", metadata: ["reason": "\(reason)"])
    switch scaling.attemptFailed(using: &random) {
    case .addressFailed:
      pool.happened(.failed, to: address, reason: reason)
    case .pause(let delay):
      pauseEnd = channel.eventLoop.assumeIsolated().scheduleTask(
        in: .nanoseconds(delay.saturatedNanoseconds)
      ) {
        self.pauseEnd = nil
        self.scaling.pauseEnded()
        self.pool.scaleIfCallsWait()
      }
    }
  }

  private func lost(_ connection: ClientConnection, reason: String) {
    let outcome = scaling.lost(connection)
    if case .unknown = outcome { return }
    logger.debug("connection lost", metadata: ["address": "\(address)", "reason": "\(reason)"])
    switch outcome {
    case .unknown, .additionalLost: break
    case .firstLost(let next):
      stopServing(connection)
      beginServing(next)
    case .addressLost:
      let wasStable = readySince.map { readySince in
        Deadline.now()
          >= readySince.advanced(
            byNanoseconds: Self.stableAfter.saturatedNanoseconds)
      }
      stopServing(connection)
      pool.happened(.lost(wasStable: wasStable ?? false), to: address, reason: reason)
    }
    pool.scaleIfCallsWait()
  }

  // MARK: What the connection tells

  func connectionBecameReady(_ connection: ClientConnection) {
    guard case .handshaking(let current) = attempt, current === connection else { return }
    attempt = .none
    logger.debug("connected", metadata: ["address": "\(address)"])
    switch scaling.becameReady(connection) {
    case .first:
      readySince = .now()
      beginServing(connection)
    case .additional:
      if isServing { channel.serveWaitingCalls(with: connection) }
    }
    pool.scaleIfCallsWait()
  }

  /// The connection takes no new calls, those that it has go on.
  func connectionIsDraining(_ connection: ClientConnection, reason: String) {
    if case .handshaking(let current) = attempt, current === connection {
      // It never became usable: as good as refused.
      failed(reason)
    } else {
      lost(connection, reason: reason)
    }
  }

  /// The connection is gone. Its calls hear of it after this.
  func connectionClosed(_ connection: ClientConnection, reason: String) {
    connectionIsDraining(connection, reason: reason)
    pool.closed(connection)
  }

  /// A call may take the place of one that ended.
  func streamBecameFree(_ connection: ClientConnection) {
    // One that is not ready any more has no free stream.
    if isServing { channel.serveWaitingCalls(with: connection) }
  }

  func sendAgain(_ call: ClientCall) {
    channel.sendAgain(call)
  }

  // MARK: Health

  /// The connection stands for the address from now on.
  private func beginServing(_ connection: ClientConnection) {
    if let probe = configuration.healthProbe, configuration.balancing == .roundRobin {
      watchBackoff.reset()
      watchHealth(over: connection, probe)
    } else {
      serve(connection)
    }
  }

  private func serve(_ connection: ClientConnection) {
    guard !isServing else { return }
    isServing = true
    pool.becameReady(connection, of: self)
    for other in scaling.connections.dropFirst() { channel.serveWaitingCalls(with: other) }
  }

  private func stopServing(_ connection: ClientConnection) {
    nextWatch?.cancel()
    nextWatch = nil
    let watch = watch
    self.watch = nil
    watch?.cancel()
    guard isServing else { return }
    isServing = false
    pool.noLongerReady(connection, of: self)
  }

  private func watchHealth(over connection: ClientConnection, _ probe: HealthProbe) {
    let watch = HealthWatch(probe) { [weak self] watch, report in
      guard let self, self.watch === watch else { return }
      self.heard(report, of: watch, over: connection, probe)
    }
    self.watch = watch
    connection.open(watch)
  }

  private func heard(
    _ report: HealthWatch.Report, of watch: HealthWatch, over connection: ClientConnection,
    _ probe: HealthProbe
  ) {
    let subject = probe.subject.isEmpty ? "" : " \(probe.subject)"
    switch report {
    case .serving:
      serve(connection)
    case .notServing:
      pause(connection, "the server at \(address) says that it does not serve\(subject)")
    case .ended(let error?) where error.code == .unimplemented:
      // A server that cannot be asked is believed to be well.
      logger.debug("health is not watched", metadata: ["address": "\(address)"])
      self.watch = nil
      serve(connection)
    case .ended(let error):
      self.watch = nil
      // When the connection is gone it tells so itself.
      guard connection.isReady else { return }
      let why = error?.message ?? "the server ended the call"
      pause(connection, "the health of the server at \(address) is not known: \(why)")
      if watch.hasAnswered { watchBackoff.reset() }
      let delay = watchBackoff.delayAfterFailure(using: &random)
      nextWatch = channel.eventLoop.assumeIsolated().scheduleTask(
        in: .nanoseconds(delay.saturatedNanoseconds)
      ) {
        self.nextWatch = nil
        self.watchHealth(over: connection, probe)
      }
    }
  }

  /// The connection stays, and takes no calls until its server serves again.
  private func pause(_ connection: ClientConnection, _ reason: String) {
    if isServing {
      isServing = false
      pool.noLongerReady(connection, of: self)
    }
    pool.happened(.unhealthy, to: address, reason: reason)
  }
}
