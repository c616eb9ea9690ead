import GRPC

/// When to ping a silent peer and when to give it up (gRFC A8 and A9), without sockets and clocks.
///
/// ```
/// watching ──silent for the interval──▶ pinged ──silent for the timeout──▶ given up
///    ▲  │ the same, but no calls          │
///    │  └──▶ asleep ──a call begins──┐    │
///    └───────────────────────────────┴────┴── any bytes
/// ```
/// Silence counts from the last bytes that were read, never from the last ping: a peer that counts
/// the time between our pings by the same figure must not find them too frequent. The owner brings
/// the time and asks again when it is told to.
struct Keepalive {
  /// The figures, made harmless: see ``init(interval:timeout:pingsWithoutCalls:floor:)``.
  struct Settings: Sendable, Hashable {
    let intervalNanoseconds: Int64
    let timeoutNanoseconds: Int64
    /// Whether peers without calls are pinged too.
    let pingsWithoutCalls: Bool

    /// - Parameters:
    ///   - interval: silence before a ping; less than `floor` counts as `floor`.
    ///   - timeout: silence after a ping; less than 1 ms counts as 1 ms.
    init(
      interval: Duration, timeout: Duration, pingsWithoutCalls: Bool,
      floor: Duration = Duration.shortestTimer
    ) {
      intervalNanoseconds = max(interval, floor, .shortestTimer).saturatedNanoseconds
      timeoutNanoseconds = timeout.timerNanoseconds
      self.pingsWithoutCalls = pingsWithoutCalls
    }

    private init(intervalNanoseconds: Int64, like other: Settings) {
      self.intervalNanoseconds = intervalNanoseconds
      timeoutNanoseconds = other.timeoutNanoseconds
      pingsWithoutCalls = other.pingsWithoutCalls
    }

    /// The same with pings half as often.
    func doublingInterval() -> Settings {
      let (doubled, overflow) = intervalNanoseconds.multipliedReportingOverflow(by: 2)
      return Settings(intervalNanoseconds: overflow ? .max : doubled, like: self)
    }
  }

  private enum Phase {
    case watching
    case pinged(at: Deadline)
    case asleep
  }

  /// What a look at the clock led to.
  enum OnTimer: Equatable {
    /// Nothing now; ask again at this time.
    case wait(until: Deadline)
    /// Send a ping now, and ask again at this time.
    case ping(askAgain: Deadline)
    /// Nothing until a call begins.
    case sleep
    /// The peer is gone: close the connection.
    case giveUp
  }

  let settings: Settings
  private var phase = Phase.watching

  init(_ settings: Settings) {
    self.settings = settings
  }

  /// Whether the owner has to say when the next call begins.
  var isAsleep: Bool { if case .asleep = phase { true } else { false } }

  /// Looks at the clock. Asking too early does no harm.
  mutating func look(at now: Deadline, lastRead: Deadline, hasCalls: Bool) -> OnTimer {
    if case .pinged(let sent) = phase {
      guard lastRead >= sent else {
        let limit = sent.advanced(byNanoseconds: settings.timeoutNanoseconds)
        guard now < limit else { return .giveUp }
        // Not at the limit when that is far: an answer may make the next ping due before.
        return .wait(until: min(limit, now.advanced(byNanoseconds: settings.intervalNanoseconds)))
      }
      phase = .watching
    }
    guard hasCalls || settings.pingsWithoutCalls else {
      phase = .asleep
      return .sleep
    }
    phase = .watching
    let due = lastRead.advanced(byNanoseconds: settings.intervalNanoseconds)
    guard now >= due else { return .wait(until: due) }
    phase = .pinged(at: now)
    let soonest = min(settings.timeoutNanoseconds, settings.intervalNanoseconds)
    return .ping(askAgain: now.advanced(byNanoseconds: soonest))
  }
}

extension Duration {
  /// The least time that a timer of a connection waits: zero or less would spin.
  static let shortestTimer = Duration.milliseconds(1)

  /// The duration in nanoseconds, 1 ms at least.
  var timerNanoseconds: Int64 { max(self, .shortestTimer).saturatedNanoseconds }
}
