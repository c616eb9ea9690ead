#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A point in time on this process's monotonic clock by which a call must be done.
///
/// Never leaves the process: on the wire a deadline is a remaining duration (`grpc-timeout`).
public struct Deadline: Sendable, Hashable, Comparable {
  /// Nanoseconds of `CLOCK_MONOTONIC`; saturates instead of overflowing.
  public let nanoseconds: Int64

  /// Names an instant of the monotonic clock.
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The instant `duration` from now; a negative duration lies in the past.
  public init(after duration: Duration) {
    self = Deadline.now().advanced(byNanoseconds: duration.saturatedNanoseconds)
  }

  /// The current instant.
  public static func now() -> Deadline {
    var time = timespec()
    let result = clock_gettime(CLOCK_MONOTONIC, &time)
    precondition(result == 0, "the monotonic clock always exists")
    return Deadline(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// The instant `nanoseconds` later, kept within the range of the clock.
  public func advanced(byNanoseconds delta: Int64) -> Deadline {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(delta)
    return Deadline(nanoseconds: overflow ? (delta < 0 ? .min : .max) : sum)
  }

  /// Nanoseconds from now until the deadline, negative when it has passed.
  public var remainingNanoseconds: Int64 {
    let (left, overflow) = nanoseconds.subtractingReportingOverflow(Deadline.now().nanoseconds)
    return overflow ? (nanoseconds < 0 ? .min : .max) : left
  }

  /// Time from now until the deadline, negative when it has passed.
  public var remaining: Duration { .nanoseconds(remainingNanoseconds) }

  /// Whether the deadline has passed.
  public var isPast: Bool { remainingNanoseconds <= 0 }

  /// Orders by time.
  public static func < (left: Deadline, right: Deadline) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The deadline of the call being served by the current task, if any.
  ///
  /// Servers bind it around handlers; clients bound every outgoing call by it.
  @TaskLocal public static var current: Deadline?
}

extension Duration {
  /// The duration in nanoseconds, kept within Int64.
  package var saturatedNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    if carried { return seconds < 0 ? .min : .max }
    return sum
  }
}
