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
    let bootstrap = ClientBootstrap(group: channel.eventLoop)
      .connectTimeout(.nanoseconds(configuration.connectTimeout.saturatedNanoseconds))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.prepare(channel) }
      }
    let future = bootstrap.connect(to: address.socket)
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
      pool.noLongerReady(connection)
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
    pool.noLongerReady(connection)
    pool.happened(.lost(wasStable: wasStable ?? false), to: address, reason: reason)
  }

  // MARK: What the connection tells

  func connectionBecameReady(_ connection: ClientConnection) {
    guard case .handshaking(let current) = state, current === connection else { return }
    state = .ready(connection)
    readySince = .now()
    logger.debug("connected", metadata: ["address": "\(address)"])
    pool.becameReady(connection, to: address)
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
    guard case .ready(let current) = state, current === connection else { return }
    channel.serveWaitingCalls(with: connection)
  }

  func sendAgain(_ call: ClientCall) {
    channel.sendAgain(call)
  }
}
