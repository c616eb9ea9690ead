import Foundation
import Synchronization

/// A few threads that do nothing but hash passwords, with a bounded queue before them.
///
/// Hashing must run neither on event loops nor on the pool of Swift concurrency: 20 ms there delay
/// every call. The number of threads bounds the memory that all hashes together take.
final class PasswordWorkers: Sendable {
  private struct Job: Sendable {
    let id: UInt64
    let run: @Sendable () -> Void
    let cancel: @Sendable () -> Void
  }

  /// What the threads share. They hold this and not the workers object, so that dropping that
  /// object ends them.
  private final class Queue: @unchecked Sendable {
    // All members below are touched only while `condition` is locked.
    let condition = NSCondition()
    var jobs: [Job] = []
    var idleThreads = 0
    var isClosed = false
    let waitingMax: Int

    init(waitingMax: Int) { self.waitingMax = waitingMax }
  }

  private let queue: Queue
  private let nextID = Atomic<UInt64>(0)

  /// Starts `threads` threads that wait for work; at most `waitingMax` jobs wait for them.
  init(threads: Int, waitingMax: Int) {
    precondition(threads > 0 && waitingMax >= 0, "somebody has to work")
    let queue = Queue(waitingMax: waitingMax)
    self.queue = queue
    for _ in 0..<threads {
      let thread = Thread { Self.work(from: queue) }
      thread.name = "password-hash"
      thread.start()
    }
  }

  deinit {
    queue.condition.withLock {
      queue.isClosed = true
      queue.condition.broadcast()
    }
  }

  /// Runs `work` on one of the threads and returns its result.
  ///
  /// Throws `PasswordHasherError.busy` at once when the queue is full, and `.cancelled` when the
  /// calling task is cancelled while the work waits; work that has begun is finished.
  func run<Value: Sendable>(
    _ work: @escaping @Sendable () -> Value
  ) async throws(PasswordHasherError) -> Value {
    let id = nextID.wrappingAdd(1, ordering: .relaxed).newValue
    let result: Result<Value, PasswordHasherError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let job = Job(
          id: id, run: { continuation.resume(returning: .success(work())) },
          cancel: { continuation.resume(returning: .failure(.cancelled)) })
        if Task.isCancelled { return job.cancel() }
        if !enqueue(job) { continuation.resume(returning: .failure(.busy)) }
      }
    } onCancel: {
      cancel(id)
    }
    return try result.get()
  }

  /// How many jobs wait for a thread.
  var waitingCount: Int { queue.condition.withLock { queue.jobs.count } }

  private func enqueue(_ job: Job) -> Bool {
    queue.condition.withLock {
      // Jobs that an idle thread is about to take do not count as waiting.
      guard queue.jobs.count < queue.waitingMax + queue.idleThreads else { return false }
      queue.jobs.append(job)
      queue.condition.signal()
      return true
    }
  }

  private func cancel(_ id: UInt64) {
    let job: Job? = queue.condition.withLock {
      guard let index = queue.jobs.firstIndex(where: { $0.id == id }) else { return nil }
      return queue.jobs.remove(at: index)
    }
    job?.cancel()
  }

  private static func work(from queue: Queue) {
    while true {
      let job: Job? = queue.condition.withLock {
        queue.idleThreads += 1
        defer { queue.idleThreads -= 1 }
        while queue.jobs.isEmpty {
          if queue.isClosed { return nil }
          queue.condition.wait()
        }
        return queue.jobs.removeFirst()
      }
      guard let job else { return }
      job.run()
    }
  }
}
