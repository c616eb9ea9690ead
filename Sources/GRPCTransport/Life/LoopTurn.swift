import GRPC

/// Since when what an event loop reads may have been waiting, without sockets and clocks. One for
/// each loop; on the loop only.
///
/// A turn of the loop reads from all connections that have something when it begins, one after the
/// other. What comes meanwhile is read in the next one: it has waited for all the others, and the
/// time of its callers has run, although nobody had looked at it.
///
/// ```
/// turn begins ──read A──work──read B──work──read C──▶ ended ──read A──▶ the next begins
///                                                       └──nothing for a while──▶ the same
/// ```
/// NIO does not tell when a turn begins. But no connection is read twice in one, and a loop that
/// has paused was not busy: nothing can have waited for it.
final class LoopTurn {
  /// A pause between two reads from which on the loop was idle: 20 us. Rather too short: calls may
  /// then seem to have waited less than they did, never more.
  static let pauseNanoseconds: Int64 = 20_000

  /// Before this, nothing waited that is read now: it would have been read in the turn before.
  @exclusivity(unchecked) private(set) var earliest = Deadline(nanoseconds: 0)
  @exclusivity(unchecked) private var began = Deadline(nanoseconds: 0)
  @exclusivity(unchecked) private var number: UInt64 = 0
  @exclusivity(unchecked) private var lastRead = Deadline(nanoseconds: 0)

  /// A connection is read, whose last turn was the one of this number, 0 when there was none.
  /// Answers the number of the turn now.
  func reading(lastTurn: UInt64, at now: Deadline) -> UInt64 {
    let hasPaused = now >= lastRead.advanced(byNanoseconds: Self.pauseNanoseconds)
    if hasPaused || lastTurn == number {
      number += 1
      earliest = hasPaused ? now : began
      began = now
    }
    return number
  }

  /// What was read has been worked on.
  func ended(at now: Deadline) {
    lastRead = now
  }
}
