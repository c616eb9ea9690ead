import GRPC
import HTTP2

/// Judges the calls that a client resets (CVE-2023-44487), without sockets and clocks.
///
/// A call that is reset right after it began cost us more than the client. One that has lived for a
/// while was given up by somebody who waited, as clients with deadlines do when a server is slow,
/// and since the number of calls at once is bounded, so is the rate of those: with 100 calls and
/// 50 ms, 2,000 per second.
struct RapidResets {
  private let lifetimeNanoseconds: Int64
  private var budget: TokenBucket

  /// - Parameters:
  ///   - lifetime: calls that lived for as long are not counted; less than 1 ms counts as 1 ms.
  ///   - burst, perSecond: resets that are forgiven at once, and later; at least 1 and 0.
  init(lifetime: Duration, burst: Int, perSecond: Int) {
    lifetimeNanoseconds = lifetime.timerNanoseconds
    budget = TokenBucket(burst: Double(max(burst, 1)), perSecond: Double(max(perSecond, 0)))
  }

  /// Judges the reset of a call that began then, nil when it never did. False: one too many.
  mutating func isForgiven(begunAt begin: Deadline?, at now: Deadline) -> Bool {
    if let begin, now >= begin.advanced(byNanoseconds: lifetimeNanoseconds) { return true }
    return budget.take(atNanoseconds: UInt64(clamping: now.nanoseconds))
  }
}
