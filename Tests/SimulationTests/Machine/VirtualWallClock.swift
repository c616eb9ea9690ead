import Ledger

/// The wall clock of a simulation: runs with its monotonic clock, until somebody sets it.
///
/// Unchecked: it belongs to the simulation's thread.
final class VirtualWallClock: LedgerClock, @unchecked Sendable {
  /// What can happen to it.
  enum Fault: String, CaseIterable {
    case backAnHour, forwardADay, forwardAWeek, stuck, leapSecond, backALittle
  }

  private let simulator: Simulator
  /// What it is ahead of the monotonic clock, in microseconds. It starts somewhere in 2026.
  private var ahead: Int64 = 1_780_000_000_000_000
  private var stuckAt: Int64?
  /// How often it was made to stand still. Only the last one to do so lets it go on.
  private var haltCount = 0

  init(_ simulator: Simulator) { self.simulator = simulator }

  func now() -> LedgerTime {
    LedgerTime(microseconds: stuckAt ?? simulator.nanoseconds / 1_000 + ahead)
  }

  /// Lets something happen to the clock.
  func suffer(_ fault: Fault, for pause: Duration) {
    let second: Int64 = 1_000_000
    switch fault {
    case .backAnHour: ahead -= 3_600 * second
    case .forwardADay: ahead += 86_400 * second
    case .forwardAWeek: ahead += 8 * 86_400 * second
    case .leapSecond: ahead -= second
    case .backALittle: ahead -= 7
    case .stuck:
      halt(at: now())
      let halt = haltCount
      simulator.after(pause) { if self.haltCount == halt { self.stuckAt = nil } }
    }
  }

  /// Stands still from now on, also when a fault that made it stand still is over.
  func stop(at time: LedgerTime) { halt(at: time) }

  private func halt(at time: LedgerTime) {
    stuckAt = time.microseconds
    haltCount += 1
  }
}
