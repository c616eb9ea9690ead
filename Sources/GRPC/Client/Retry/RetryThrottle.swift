/// The tokens of ``RetryThrottling`` that are left, one bucket for all calls to a target. Pure.
package struct RetryThrottle: Sendable, Hashable {
  private let limit: Int
  private let gain: Int
  /// Thousandths of tokens.
  private var tokens: Int

  /// A full bucket.
  package init(_ settings: RetryThrottling) {
    limit = settings.maxTokens * 1000
    gain = settings.thousandthsPerSuccess
    tokens = limit
  }

  /// Whether calls may be repeated.
  package var allowsRetries: Bool { tokens > limit / 2 }

  /// A call ended well.
  package mutating func succeeded() { tokens = min(tokens + gain, limit) }

  /// An attempt failed in a way that another one might not.
  package mutating func failed() { tokens = max(tokens - 1000, 0) }
}
