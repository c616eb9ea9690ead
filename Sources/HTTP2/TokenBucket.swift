/// A budget that refills with time: a burst of tokens, then so many per second.
///
/// A pure value: the caller brings the time, in nanoseconds of any monotonic clock.
public struct TokenBucket: Sendable, Hashable {
  /// The most tokens the bucket holds.
  public let burst: Double
  /// Tokens that come back each second.
  public let perSecond: Double
  private var tokens: Double
  private var refilledAt: UInt64

  /// A full bucket.
  public init(burst: Double, perSecond: Double) {
    precondition(burst >= 1 && perSecond >= 0)
    self.burst = burst
    self.perSecond = perSecond
    self.tokens = burst
    self.refilledAt = 0
  }

  /// Whether the bucket still holds all its tokens.
  public var isFull: Bool { tokens >= burst }

  /// Takes one token; false when none is left.
  public mutating func take(atNanoseconds now: UInt64) -> Bool {
    if now > refilledAt {
      let elapsed = Double(now - refilledAt) / 1e9
      tokens = min(burst, tokens + elapsed * perSecond)
      refilledAt = now
    }
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }

  /// Takes one token without a look at the clock; false, and nothing taken, when half of them are
  /// gone: `take` is to be asked then.
  mutating func takeSpare() -> Bool {
    guard tokens > burst / 2 else { return false }
    tokens -= 1
    return true
  }

  /// Gives all tokens back.
  public mutating func refill() {
    tokens = burst
  }
}
