import Foundation
import Synchronization

/// What happened during a load: times, and failures by their code.
final class LoadLog: Sendable {
  private struct Notes {
    var lifecycles: [UInt32] = []
    var calls: [UInt32] = []
    var failures: [String: Int] = [:]
    var began = ContinuousClock.now
    var wall = 0.0
    var cpuBefore = 0.0
    var cpu = 0.0
  }

  private let notes = Mutex(Notes())

  func begin() {
    notes.withLock { notes in
      notes.lifecycles.reserveCapacity(1 << 20)
      notes.calls.reserveCapacity(1 << 21)
      notes.began = .now
      notes.cpuBefore = Self.cpuSeconds()
    }
  }

  func end() {
    notes.withLock { notes in
      notes.wall = (ContinuousClock.now - notes.began) / .seconds(1)
      notes.cpu = Self.cpuSeconds() - notes.cpuBefore
    }
  }

  func note(lifecycleSince start: ContinuousClock.Instant) {
    let taken = Self.microseconds(since: start)
    notes.withLock { $0.lifecycles.append(taken) }
  }

  func note(callSince start: ContinuousClock.Instant) {
    let taken = Self.microseconds(since: start)
    notes.withLock { $0.calls.append(taken) }
  }

  func note(failure code: String) {
    notes.withLock { $0.failures[code, default: 0] += 1 }
  }

  /// Failures count also before the measurement.
  func take(failuresOf other: LoadLog) {
    let failures = other.notes.withLock { $0.failures }
    notes.withLock { $0.failures.merge(failures, uniquingKeysWith: +) }
  }

  /// The figures, for JSON. Lifecycles of which a call failed are in the times as well: look at
  /// `failures` first.
  var figures: [String: Any] {
    notes.withLock { notes in
      [
        "lifecycles": notes.lifecycles.count,
        "seconds": notes.wall,
        "lifecycles_per_second": Double(notes.lifecycles.count) / notes.wall,
        "mutations_per_second": Double(notes.calls.count) / notes.wall,
        "lifecycle_ms": Self.spread(notes.lifecycles),
        "call_ms": Self.spread(notes.calls),
        "failures": notes.failures,
        "cpu_seconds": notes.cpu,
      ]
    }
  }

  /// Percentiles of microseconds, in milliseconds.
  static func spread(_ microseconds: [UInt32]) -> [String: Double] {
    let sorted = microseconds.sorted()
    func at(_ share: Double) -> Double {
      guard !sorted.isEmpty else { return 0 }
      let rank = Int((share * Double(sorted.count)).rounded(.up))
      return Double(sorted[min(max(rank, 1), sorted.count) - 1]) / 1000
    }
    return ["p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "max": at(1)]
  }

  static func microseconds(since start: ContinuousClock.Instant) -> UInt32 {
    UInt32(clamping: Int((ContinuousClock.now - start) / .microseconds(1)))
  }

  /// User and system time of all threads so far.
  static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
