import GRPC

/// Finds readers that take next to nothing of what waits for them, without sockets and clocks.
///
/// ```
/// not waiting ──bytes wait──▶ watched ──took the least amount in the window──▶ watched anew
///      ▲                         │ └──took less──▶ stalled
///      └──nothing waits──────────┘
/// ```
/// Only bytes that were taken count: a reader may widen its window by a byte now and then, and
/// would otherwise make us hold its answers, and produce them, for as long as it likes.
struct StallWatch {
  /// The figures, made harmless: a window below 1 ms counts as 1 ms, a count below 1 as 1.
  struct Settings: Sendable, Hashable {
    let bytesMin: Int
    let windowNanoseconds: Int64

    init(bytesMin: Int, window: Duration) {
      self.bytesMin = max(bytesMin, 1)
      windowNanoseconds = window.timerNanoseconds
    }
  }

  /// Somebody for whom bytes wait, and how many he has taken since he exists.
  struct Reader: Equatable {
    var id: Int32
    var taken: Int
  }

  private struct Start {
    var at: Deadline
    var taken: Int
  }

  private let settings: Settings
  private var starts: [Int32: Start] = [:]
  /// When to look again; nil while nobody is watched.
  private(set) var nextLook: Deadline?

  init(_ settings: Settings) {
    self.settings = settings
  }

  /// Looks at all for whom bytes wait now, and answers who of them has stalled, to be forgotten.
  mutating func look(at now: Deadline, waiting readers: [Reader]) -> [Int32] {
    var stalled: [Int32] = []
    var watched: [Int32: Start] = [:]
    for reader in readers {
      let fresh = Start(at: now, taken: reader.taken)
      let start = starts[reader.id] ?? fresh
      let end = start.at.advanced(byNanoseconds: settings.windowNanoseconds)
      if reader.taken - start.taken >= settings.bytesMin {
        watched[reader.id] = fresh
      } else if now < end {
        watched[reader.id] = start
      } else {
        stalled.append(reader.id)
      }
    }
    starts = watched
    // A third: who begins to wait between two looks is found after four thirds of the window.
    nextLook =
      watched.isEmpty
      ? nil : now.advanced(byNanoseconds: max(settings.windowNanoseconds / 3, 1_000_000))
    return stalled
  }
}
