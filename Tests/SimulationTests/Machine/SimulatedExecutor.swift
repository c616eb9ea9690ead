import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Keeps the jobs of every task of a simulation until the simulation chooses one of them.
///
/// Never runs a job inside `enqueue`: that would put a task's continuation before what its caller
/// still has to do.
final class SimulatedExecutor: TaskExecutor {
  private struct State {
    var ready: [UnownedJob] = []
    var foreignCount = 0
  }

  private let state = Mutex(State())
  private let thread = pthread_self()

  /// Jobs that came from another thread than the simulation's: any such job is outside its order.
  var foreignCount: Int { state.withLock { $0.foreignCount } }

  /// How many jobs can run now.
  var readyCount: Int { state.withLock { $0.ready.count } }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isForeign = pthread_equal(pthread_self(), thread) == 0
    state.withLock { state in
      state.ready.append(job)
      if isForeign { state.foreignCount += 1 }
    }
  }

  /// Runs one of the jobs that are ready until it suspends or ends.
  func run(jobAt index: Int) {
    let job = state.withLock { $0.ready.remove(at: index) }
    job.runSynchronously(on: asUnownedTaskExecutor())
  }
}
