import NIOCore
import Synchronization

/// The event loop of the connections as the one thread of all callers: a call is sent, and its
/// answer taken, without another thread being woken for it.
///
/// With threads of its own the load waits for itself: 64 callers made an eighth fewer lifecycles.
final class LoopCallers: Callers {
  private let loop: any EventLoop
  private let pending = Mutex<[UnownedJob]>([])

  init(_ loop: any EventLoop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isFirst = pending.withLock { pending in
      pending.append(job)
      return pending.count == 1
    }
    if isFirst { loop.execute { self.run() } }
  }

  private func run() {
    let jobs = pending.withLock { pending in
      defer { pending = [] }
      return pending
    }
    for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
  }

  /// Waits on the loop's own timer.
  func pause(_ duration: Duration) async {
    await withCheckedContinuation { continuation in
      _ = loop.scheduleTask(in: TimeAmount(duration)) { continuation.resume() }
    }
  }
}
