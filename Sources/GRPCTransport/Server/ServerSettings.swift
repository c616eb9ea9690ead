import GRPC
import HTTP2
import Logging
import NIOCore
import Synchronization

/// What all connections of a server share.
final class ServerSettings: Sendable {
  let routes: RoutingTable
  let limits: ServerLimits
  let logger: Logger
  let onUnknownError: @Sendable (any Error, MethodDescriptor) -> Void
  let maxCallNanoseconds: Int64
  let keepalive: Keepalive.Settings?
  let pingStrikes: PingStrikes.Settings
  let stall: StallWatch.Settings?
  let onLimitBreach: (@Sendable (LimitBreach) -> Void)?
  let requestNanoseconds: Int64
  private let quota: Mutex<ConnectionQuota>
  private let offenders: Mutex<RepeatOffenders>
  private let draining = Atomic(false)
  /// Refused clients that are logged: 10 in a burst, then one in 5 s, or a port scan fills the log.
  private let loggedRefusals = Mutex(TokenBucket(burst: 10, perSecond: 0.2))
  /// The same for addresses whose connections have to wait: their refusals have used up the other.
  private let loggedOffenders = Mutex(TokenBucket(burst: 10, perSecond: 0.2))

  init(
    routes: RoutingTable, limits: ServerLimits, logger: Logger,
    onUnknownError: @escaping @Sendable (any Error, MethodDescriptor) -> Void,
    onLimitBreach: (@Sendable (LimitBreach) -> Void)? = nil
  ) {
    self.routes = routes
    self.limits = limits
    self.logger = logger
    self.onUnknownError = onUnknownError
    self.onLimitBreach = onLimitBreach
    requestNanoseconds = limits.requestTimeout.timerNanoseconds
    quota = Mutex(
      ConnectionQuota(
        max: limits.maxConnections, maxPerSource: limits.maxConnectionsPerAddress))
    offenders = Mutex(
      RepeatOffenders(
        burst: limits.fruitlessBurst, perSecond: limits.fruitlessPerSecond))
    maxCallNanoseconds = limits.maxCallDuration.saturatedNanoseconds
    keepalive = limits.keepaliveInterval.map {
      Keepalive.Settings(
        interval: $0, timeout: limits.keepaliveTimeout, pingsWithoutCalls: true)
    }
    pingStrikes = PingStrikes.Settings(
      interval: limits.minPingInterval,
      permitsPingsWithoutCalls: limits.permitsPingsWithoutCalls,
      strikesMax: limits.maxPingStrikes)
    stall = limits.stallWindow.map {
      StallWatch.Settings(bytesMin: limits.stallBytes, window: $0)
    }
  }

  /// Whether the server is on its way out, so that connections accepted meanwhile are told at once.
  var isDraining: Bool { draining.load(ordering: .acquiring) }

  /// Whether one more refused client may be logged where operators see it.
  func mayLogRefusal() -> Bool {
    let now = UInt64(clamping: Deadline.now().nanoseconds)
    return loggedRefusals.withLock { $0.take(atNanoseconds: now) }
  }

  /// Counts a new connection; when it is admitted, `connectionLeft` is owed.
  func connectionArrived(from source: ConnectionQuota.Source?) -> ConnectionQuota.OnConnection {
    quota.withLock { $0.arrived(from: source) }
  }

  func connectionLeft(from source: ConnectionQuota.Source?) {
    quota.withLock { $0.left(from: source) }
  }

  /// A connection from there was of no use: see `RepeatOffenders`.
  func connectionWasFruitless(
    from source: ConnectionQuota.Source, logMetadata: @autoclosure () -> Logger.Metadata
  ) {
    let now = Deadline.now()
    guard offenders.withLock({ $0.offended(from: source, at: now) }) else { return }
    let nanoseconds = UInt64(clamping: now.nanoseconds)
    guard loggedOffenders.withLock({ $0.take(atNanoseconds: nanoseconds) }) else { return }
    logger.info(
      "so many connections of an address were of no use that new ones have to wait",
      metadata: logMetadata())
  }

  /// Where the new connections of a listener wait that come from repeat offenders.
  func waitingRoom() -> WaitingRoom {
    WaitingRoom(
      wait: TimeAmount(limits.fruitlessWait),
      arrived: { source in
        let verdict = self.offenders.withLock { $0.arrived(from: source, at: .now()) }
        if verdict != .enter { self.onLimitBreach?(.fruitlessConnections) }
        return verdict
      },
      waited: { source in self.offenders.withLock { $0.waited(from: source, at: .now()) } })
  }

  func beginDraining() {
    draining.store(true, ordering: .releasing)
  }
}
