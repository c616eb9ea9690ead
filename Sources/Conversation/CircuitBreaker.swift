/// Stops asking a dependency that keeps failing. Pure: the caller brings the time.
///
/// ```
/// closed ──5 failures in a row──▶ open(until) ──time passes──▶ half-open ──success──▶ closed
///                                   ▲                              └──failure──▶ open(until)
/// ```
public struct CircuitBreaker: Sendable {
  /// Failures in a row that open the breaker.
  public static let failuresMax = 5
  /// How long it stays open.
  public static let openFor: Duration = .seconds(1)

  private enum State {
    case closed(failures: Int)
    case open(until: ContinuousClock.Instant)
    case halfOpen
  }

  private var state = State.closed(failures: 0)

  public init() {}

  /// Says whether a call may be made at `now`. While half open one call probes and others wait.
  public mutating func admits(at now: ContinuousClock.Instant) -> Bool {
    switch state {
    case .closed: return true
    case .halfOpen: return false
    case .open(let until):
      guard now >= until else { return false }
      state = .halfOpen
      return true
    }
  }

  /// Records that an admitted call was answered, with yes or with no.
  public mutating func succeeded() {
    state = .closed(failures: 0)
  }

  /// Records that an admitted call was not answered.
  public mutating func failed(at now: ContinuousClock.Instant) {
    switch state {
    case .closed(let failures) where failures + 1 < Self.failuresMax:
      state = .closed(failures: failures + 1)
    case .closed, .halfOpen:
      state = .open(until: now + Self.openFor)
    case .open: break
    }
  }
}
