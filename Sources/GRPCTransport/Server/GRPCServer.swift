import GRPC
import HTTP2
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Serves gRPC calls on one listener.
///
/// Start it once, let it run, begin the graceful shutdown and wait for its end:
///
///     let server = GRPCServer(address: .tcp(host: "127.0.0.1", port: 0), router: router)
///     let address = try await server.start()
///     …
///     server.beginGracefulShutdown()
///     await server.waitUntilStopped()
///
/// Handlers run on the event loop of their connection until they call something isolated elsewhere;
/// blocking or computing for long there stops every call of that loop. All methods may be called
/// from any thread.
public final class GRPCServer: Sendable {
  /// The limits of a server and where it reports.
  public struct Configuration: Sendable {
    public var limits = ServerLimits()
    /// The certificates; nil = plaintext.
    public var tls: ServerTLS?
    /// What requests and responses may be compressed with.
    public var compression = CompressionPolicy()
    /// Called with every error that a handler threw and that clients saw only as UNKNOWN, or whose
    /// cause they did not see. The default logs it at level error.
    public var onUnknownError: (@Sendable (any Error, MethodDescriptor) -> Void)?

    /// Called for each limit that a client runs into: the place to count them. May be called from
    /// several threads at once; must not block.
    public var onLimitBreach: (@Sendable (LimitBreach) -> Void)?

    /// Called once when the graceful shutdown begins, before anything else: the place to let the
    /// health service say NOT_SERVING. `ServerLimits.lameDuck` is the time until calls are no
    /// longer accepted. Called on the thread that began the shutdown; must not block.
    public var beforeDrain: (@Sendable () -> Void)?

    /// The documented defaults.
    public init() {}
  }

  private enum State {
    case idle
    /// `isUnwanted`: the shutdown was asked for before the listener was bound.
    case starting(isUnwanted: Bool)
    /// Without a listener when connections are brought to it.
    case running((any Channel)?)
    /// The shutdown was announced; calls are still accepted.
    case lameDuck((any Channel)?)
    case stopping
    case stopped
  }

  private struct Shared {
    var state = State.idle
    var connections: [ObjectIdentifier: ServerConnection] = [:]
    var stopWaiters: [CheckedContinuation<Void, Never>] = []
  }

  private let address: ServerAddress
  private let settings: ServerSettings
  private let tls: ServerTLS?
  private let beforeDrain: (@Sendable () -> Void)?
  private let group: any EventLoopGroup
  private let loops = Mutex<[ObjectIdentifier: LoopContext]>([:])
  private let shared = Mutex(Shared())

  /// Prepares a server; nothing is bound until `start`.
  ///
  /// Interceptors run in the order given, the first one outermost.
  public init(
    address: ServerAddress,
    router: RPCRouter,
    interceptors: [any ServerInterceptor] = [],
    configuration: Configuration = Configuration(),
    logger: Logger = Logger(label: "grpc.server"),
    eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
  ) {
    self.address = address
    self.group = eventLoopGroup
    tls = configuration.tls
    beforeDrain = configuration.beforeDrain
    let report =
      configuration.onUnknownError ?? { error, method in
        logger.error(
          "a handler failed with an unknown error",
          metadata: ["method": "\(method.fullyQualifiedMethod)", "error": "\(error)"])
      }
    settings = ServerSettings(
      routes: router.freeze(
        interceptors: interceptors, compression: configuration.compression),
      limits: configuration.limits, logger: logger, onUnknownError: report,
      onLimitBreach: configuration.onLimitBreach)
  }

  /// Binds the listener and accepts connections; returns the address, with the port that was
  /// chosen.
  ///
  /// Throws `HTTP2Error.missingSymbol` on an unpatched libnghttp2, and what binding throws.
  public func start() async throws -> ServerAddress {
    try Session.checkLibrary()
    shared.withLock { shared in
      guard case .idle = shared.state else { preconditionFailure("a server starts once") }
      shared.state = .starting(isUnwanted: false)
    }
    let channel: any Channel
    do {
      channel = try await bind()
    } catch {
      stopped()
      throw error
    }
    let isUnwanted = shared.withLock { shared in
      defer { shared.state = .running(channel) }
      if case .starting(isUnwanted: true) = shared.state { return true }
      return false
    }
    if isUnwanted { beginGracefulShutdown() }
    return ServerAddress(channel.localAddress) ?? address
  }

  /// Starts a server that listens nowhere: connections come by `accept(joined:)`.
  func startWithoutListener() throws(HTTP2Error) {
    try Session.checkLibrary()
    shared.withLock { shared in
      guard case .idle = shared.state else { preconditionFailure("a server starts once") }
      shared.state = .running(nil)
    }
  }

  /// Runs until the graceful shutdown has ended; cancelling the task begins it.
  public func serve() async throws {
    _ = try await start()
    await withTaskCancellationHandler {
      await waitUntilStopped()
    } onCancel: {
      beginGracefulShutdown()
    }
  }

  private enum OnShutdown {
    case announce
    case drain((any Channel)?)
    case nothing
  }

  /// Announces the end (`Configuration.beforeDrain`), stops accepting when the lame duck's time is
  /// over, asks clients to leave, lets calls finish within the grace period, then closes.
  ///
  /// A second call cuts the lame duck's time short.
  public func beginGracefulShutdown() {
    let action = shared.withLock { shared -> OnShutdown in
      switch shared.state {
      case .running(let channel):
        shared.state = .lameDuck(channel)
        return .announce
      case .lameDuck(let channel):
        shared.state = .stopping
        return .drain(channel)
      case .starting:
        shared.state = .starting(isUnwanted: true)
        return .nothing
      case .idle, .stopping, .stopped:
        return .nothing
      }
    }
    switch action {
    case .announce:
      beforeDrain?()
      let delay = settings.limits.lameDuck
      guard delay > .zero else { return beginGracefulShutdown() }
      group.next().scheduleTask(in: TimeAmount(delay)) { self.beginGracefulShutdown() }
    case .drain(let listener): drain(listener)
    case .nothing: break
    }
  }

  private func drain(_ listener: (any Channel)?) {
    settings.beginDraining()
    listener?.close(promise: nil)
    for connection in openConnections() {
      connection.runOnLoop { connection.beginDrain() }
    }
    let grace = TimeAmount(settings.limits.shutdownGrace)
    group.next().scheduleTask(in: grace) {
      for connection in self.openConnections() {
        connection.runOnLoop { connection.endDrain() }
      }
    }
    stopIfDone()
  }

  /// Waits until the shutdown has ended. Returns at once when the server never started.
  public func waitUntilStopped() async {
    await withCheckedContinuation { continuation in
      let isStopped = shared.withLock { shared in
        switch shared.state {
        case .idle, .stopped: return true
        case .starting, .running, .lameDuck, .stopping:
          shared.stopWaiters.append(continuation)
          return false
        }
      }
      if isStopped { continuation.resume() }
    }
  }

  private func bind() async throws -> any Channel {
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      // One in each turn of the loop: a flood of connections has to let calls through.
      .serverChannelOption(.maxMessagesPerRead, value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers([
            self.acceptGate(), self.settings.waitingRoom(),
          ])
        }
      }
      .childChannelOption(.maxMessagesPerRead, value: 4)
      .childChannelOption(.recvAllocator, value: ServerConnection.newcomersReads)
      .childChannelOption(
        .writeBufferWaterMark, value: .init(low: 64 * 1024, high: 512 * 1024)
      )
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.accept(channel) }
      }
    switch address {
    case .tcp(let host, let port):
      return try await bootstrap
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .bind(host: host, port: port).get()
    case .unix(let path):
      return try await bootstrap.bind(
        unixDomainSocketPath: path, cleanupExistingSocketFile: true
      ).get()
    }
  }

  private func acceptGate() -> AcceptGate {
    let reserve = DescriptorReserve(ofThisProcessWith: settings.limits.descriptorReserve)
    let settings = settings
    return AcceptGate(
      mayAccept: { reserve.allows(next: DescriptorReserve.next()) },
      onPause: {
        settings.onLimitBreach?(.descriptors)
        guard settings.mayLogRefusal() else { return }
        settings.logger.info("accepting pauses: there are too few file descriptors")
      })
  }

  /// Takes charge of a new connection. On its loop.
  private func accept(_ channel: any Channel) throws {
    let connection = ServerConnection(settings: settings, loop: context(of: channel.eventLoop))
    let id = ObjectIdentifier(connection)
    shared.withLock { $0.connections[id] = connection }
    channel.closeFuture.whenComplete { _ in
      self.shared.withLock { $0.connections[id] = nil }
      self.stopIfDone()
    }
    if let tls {
      try channel.pipeline.syncOperations.addHandlers(tls.handlers(for: connection))
    }
    try channel.pipeline.syncOperations.addHandler(connection)
  }

  /// Takes charge of a connection that did not come by the listener. On its loop.
  ///
  /// Throws UNAVAILABLE when the server does not run: a closed port would refuse, too.
  func accept(joined channel: any Channel) throws {
    let isRunning = shared.withLock { shared in
      switch shared.state {
      case .running, .lameDuck: true
      case .idle, .starting, .stopping, .stopped: false
      }
    }
    guard isRunning else {
      throw RPCError(code: .unavailable, message: "the server has stopped")
    }
    try accept(channel)
  }

  private func context(of loop: any EventLoop) -> LoopContext {
    loops.withLock { loops in
      if let known = loops[ObjectIdentifier(loop)] { return known }
      let context = LoopContext(
        eventLoop: loop, handlersMax: settings.limits.maxUnaryHandlersPerLoop)
      loops[ObjectIdentifier(loop)] = context
      return context
    }
  }

  private func openConnections() -> [ServerConnection] {
    shared.withLock { Array($0.connections.values) }
  }

  private func stopIfDone() {
    let isDone = shared.withLock { shared in
      guard case .stopping = shared.state else { return false }
      return shared.connections.isEmpty
    }
    if isDone { stopped() }
  }

  private func stopped() {
    let waiters = shared.withLock { shared in
      shared.state = .stopped
      defer { shared.stopWaiters = [] }
      return shared.stopWaiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
