import GRPC
import Logging

/// What the connections of one client channel share about their lives: also what the server has
/// taught us. Event loop only.
final class ClientConnectionPolicy {
  /// nil = no pings.
  private(set) var keepalive: Keepalive.Settings?
  /// nil = connections without calls stay.
  let idleTimeout: Duration?
  private let logger: Logger

  init(_ configuration: HTTP2ClientTransport.Configuration, logger: Logger) {
    keepalive = configuration.keepalive.map {
      Keepalive.Settings(
        interval: $0.interval, timeout: $0.timeout, pingsWithoutCalls: $0.permitsWithoutCalls,
        floor: $0.floor)
    }
    idleTimeout = configuration.idleTimeout
    self.logger = logger
  }

  /// The server sent us away for our pings: later connections ping half as often (gRFC A8).
  func serverObjectedToPings() {
    guard let old = keepalive else { return }
    let doubled = old.doublingInterval()
    keepalive = doubled
    // Louder than libraries should be, because gRFC A8 wants it seen without being looked for.
    logger.warning(
      "the server finds our keepalive pings too frequent",
      metadata: ["interval_s": "\(doubled.intervalNanoseconds / 1_000_000_000)"])
  }
}

/// The clocks of one client connection: one timer for all of them.
struct ClientConnectionLife {
  /// What is due.
  enum Due: Equatable {
    case nothing
    case ping
    case serverIsGone
    /// No calls for the idle timeout.
    case idle
  }

  private(set) var keepalive: Keepalive?
  private var age: ConnectionAge
  /// When bytes were last read; only kept for keepalive.
  var lastRead: Deadline
  /// When to look again; nil = when a call begins.
  private(set) var next: Deadline?

  init(_ policy: ClientConnectionPolicy, now: Deadline) {
    var random = SystemRandomness()
    keepalive = policy.keepalive.map { Keepalive($0) }
    age = ConnectionAge(start: now, age: nil, idle: policy.idleTimeout, using: &random)
    lastRead = now
  }

  /// Whether a call that begins has to wake the pings.
  var isKeepaliveAsleep: Bool { keepalive?.isAsleep == true }

  /// The last call has ended.
  mutating func callsEnded(at now: Deadline) {
    age.callsEnded(at: now)
  }

  /// Looks at all clocks.
  mutating func look(at now: Deadline, hasCalls: Bool) -> Due {
    next = nil
    switch age.look(at: now, hasCalls: hasCalls) {
    case .end: return .idle
    case .wait(let until): next = until
    case .sleep: break
    }
    switch keepalive?.look(at: now, lastRead: lastRead, hasCalls: hasCalls) {
    case .giveUp: return .serverIsGone
    case .ping(let askAgain):
      next = next.map { min($0, askAgain) } ?? askAgain
      return .ping
    case .wait(let until): next = next.map { min($0, until) } ?? until
    case .sleep, nil: break
    }
    return .nothing
  }
}
