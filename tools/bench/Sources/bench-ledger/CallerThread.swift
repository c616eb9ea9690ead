import Foundation
import Synchronization

/// A thread for all callers of a ledger in this process, as an event loop of the service is for its
/// calls.
///
/// The usual pool wakes a thread for nearly every answer, which costs more than what a caller does
/// with it: this one is woken when it sleeps, and then takes all that has come.
final class CallerThread: Callers {
  private struct State {
    var jobs: [UnownedJob] = []
    var isAsleep = false
  }

  private let state = Mutex(State())
  private let news = DispatchSemaphore(value: 0)

  /// The thread, which lives as long as the process.
  static let only: CallerThread = {
    let callers = CallerThread()
    let thread = Thread { callers.run() }
    thread.name = "callers"
    thread.start()
    return callers
  }()

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let mustWake = state.withLock { state in
      state.jobs.append(job)
      defer { state.isAsleep = false }
      return state.isAsleep
    }
    if mustWake { news.signal() }
  }

  func pause(_ duration: Duration) async { try? await Task.sleep(for: duration) }

  private func run() -> Never {
    var jobs: [UnownedJob] = []
    while true {
      state.withLock { state in
        swap(&state.jobs, &jobs)
        state.isAsleep = jobs.isEmpty
      }
      if jobs.isEmpty { news.wait() }
      for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
      jobs.removeAll(keepingCapacity: true)
    }
  }
}
