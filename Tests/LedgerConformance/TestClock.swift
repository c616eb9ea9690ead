import Ledger
import Synchronization

/// A wall clock that a test sets; it may go back, as real ones do.
public final class TestClock: LedgerClock {
  private let time: Mutex<LedgerTime>

  /// Starts somewhere in 2026.
  public init(_ time: LedgerTime = LedgerTime(microseconds: 1_780_000_000_000_000)) {
    self.time = Mutex(time)
  }

  public func now() -> LedgerTime { time.withLock { $0 } }

  /// Moves the clock, also back.
  public func advance(_ duration: Duration) {
    time.withLock { $0 = $0.adding(duration) }
  }

  /// Sets the clock.
  public func set(_ instant: LedgerTime) {
    time.withLock { $0 = instant }
  }
}
