import GRPC
import HTTP2
import NIOCore
import Synchronization

/// Runs the handlers of one event loop's connections on that loop.
///
/// NIO's event loops are serial executors but not task executors, and a handler must resume where
/// its connection lives. Jobs that are enqueued together run in one loop turn, and what they have
/// queued for sending is written once, when the turn ends.
final class LoopExecutor: TaskExecutor {
  let eventLoop: any EventLoop
  private let pending = Mutex(Pending())
  /// Whether there are pending jobs, without the lock.
  private let hasPending = Atomic(false)
  /// Belongs to the loop.
  private let turn: NIOLoopBound<Turn>

  /// What is run in a turn: a piece of a task, or something that needs none.
  private enum Work {
    case job(UnownedJob)
    case closure(@Sendable () -> Void)
  }

  private struct Pending {
    var jobs: [Work] = []
    var isScheduled = false
  }

  private final class Turn {
    var spareJobs: [Work] = []
    var isRunning = false
    var atEnd: [@Sendable () -> Void] = []
  }

  /// Must be called on the loop.
  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
    turn = NIOLoopBound(Turn(), eventLoop: eventLoop)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    enqueue(.job(UnownedJob(job)))
  }

  /// Runs `work` in the next turn of jobs. From any thread.
  func enqueue(_ work: @escaping @Sendable () -> Void) {
    enqueue(.closure(work))
  }

  private func enqueue(_ work: Work) {
    let mustSchedule = pending.withLock { pending in
      pending.jobs.append(work)
      hasPending.store(true, ordering: .relaxed)
      defer { pending.isScheduled = true }
      return !pending.isScheduled
    }
    if mustSchedule { eventLoop.execute { self.drain(asScheduled: true) } }
  }

  /// Runs the jobs that wait, if any, without waiting for the loop to come to them: it may have a
  /// lot to read before. On the loop only; not while bytes are handed to a session.
  func runPending() {
    guard hasPending.load(ordering: .relaxed), !turn.value.isRunning else { return }
    drain(asScheduled: false)
  }

  /// Calls `work` when the current turn of jobs ends, or in the next loop turn when none is
  /// running. On the loop only.
  func atTurnEnd(_ work: @escaping @Sendable () -> Void) {
    let turn = turn.value
    if turn.isRunning {
      turn.atEnd.append(work)
    } else {
      eventLoop.execute(work)
    }
  }

  private func drain(asScheduled: Bool) {
    let turn = turn.value
    turn.isRunning = true
    var jobs = turn.spareJobs
    turn.spareJobs = []
    pending.withLock { pending in
      swap(&jobs, &pending.jobs)
      hasPending.store(false, ordering: .relaxed)
      if asScheduled { pending.isScheduled = false }
    }
    for work in jobs {
      switch work {
      case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
      case .closure(let closure): closure()
      }
    }
    jobs.removeAll(keepingCapacity: true)
    turn.spareJobs = jobs
    turn.isRunning = false
    let work = turn.atEnd
    turn.atEnd.removeAll(keepingCapacity: true)
    for end in work { end() }
  }
}

/// The deadlines of one event loop: one NIO timer for all of them. On the loop only.
final class LoopTimers {
  typealias Token = TimerHeap<Action>.Token

  /// What is done when a deadline has passed. Those of calls cost no memory of their own, because
  /// every call that waits has one; whoever sets them cancels them before it lets go of the call.
  enum Action {
    case run(() -> Void)
    case end(ServerCall)
    case endRequest(of: ServerCall, on: ServerConnection)

    fileprivate func callAsFunction() {
      switch self {
      case .run(let action): action()
      case .end(let call): call.deadlineReached()
      case .endRequest(let call, let connection): connection.requestTimeReached(call)
      }
    }
  }

  private let eventLoop: any EventLoop
  private var heap = TimerHeap<Action>()
  private var armed: Scheduled<Void>?
  private var armedFor: Deadline?

  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  /// Acts once the deadline has passed.
  func insert(_ deadline: Deadline, _ action: Action) -> Token {
    let token = heap.insert(deadline, action)
    arm()
    return token
  }

  /// Forgets a deadline. The NIO timer stays: re-arming it per call would cost more than one
  /// needless wake-up.
  func cancel(_ token: Token) {
    heap.cancel(token)
  }

  private func arm() {
    guard let first = heap.first else { return }
    if let armedFor, armedFor <= first { return }
    armed?.cancel()
    armedFor = first
    // A millisecond late rather than a microsecond early: early means one more wake-up.
    let delay = max(0, first.remainingNanoseconds) / 1_000_000 + 1
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    armed = eventLoop.scheduleTask(in: .milliseconds(delay)) { bound.value.fire() }
  }

  private func fire() {
    armed = nil
    armedFor = nil
    let now = Deadline.now()
    while let action = heap.popDue(now) { action() }
    arm()
  }
}

/// What the connections of one event loop share.
final class LoopContext: Sendable {
  let eventLoop: any EventLoop
  let executor: LoopExecutor
  private let boundTimers: NIOLoopBound<LoopTimers>
  private let spareStaging: NIOLoopBoundBox<WriteStaging?>
  private let boundTurn: NIOLoopBound<LoopTurn>
  private let boundWorkspace: NIOLoopBound<SessionWorkspace>
  private let boundHandlers: NIOLoopBound<LoopHandlers?>
  private let boundNewcomers: NIOLoopBound<NewcomerLine>

  /// Must be called on the loop. At most `handlersMax` unary handlers run at once; nil = as many as
  /// come.
  init(eventLoop: any EventLoop, handlersMax: Int? = nil) {
    self.eventLoop = eventLoop
    executor = LoopExecutor(eventLoop: eventLoop)
    boundTimers = NIOLoopBound(LoopTimers(eventLoop: eventLoop), eventLoop: eventLoop)
    spareStaging = NIOLoopBoundBox(WriteStaging(), eventLoop: eventLoop)
    boundTurn = NIOLoopBound(LoopTurn(), eventLoop: eventLoop)
    boundWorkspace = NIOLoopBound(SessionWorkspace(), eventLoop: eventLoop)
    let handlers = handlersMax.map { [executor] in
      LoopHandlers(max: $0, loop: eventLoop, executor: executor)
    }
    boundHandlers = NIOLoopBound(handlers, eventLoop: eventLoop)
    let line = NewcomerLine { next in
      // Not `execute`: the loop runs all of those before it reads again.
      eventLoop.assumeIsolated().scheduleTask(in: NewcomerLine.pause, next)
    }
    boundNewcomers = NIOLoopBound(line, eventLoop: eventLoop)
  }

  /// How long what is read has waited. On the loop only.
  var turn: LoopTurn { boundTurn.value }

  /// Memory for the sessions of the loop. On the loop only.
  var workspace: SessionWorkspace { boundWorkspace.value }

  /// Who lets unary handlers begin; nil = nobody holds them back. On the loop only.
  var handlers: LoopHandlers? { boundHandlers.value }

  /// Where new clients wait. On the loop only.
  var newcomers: NewcomerLine { boundNewcomers.value }

  /// On the loop only.
  var timers: LoopTimers { boundTimers.value }

  /// Memory for a write; `takeBack` expects it. On the loop only.
  func lendStaging() -> WriteStaging {
    guard let spare = spareStaging.value else { return WriteStaging() }
    spareStaging.value = nil
    return spare
  }

  func takeBack(_ staging: WriteStaging) {
    staging.clear()
    spareStaging.value = staging
  }
}
