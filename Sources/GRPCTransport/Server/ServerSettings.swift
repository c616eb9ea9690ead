import GRPC
import HTTP2
import Logging
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
  private let draining = Atomic(false)
  /// Refused clients that are logged: 10 in a burst, then one in 5 s, or a port scan fills the log.
  private let loggedRefusals = Mutex(TokenBucket(burst: 10, perSecond: 0.2))

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

  func beginDraining() {
    draining.store(true, ordering: .releasing)
  }
}
