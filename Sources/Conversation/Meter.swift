/// Counts delivered tokens against the granted ones. Pure.
///
/// ```
///            admit(chunk) fits                admit(chunk) does not fit
/// [metering] ───────────────▶ .deliver        ─────────────────────────▶ .exhausted
///     │  delivered(chunk) adds it to the bill
///     └─ finish(reason) ▶ what to charge
/// ```
/// Invariant: `delivered <= granted`, so the cost of what was delivered never exceeds the hold.
public struct Meter: Sendable, Hashable {
  /// Output tokens that are paid for.
  public let granted: Int64
  /// Output tokens that reached the caller.
  public private(set) var delivered: Int64 = 0

  public init(granted: Int64) {
    precondition(granted >= 1, "a grant of no tokens is a denial")
    self.granted = granted
  }

  public enum OnChunk: Sendable, Hashable {
    case deliver
    case exhausted
  }

  /// Decides whether `chunk` may be delivered. A chunk is whole or not at all.
  public func admit(_ chunk: ModelChunk) -> OnChunk {
    let (after, overflow) = delivered.addingReportingOverflow(max(chunk.tokens, 1))
    return !overflow && after <= granted ? .deliver : .exhausted
  }

  /// Records that `chunk` was handed to the caller.
  public mutating func recordDelivery(of chunk: ModelChunk) {
    delivered += max(chunk.tokens, 1)
    precondition(delivered <= granted, "a token was delivered that no hold pays for")
  }
}
