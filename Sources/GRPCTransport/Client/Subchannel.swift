import GRPC
import HTTP2
import Logging
import NIOCore
import NIOPosix

/// One address and the one connection that takes calls there. It does what it is told and reports;
/// when to connect is the balancer's business.
///
/// ```
/// idle --connect--> connecting --socket--> handshaking --SETTINGS--> ready
///  ^                    |                      |                       |
///  +------ failed ------+----------------------+---- GOAWAY or loss ---+
/// ```
/// With a health probe, a ready connection takes calls while its server says that it serves.
/// Event loop only.
final class Subchannel: @unchecked Sendable {
  private enum State {
    case idle
    /// The socket is made here, and closed when nobody wants it any more.
    case connecting((any Channel)?)
    case handshaking(ClientConnection)
    case ready(ClientConnection)
  }

  /// A connection that lasted that long has not failed when it ends.
  private static let stableAfter = Duration.seconds(5)

  let address: ResolvedAddress
  private let pool: ServerPool
  private let channel: ClientChannel
  private let configuration: HTTP2ClientTransport.Configuration
  private let policy: ClientConnectionPolicy
  private let logger: Logger
  private var state = State.idle
  private var isAbandoned = false
  private var readySince: Deadline?
  /// Whether the connection that is ready takes calls: at once, or when its server says so.
  private var isServing = false
  private var watch: HealthWatch?
  private var nextWatch: Scheduled<Void>?
  private var watchBackoff = ReconnectBackoff()
  private var random = SystemRandomness()

  init(
    to address: ResolvedAddress, pool: ServerPool, channel: ClientChannel,
    configuration: HTTP2ClientTransport.Configuration, policy: ClientConnectionPolicy,
    logger: Logger
  ) {
    self.address = address
    self.pool = pool
    self.channel = channel
    self.configuration = configuration
    self.policy = policy
    self.logger = logger
  }

  // MARK: Commands

  /// Starts one attempt; does nothing when there is one, or a connection.
  func connect() {
    guard case .idle = state, !isAbandoned else { return }
    state = .connecting(nil)
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

  /// Gives up an attempt, or lets the connection end with its calls. Nothing is reported after it.
  func abandon() {
    guard !isAbandoned else { return }
    isAbandoned = true
    switch state {
    case .idle: break
    case .connecting(let socket): socket?.close(promise: nil)
    case .handshaking(let connection): connection.close(reason: "another address was faster")
    case .ready(let connection):
      stopServing(connection)
      connection.drain(reason: "the address is not used any more")
    }
    state = .idle
  }

  // MARK: Connecting

  private func prepare(_ socket: any Channel) throws {
    let connection = try ClientConnection(
      owner: self, configuration: configuration.session,
      requestFields: configuration.requestFields(for: address.origin), policy: policy)
    if case .tcp = address.origin {
      try socket.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
    }
    if let tls = configuration.tls {
      try socket.pipeline.syncOperations.addHandlers(tls.handlers(for: address.origin))
    }
    try socket.pipeline.syncOperations.addHandler(connection)
    if case .connecting = state { state = .connecting(socket) }
  }

  private func connected(_ socket: any Channel) {
    guard case .connecting = state,
      let connection = try? socket.pipeline.syncOperations.handler(type: ClientConnection.self)
    else {
      socket.close(promise: nil)
      failed("the server closed the connection")
      return
    }
    state = .handshaking(connection)
    pool.opened(connection)
    connection.start(timeout: .nanoseconds(configuration.connectTimeout.saturatedNanoseconds))
  }

  private func failed(_ reason: String) {
    guard !isAbandoned else { return }
    state = .idle
    let reason = "cannot connect to \(address): \(reason)"
    logger.debug("connection failed", metadata: ["reason": "\(reason)"])
    pool.happened(.failed, to: address, reason: reason)
  }

  private func lost(_ connection: ClientConnection, reason: String) {
    logger.debug("connection lost", metadata: ["address": "\(address)", "reason": "\(reason)"])
    state = .idle
    let wasStable = readySince.map { readySince in
      Deadline.now() >= readySince.advanced(
        byNanoseconds: Self.stableAfter.saturatedNanoseconds)
    }
    stopServing(connection)
    pool.happened(.lost(wasStable: wasStable ?? false), to: address, reason: reason)
  }

  // MARK: What the connection tells

  func connectionBecameReady(_ connection: ClientConnection) {
    guard case .handshaking(let current) = state, current === connection else { return }
    state = .ready(connection)
    readySince = .now()
    logger.debug("connected", metadata: ["address": "\(address)"])
    if let probe = configuration.healthProbe, configuration.balancing == .roundRobin {
      watchBackoff.reset()
      watchHealth(over: connection, probe)
    } else {
      serve(connection)
    }
  }

  /// The connection takes no new calls, those that it has go on.
  func connectionIsDraining(_ connection: ClientConnection, reason: String) {
    switch state {
    case .ready(let current) where current === connection:
      lost(connection, reason: reason)
    case .handshaking(let current) where current === connection:
      // It never became usable: as good as refused.
      failed(reason)
    default: break
    }
  }

  /// The connection is gone. Its calls hear of it after this.
  func connectionClosed(_ connection: ClientConnection, reason: String) {
    connectionIsDraining(connection, reason: reason)
    pool.closed(connection)
  }

  /// A call may take the place of one that ended.
  func streamBecameFree(_ connection: ClientConnection) {
    guard isServing, case .ready(let current) = state, current === connection else { return }
    channel.serveWaitingCalls(with: connection)
  }

  func sendAgain(_ call: ClientCall) {
    channel.sendAgain(call)
  }

  // MARK: Health

  private func serve(_ connection: ClientConnection) {
    guard !isServing else { return }
    isServing = true
    pool.becameReady(connection, to: address)
  }

  private func stopServing(_ connection: ClientConnection) {
    nextWatch?.cancel()
    nextWatch = nil
    let watch = watch
    self.watch = nil
    watch?.cancel()
    guard isServing else { return }
    isServing = false
    pool.noLongerReady(connection)
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
      pool.noLongerReady(connection)
    }
    pool.happened(.unhealthy, to: address, reason: reason)
  }
}
