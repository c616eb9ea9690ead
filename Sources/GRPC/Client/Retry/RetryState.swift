/// Whether one call may be made again, and when. Pure: no clock, no tasks.
///
/// ```
/// attempt --failed, retryable, tokens left--> pause --> attempt ...     at most maxAttempts
///    |
///    +-- an answer has begun: committed, the call ends as this attempt does
/// ```
/// A class, so that calls without a policy carry no more than an empty reference. One owner.
package final class RetryState {
  private let policy: RetryPolicy
  /// Attempts that failed before the current one: `grpc-previous-rpc-attempts`.
  package private(set) var previousAttempts = 0
  /// What the server of the current attempt asked for.
  package var pushback: RetryPushback?
  private var isCommitted = false
  private var nextBackoff: Duration

  /// Before the first attempt.
  package init(_ policy: RetryPolicy) {
    self.policy = policy
    nextBackoff = min(policy.initialBackoff, policy.maxBackoff)
  }

  /// The caller has seen something of this attempt, or what was sent is not kept: there will be no
  /// other one.
  package func commit() { isCommitted = true }

  /// The current attempt failed. Answers the pause before the next one, nil when there is none.
  package func attemptFailed(
    _ code: Status.Code, throttle: inout RetryThrottle?,
    using random: inout some RandomNumberGenerator
  ) -> Duration? {
    let pushback = pushback
    self.pushback = nil
    let isRetryable = policy.retryableCodes.contains(code)
    if isRetryable || pushback == .never { throttle?.failed() }
    guard isRetryable, !isCommitted, pushback != .never,
      previousAttempts + 1 < policy.maxAttempts, throttle?.allowsRetries ?? true
    else { return nil }
    previousAttempts += 1
    if case .after(let pause)? = pushback {
      nextBackoff = min(policy.initialBackoff, policy.maxBackoff)
      return pause
    }
    let base = nextBackoff
    nextBackoff = min(base * policy.backoffMultiplier, policy.maxBackoff)
    return base * Double.random(in: 0.8...1.2, using: &random)
  }
}
