import Dispatch
import Synchronization

/// Waits for the verdicts on several commands.
private final class Gathering: Sendable {
  private struct State {
    var verdicts: [Verdict?]
    var missing: Int
  }

  private let state: Mutex<State>
  private let continuation: CheckedContinuation<[Verdict], Never>

  init(count: Int, _ continuation: CheckedContinuation<[Verdict], Never>) {
    state = Mutex(State(verdicts: Array(repeating: nil, count: count), missing: count))
    self.continuation = continuation
  }

  func put(_ verdict: Verdict, at place: Int) {
    let all = state.withLock { state -> [Verdict]? in
      precondition(state.verdicts[place] == nil, "a command with two verdicts")
      state.verdicts[place] = verdict
      state.missing -= 1
      return state.missing == 0 ? state.verdicts.compactMap { $0 } : nil
    }
    if let all { continuation.resume(returning: all) }
  }
}

/// The one writer: takes all commands that wait, decides them in order, commits them together.
///
/// ```
///              submit                 queue empty
///   idle ----------------> draining --------------> idle
///     \                       |  commit fails
///      \ close                v
///       +----> closed      stopped: refuses everything until a restart
/// ```
/// Runs on a queue of its own, away from the event loops, because commits block.
final class LedgerWriter: Sendable {
  /// Bounds of the writer.
  struct Limits: Sendable {
    /// The most commands that wait; one more is refused.
    var waitingMax = 16_384
    /// The most commands that one commit carries.
    var batchMax = 512
  }

  fileprivate struct Waiting {
    let submission: Submission
    let resume: @Sendable (Verdict) -> Void
  }

  fileprivate enum Phase {
    case idle
    case draining
    case stopped
  }

  fileprivate struct Inbox {
    var phase = Phase.idle
    var waiting: [Waiting] = []
    /// No caller who waits gives up before this instant; a lower bound.
    var firstDeadline: ContinuousClock.Instant?
    /// Who waits for a sweep.
    var sweepers: [CheckedContinuation<Int, Never>] = []
    var closing: CheckedContinuation<Void, Never>?
  }

  private let inbox = Mutex(Inbox())
  private let queue = DispatchQueue(label: "farebox.ledger.writer")
  private let store: any LedgerStore
  private let clock: any LedgerClock
  private let board: BalanceBoard
  private let limits: Limits
  /// Touched on `queue` only, one drain at a time.
  private let state: Mutex<LedgerState?>
  /// Why the writer stopped; nil while it works.
  private let failure = Mutex<StoreError?>(nil)

  init(
    _ loaded: LoadedState, store: any LedgerStore, clock: any LedgerClock, board: BalanceBoard,
    calendar: any LedgerCalendar, limits: Limits
  ) {
    precondition(limits.waitingMax > 0 && limits.batchMax > 0)
    self.store = store
    self.clock = clock
    self.board = board
    self.limits = limits
    state = Mutex(LedgerState(loaded, calendar: calendar))
  }

  /// Why the writer refuses everything; nil while it works.
  var stopReason: StoreError? { failure.withLock { $0 } }

  /// Queues a command and waits for its commit. Cancelling the task changes nothing: what was
  /// queued is carried out and answered.
  func submit(_ submission: Submission) async -> Verdict {
    await withCheckedContinuation { continuation in
      enqueue(Waiting(submission: submission) { continuation.resume(returning: $0) })
    }
  }

  /// Queues commands one after the other and waits for the commits of all. As for one.
  func submit(_ submissions: [Submission]) async -> [Verdict] {
    guard !submissions.isEmpty else { return [] }
    return await withCheckedContinuation { continuation in
      let gathering = Gathering(count: submissions.count, continuation)
      for (place, submission) in submissions.enumerated() {
        enqueue(Waiting(submission: submission) { gathering.put($0, at: place) })
      }
    }
  }

  /// Refuses further commands, waits for those that were accepted, and returns.
  func close() async {
    await withCheckedContinuation { continuation in
      let isIdle = inbox.withLock { inbox in
        let isIdle = inbox.phase != .draining
        if !isIdle { inbox.closing = continuation }
        if isIdle { inbox.phase = .stopped }
        return isIdle
      }
      if isIdle { continuation.resume() }
    }
  }

  private func enqueue(_ waiting: Waiting) {
    enum OnEnqueue { case drain, wait, refuse(Refusal) }
    var late: [Waiting] = []
    let action = inbox.withLock { inbox -> OnEnqueue in
      if inbox.phase == .stopped || inbox.closing != nil { return .refuse(.ledgerStopped) }
      if inbox.waiting.count >= limits.waitingMax { late = inbox.shedLate(at: .now) }
      if inbox.waiting.count >= limits.waitingMax { return .refuse(.ledgerOverloaded) }
      if let deadline = waiting.submission.deadline {
        inbox.firstDeadline = min(inbox.firstDeadline ?? deadline, deadline)
      }
      inbox.waiting.append(waiting)
      guard inbox.phase == .idle else { return .wait }
      inbox.phase = .draining
      return .drain
    }
    for waiting in late { waiting.resume(.refused(.deadlinePassed)) }
    switch action {
    case .drain: queue.async { self.drain() }
    case .wait: break
    case .refuse(let refusal): waiting.resume(.refused(refusal))
    }
  }

  /// Works until nothing waits.
  private func drain() {
    while let work = nextWork() {
      let batch = refuseLate(work.batch)
      do {
        let (verdicts, swept) = try carryOut(
          batch.map(\.submission), sweeping: !work.sweepers.isEmpty)
        for (waiting, verdict) in zip(batch, verdicts) { waiting.resume(verdict) }
        for sweeper in work.sweepers { sweeper.resume(returning: swept) }
      } catch {
        for sweeper in work.sweepers { sweeper.resume(returning: 0) }
        stop(batch, error)
        return
      }
    }
  }

  /// Refuses those whose callers gave up while they waited: the work is for those who still wait.
  private func refuseLate(_ batch: [Waiting]) -> [Waiting] {
    guard batch.contains(where: { $0.submission.deadline != nil }) else { return batch }
    let now = ContinuousClock.now
    for waiting in batch where waiting.isLate(at: now) {
      waiting.resume(.refused(.deadlinePassed))
    }
    return batch.filter { !$0.isLate(at: now) }
  }

  /// Looks at accounts for which something came due and writes it down; returns how many. 0 also
  /// when the ledger has stopped.
  func sweep() async -> Int {
    await withCheckedContinuation { continuation in
      let action = inbox.withLock { inbox -> (isRefused: Bool, mustDrain: Bool) in
        if inbox.phase == .stopped || inbox.closing != nil { return (true, false) }
        inbox.sweepers.append(continuation)
        guard inbox.phase == .idle else { return (false, false) }
        inbox.phase = .draining
        return (false, true)
      }
      if action.isRefused { continuation.resume(returning: 0) }
      if action.mustDrain { queue.async { self.drain() } }
    }
  }

  private struct Work {
    let batch: [Waiting]
    let sweepers: [CheckedContinuation<Int, Never>]
  }

  private func nextWork() -> Work? {
    var closing: CheckedContinuation<Void, Never>?
    let work = inbox.withLock { inbox -> Work? in
      if inbox.waiting.isEmpty && inbox.sweepers.isEmpty {
        closing = inbox.closing
        inbox.closing = nil
        inbox.phase = closing == nil ? .idle : .stopped
        return nil
      }
      let batch = Array(inbox.waiting.prefix(limits.batchMax))
      inbox.waiting.removeFirst(batch.count)
      defer { inbox.sweepers = [] }
      return Work(batch: batch, sweepers: inbox.sweepers)
    }
    closing?.resume()
    return work
  }

  /// Load, decide, append, publish. The state is only put back when the commit is certain.
  private func carryOut(_ submissions: [Submission], sweeping: Bool) throws(StoreError)
    -> (verdicts: [Verdict], swept: Int)
  {
    guard let current = state.withLock({ state in state.take() }) else {
      preconditionFailure("two drains at once")
    }
    let prefetched = try store.load(
      LoadRequest(
        accounts: .none, keys: submissions.map(\.key), holds: endedHolds(submissions, current),
        allocations: submissions.compactMap(\.command.namedAllocation),
        usage: submissions.compactMap(\.command.namedUsage)))
    let time = max(clock.now(), current.head.time)
    var decider = BatchDecider(current, prefetched: prefetched, at: time)
    var verdicts: [Verdict] = []
    verdicts.reserveCapacity(submissions.count)
    do {
      for submission in submissions { verdicts.append(try decider.decide(submission)) }
    } catch {
      throw .corrupted("a stored answer: \(error)")
    }
    let swept = sweeping ? decider.sweep(limit: limits.batchMax) : 0
    if let commit = decider.commit {
      try store.commit(commit)
      publish(decider)
    }
    let after = decider.state
    state.withLock { $0 = after }
    return (verdicts, swept)
  }

  /// The holds that commands name and that are not open in memory.
  private func endedHolds(_ submissions: [Submission], _ state: LedgerState) -> [HoldID] {
    submissions.compactMap { submission in
      guard let named = submission.command.namedHold, state.owner(ofOpenHold: named) == nil
      else { return nil }
      return named
    }
  }

  private func publish(_ decider: BatchDecider) {
    for id in decider.touched {
      guard let account = decider.state.accounts[id] else {
        preconditionFailure("an account that changed is gone")
      }
      board.publish(account)
    }
    if decider.pricesChanged { board.publish(decider.state.prices) }
    board.announce(decider.state.head)
    if !board.watches.isEmpty { tellWatchers(decider) }
  }

  private func tellWatchers(_ decider: BatchDecider) {
    for id in decider.touched {
      board.watches.tell(id, board.snapshot(of: id)) {
        decider.entries.filter { $0.entry.account == id }.map(\.entry.change.kind)
      }
    }
  }

  /// Fails stop: after a commit error the store's state is unknown, so nothing more is decided.
  private func stop(_ batch: [Waiting], _ error: StoreError) {
    failure.withLock { $0 = error }
    let (rest, sweepers, closing) = inbox.withLock { inbox in
      inbox.phase = .stopped
      defer {
        inbox.waiting = []
        inbox.sweepers = []
        inbox.closing = nil
      }
      return (inbox.waiting, inbox.sweepers, inbox.closing)
    }
    board.watches.end()
    for waiting in batch { waiting.resume(.refused(.outcomeUnknown)) }
    for waiting in rest { waiting.resume(.refused(.ledgerStopped)) }
    for sweeper in sweepers { sweeper.resume(returning: 0) }
    closing?.resume()
  }
}

extension LedgerWriter.Waiting {
  func isLate(at instant: ContinuousClock.Instant) -> Bool {
    submission.deadline.map { $0 <= instant } ?? false
  }
}

extension LedgerWriter.Inbox {
  /// Takes out those whose callers gave up; costs a look at all, but only when there may be some.
  mutating func shedLate(at instant: ContinuousClock.Instant) -> [LedgerWriter.Waiting] {
    guard let firstDeadline, firstDeadline <= instant else { return [] }
    let late = waiting.filter { $0.isLate(at: instant) }
    waiting.removeAll { $0.isLate(at: instant) }
    self.firstDeadline = waiting.compactMap(\.submission.deadline).min()
    return late
  }
}

extension Command {
  /// The allocation that the command names: it may be spent, so it is looked up.
  var namedAllocation: AllocationID? {
    switch self {
    case .adjustAllocation(let command): command.allocation
    case .voidAllocation(let command): command.allocation
    default: nil
    }
  }

  /// The charge that the command names.
  var namedUsage: UsageID? {
    guard case .refundUsage(let command) = self else { return nil }
    return command.usage
  }
}

extension Verdict {
  /// A refusal that was not journaled.
  fileprivate static func refused(_ refusal: Refusal) -> Verdict {
    Verdict(outcome: .failure(refusal), seq: 0, isReplayed: false)
  }
}
