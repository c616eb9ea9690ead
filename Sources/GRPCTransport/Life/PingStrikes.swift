import GRPC

/// Counts the pings of a client that come too often (gRFC A8, "Server Enforcement").
///
/// A ping is fine when enough time has passed since the last one that was, or when the server has
/// sent HEADERS or DATA meanwhile: clients estimate the bandwidth by pings while they read.
struct PingStrikes {
  /// The figures, made harmless: durations below 1 ms count as 1 ms, and a count below 0 as 0.
  struct Settings: Sendable, Hashable {
    let intervalNanoseconds: Int64
    let permitsPingsWithoutCalls: Bool
    let strikesMax: Int

    init(interval: Duration, permitsPingsWithoutCalls: Bool, strikesMax: Int) {
      intervalNanoseconds = interval.timerNanoseconds
      self.permitsPingsWithoutCalls = permitsPingsWithoutCalls
      self.strikesMax = max(strikesMax, 0)
    }
  }

  /// Between pings of clients that have no calls: what TCP keepalive may do (RFC 1122 section
  /// 4.2.3.6).
  static let intervalWithoutCalls = Duration.seconds(2 * 3600).saturatedNanoseconds
  /// What clients are told that ping too often.
  static let reason = "too_many_pings"

  /// What a ping led to.
  enum OnPing: Equatable {
    case fine
    /// Too soon, and forgiven.
    case strike
    /// Too soon once too often: send the client away.
    case tooMany
  }

  private let settings: Settings
  private var lastGood: Deadline?
  private var strikes = 0

  init(_ settings: Settings) {
    self.settings = settings
  }

  /// Judges a ping. `hasSent`: whether a HEADERS or DATA frame was sent since the last ping.
  mutating func pingReceived(at now: Deadline, hasCalls: Bool, hasSent: Bool) -> OnPing {
    if hasSent {
      lastGood = nil
      strikes = 0
    }
    let isStrict = !hasCalls && !settings.permitsPingsWithoutCalls
    let interval =
      isStrict
      ? max(Self.intervalWithoutCalls, settings.intervalNanoseconds)
      : settings.intervalNanoseconds
    guard let lastGood, now < lastGood.advanced(byNanoseconds: interval) else {
      self.lastGood = now
      return .fine
    }
    strikes += 1
    return strikes > settings.strikesMax ? .tooMany : .strike
  }
}
