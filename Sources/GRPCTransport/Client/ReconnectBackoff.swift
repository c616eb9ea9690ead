/// How long to wait before the next attempt to connect: 1 s, times 1.6 after each failure, at most
/// 120 s, each spread by ±20 % so that clients do not come back all at once
/// (connection-backoff.md).
struct ReconnectBackoff: Sendable {
  private static let initialSeconds = 1.0
  private static let factor = 1.6
  private static let maxSeconds = 120.0
  private static let jitter = 0.2

  private var nextSeconds = Self.initialSeconds

  /// The delay after one more failure.
  mutating func delayAfterFailure(
    using random: inout some RandomNumberGenerator
  ) -> Duration {
    let base = nextSeconds
    nextSeconds = min(nextSeconds * Self.factor, Self.maxSeconds)
    let spread = Double.random(in: (1 - Self.jitter)...(1 + Self.jitter), using: &random)
    return .milliseconds(Int64(base * spread * 1000))
  }

  /// Starts over after a connection that worked.
  mutating func reset() {
    nextSeconds = Self.initialSeconds
  }
}
