#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An instant, in microseconds since 1970-01-01T00:00:00Z.
public struct LedgerTime: Sendable, Hashable, Comparable {
  /// Microseconds since the Unix epoch; negative before it.
  public let microseconds: Int64

  /// Makes an instant from microseconds since the Unix epoch.
  public init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  /// The last instant that can be expressed: stands for *never*.
  public static let distantFuture = LedgerTime(microseconds: .max)
  /// The first instant that can be expressed.
  public static let distantPast = LedgerTime(microseconds: .min)

  public static func < (left: LedgerTime, right: LedgerTime) -> Bool {
    left.microseconds < right.microseconds
  }

  /// The instant `duration` later, at most ``distantFuture`` and at least ``distantPast``.
  public func adding(_ duration: Duration) -> LedgerTime {
    adding(microseconds: duration.wholeMicroseconds)
  }

  /// The same for a duration of which the microseconds are known: to count them takes a while.
  func adding(microseconds more: Int64) -> LedgerTime {
    let (sum, overflow) = microseconds.addingReportingOverflow(more)
    guard overflow else { return LedgerTime(microseconds: sum) }
    return more < 0 ? .distantPast : .distantFuture
  }

  /// The time from `earlier` to this instant, negative when it lies after it.
  public func duration(since earlier: LedgerTime) -> Duration {
    let (difference, overflow) =
      microseconds.subtractingReportingOverflow(earlier.microseconds)
    if overflow { return .microseconds(self > earlier ? Int64.max : Int64.min) }
    return .microseconds(difference)
  }
}

extension Duration {
  /// Microseconds, the fraction cut off, clamped to what 64 bits hold.
  var wholeMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    let micros = Int128(seconds) * 1_000_000 + Int128(attoseconds / 1_000_000_000_000)
    return Int64(clamping: micros)
  }
}

/// Where the ledger reads the wall clock. The ledger itself makes it monotone.
public protocol LedgerClock: Sendable {
  /// The wall clock now; may step back. Called from any thread.
  func now() -> LedgerTime
}

/// The machine's real-time clock.
public struct SystemClock: LedgerClock {
  /// Makes a reader of the machine's clock.
  public init() {}

  public func now() -> LedgerTime {
    var time = timespec()
    let result = clock_gettime(CLOCK_REALTIME, &time)
    precondition(result == 0, "the real-time clock cannot be read")
    return LedgerTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
}
