import NIOCore

/// Somebody who stands in a `NewcomerLine`.
protocol Newcomer: AnyObject {
  /// Works for a short while; returns whether there is more to do.
  func takeTurn() -> Bool
}

/// Where the clients of an event loop stand in line that have not finished a call so far.
///
/// One of them works at a time, briefly, and then the loop reads what others have sent. So whoever
/// floods, is sent away and comes back does not delay the calls of known clients by more than one
/// such turn, from however many connections. When nobody else is new there is no wait.
///
/// ```
/// join ──nobody worked just now──▶ turn ──more to do──▶ the end of the line
///   └──────────the line─────pause─────▶ turn
/// ```
/// On the loop only.
final class NewcomerLine {
  /// The time that belongs to the others, at the least: 20 us. A timer is what lets the loop read.
  static let pause = TimeAmount.microseconds(20)

  private let afterPause: (@escaping () -> Void) -> Void
  private var waiting = CircularBuffer<any Newcomer>()
  private var isPausing = false

  /// `afterPause` calls what it is given once the loop has read from all who have something.
  init(afterPause: @escaping (@escaping () -> Void) -> Void) {
    self.afterPause = afterPause
  }

  /// Lets somebody work who does not stand in the line: at once, or when it is its turn.
  func join(_ newcomer: any Newcomer) {
    if isPausing { waiting.append(newcomer) } else { serve(newcomer) }
  }

  private func serve(_ newcomer: any Newcomer) {
    isPausing = true
    if newcomer.takeTurn() { waiting.append(newcomer) }
    afterPause {
      self.isPausing = false
      if let next = self.waiting.popFirst() { self.serve(next) }
    }
  }
}
