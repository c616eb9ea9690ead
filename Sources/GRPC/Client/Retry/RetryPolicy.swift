/// How often and when a call that failed is made again (gRFC A6).
///
/// Only calls that may be repeated are: those whose contract says `idempotency_level`, or whose
/// `CallOptions.isIdempotent` does. Apart from that, calls that the server surely did not process
/// are always sent again, without any policy.
public struct RetryPolicy: Sendable, Hashable {
  /// Attempts of one call, the first one included: from 2 to 5.
  public var maxAttempts: Int { didSet { maxAttempts = Self.bounded(maxAttempts) } }
  /// The pause before the second attempt, spread by ±20 % as all pauses are.
  public var initialBackoff: Duration
  /// The longest pause, before it is spread.
  public var maxBackoff: Duration
  /// By how much each pause is longer than the one before it.
  public var backoffMultiplier: Double
  /// Failures after which another attempt makes sense.
  public var retryableCodes: Set<Status.Code>

  /// Makes a policy. More than 5 attempts are 5; a negative pause or a multiplier that is not
  /// positive is a programmer's mistake.
  public init(
    maxAttempts: Int = 4,
    initialBackoff: Duration = .milliseconds(100),
    maxBackoff: Duration = .seconds(2),
    backoffMultiplier: Double = 2,
    retryableCodes: Set<Status.Code> = [.unavailable]
  ) {
    precondition(initialBackoff >= .zero && maxBackoff >= .zero, "a pause cannot be negative")
    precondition(backoffMultiplier > 0, "the multiplier of pauses must be positive")
    self.maxAttempts = Self.bounded(maxAttempts)
    self.initialBackoff = initialBackoff
    self.maxBackoff = maxBackoff
    self.backoffMultiplier = backoffMultiplier
    self.retryableCodes = retryableCodes
  }

  private static func bounded(_ attempts: Int) -> Int { min(max(attempts, 1), 5) }
}

/// When a client stops to repeat calls because the servers behind its target fail too much.
///
/// A bucket begins full. Each failure that could be repeated takes a token, each success gives a
/// fraction back; calls are repeated while more than half of the bucket is left (gRFC A6).
public struct RetryThrottling: Sendable, Hashable {
  /// Tokens of the full bucket: from 1 to 1000.
  public let maxTokens: Int
  /// What a success gives back, in thousandths of a token: at least 1.
  public let thousandthsPerSuccess: Int

  /// Makes a bucket; `tokenRatio` is what a success gives back, rounded to thousandths.
  public init(maxTokens: Int, tokenRatio: Double) {
    precondition((1...1000).contains(maxTokens), "a bucket holds from 1 to 1000 tokens")
    precondition(tokenRatio > 0 && tokenRatio <= 1000, "a success gives something back")
    self.maxTokens = maxTokens
    thousandthsPerSuccess = max(1, Int((tokenRatio * 1000).rounded()))
  }

  /// 100 tokens, a tenth of one for a success.
  public static let defaults = RetryThrottling(maxTokens: 100, tokenRatio: 0.1)
}
