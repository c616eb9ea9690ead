import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
  import CScheduler
  import Glibc
#else
  import Darwin
#endif

/// Runs work one piece after the other on a thread that lets the others of the process go first.
///
/// A dispatch queue would not do: its pieces run on threads that it shares, and whose place among
/// the others nobody may change. The thread ends when this is let go.
final class BackgroundThread: Sendable {
  /// How far the thread stands back, in steps of nice(2): on a core that the others keep busy it
  /// gets a quarter of what one of them does. Further back, tables would fall behind for good.
  private static let niceness: Int32 = 6
  /// How long it keeps a core, in nanoseconds, before a thread that wakes up may have it: a commit
  /// is woken by the disk, and would wait for milliseconds else. The shortest that Linux knows.
  private static let slice: UInt64 = 100_000

  private struct Line {
    /// By the instant before which it does not run; of the same instant, as it came.
    var pieces: [(from: DispatchTime, work: @Sendable () -> Void)] = []
    var isOver = false

    mutating func insert(from instant: DispatchTime, _ work: @escaping @Sendable () -> Void) {
      let place = pieces.lastIndex { $0.from <= instant }.map { $0 + 1 } ?? 0
      pieces.insert((instant, work), at: place)
    }
  }

  /// What the thread and its owners share.
  private final class Counter: Sendable {
    let line = Mutex(Line())
    let changed = DispatchSemaphore(value: 0)

    func serve() {
      while true {
        let (work, until) = line.withLock { line -> ((@Sendable () -> Void)?, DispatchTime?) in
          guard let first = line.pieces.first else {
            return (nil, line.isOver ? nil : .distantFuture)
          }
          guard first.from <= .now() else { return (nil, first.from) }
          return (line.pieces.removeFirst().work, nil)
        }
        if let work {
          work()
        } else if let until {
          _ = changed.wait(timeout: until)
        } else {
          return
        }
      }
    }
  }

  private let counter = Counter()

  init(_ name: String) {
    let thread = Thread { [counter] in
      Self.standBack()
      counter.serve()
    }
    thread.name = name
    thread.start()
  }

  deinit {
    counter.line.withLock { $0.isOver = true }
    counter.changed.signal()
  }

  /// Runs `work` when what came before is done, and not before `pause` is over.
  func run(after pause: DispatchTimeInterval = .seconds(0), _ work: @escaping @Sendable () -> Void)
  {
    counter.line.withLock { $0.insert(from: .now() + pause, work) }
    counter.changed.signal()
  }

  /// Runs `work` likewise and waits for it. Not from a piece of work.
  func runAndWait(_ work: @escaping @Sendable () -> Void) {
    let done = DispatchSemaphore(value: 0)
    run {
      work()
      done.signal()
    }
    done.wait()
  }

  /// Lets a thread that waits for the calling one's core have it. Every tenth of a millisecond of
  /// work, or so: a thread that woke up while the slice was fresh is else forgotten until the
  /// system's next tick, four milliseconds later, and a commit with it.
  static func giveWay() { sched_yield() }

  /// Of the calling thread: on Linux each has a niceness of its own (setpriority(2)), and a slice
  /// (sched_setattr(2)).
  private static func standBack() {
    #if canImport(Glibc)
      let who = __priority_which_t(PRIO_PROCESS.rawValue)
      let niceness = min(19, getpriority(who, 0) + niceness)
      // Refused or not, the work is done.
      if farebox_set_slice(niceness, slice) != 0 { _ = setpriority(who, 0, niceness) }
    #endif
  }
}
