import GRPC

/// When a connection has lived, or gone without calls, for long enough (gRFC A9).
///
/// Both limits differ from connection to connection by up to a tenth, so that connections which
/// began together do not end, and begin again, together.
struct ConnectionAge {
  /// Why a connection ends, as its peer is told.
  enum Reason: String {
    case age = "max_age"
    case idle = "max_idle"
  }

  /// What a look at the clock led to.
  enum OnTimer: Equatable {
    /// Nothing now; ask again at this time.
    case wait(until: Deadline)
    /// Nothing, for ever.
    case sleep
    case end(Reason)
  }

  private let endOfLife: Deadline?
  private let idleNanoseconds: Int64?
  private var idleSince: Deadline

  /// - Parameters:
  ///   - start: when the connection was established; from then on it is idle.
  ///   - age, idle: the limits, before the jitter; nil = none, less than 1 ms counts as 1 ms.
  init(
    start: Deadline, age: Duration?, idle: Duration?,
    using random: inout some RandomNumberGenerator
  ) {
    endOfLife = age.map { start.advanced(byNanoseconds: Self.jittered($0, using: &random)) }
    idleNanoseconds = idle.map { Self.jittered($0, using: &random) }
    idleSince = start
  }

  /// The last call has ended.
  mutating func callsEnded(at now: Deadline) {
    idleSince = now
  }

  /// Looks at the clock. Asking too early does no harm.
  func look(at now: Deadline, hasCalls: Bool) -> OnTimer {
    if let endOfLife, now >= endOfLife { return .end(.age) }
    var next = endOfLife
    if let idleNanoseconds {
      // With calls, the connection can be idle for long enough this much later at the soonest.
      let limit = (hasCalls ? now : idleSince).advanced(byNanoseconds: idleNanoseconds)
      if now >= limit { return .end(.idle) }
      next = next.map { min($0, limit) } ?? limit
    }
    return next.map { .wait(until: $0) } ?? .sleep
  }

  /// A tenth more or less.
  static func jittered(
    _ duration: Duration, using random: inout some RandomNumberGenerator
  ) -> Int64 {
    let nanoseconds = duration.timerNanoseconds
    let tenth = nanoseconds / 10
    let (sum, overflow) = nanoseconds.addingReportingOverflow(
      Int64.random(in: -tenth...tenth, using: &random))
    return overflow ? .max : sum
  }
}
