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

  private struct Waiting {
    let submission: Submission
    let resume: @Sendable (Verdict) -> Void
  }

  private enum Phase {
    case idle
    case draining
    case stopped
  }

  private struct Inbox {
    var phase = Phase.idle
    var waiting: [Waiting] = []
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
    let action = inbox.withLock { inbox -> OnEnqueue in
      if inbox.phase == .stopped || inbox.closing != nil { return .refuse(.ledgerStopped) }
      if inbox.waiting.count >= limits.waitingMax { return .refuse(.ledgerOverloaded) }
      inbox.waiting.append(waiting)
      guard inbox.phase == .idle else { return .wait }
      inbox.phase = .draining
      return .drain
    }
    switch action {
    case .drain: queue.async { self.drain() }
    case .wait: break
    case .refuse(let refusal): waiting.resume(.refused(refusal))
    }
  }

  /// Works until nothing waits.
  private func drain() {
    while let batch = nextBatch() {
      do {
        let verdicts = try carryOut(batch.map(\.submission))
        for (waiting, verdict) in zip(batch, verdicts) { waiting.resume(verdict) }
      } catch {
        stop(batch, error)
        return
      }
    }
  }

  private func nextBatch() -> [Waiting]? {
    var closing: CheckedContinuation<Void, Never>?
    let batch = inbox.withLock { inbox -> [Waiting]? in
      if inbox.waiting.isEmpty {
        closing = inbox.closing
        inbox.closing = nil
        inbox.phase = closing == nil ? .idle : .stopped
        return nil
      }
      let batch = Array(inbox.waiting.prefix(limits.batchMax))
      inbox.waiting.removeFirst(batch.count)
      return batch
    }
    closing?.resume()
    return batch
  }

  /// Load, decide, append, publish. The state is only put back when the commit is certain.
  private func carryOut(_ submissions: [Submission]) throws(StoreError) -> [Verdict] {
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
    if let commit = decider.commit {
      try store.commit(commit)
      publish(decider)
    }
    let after = decider.state
    state.withLock { $0 = after }
    return verdicts
  }

  /// The holds that commands name and that are not open in memory.
  private func endedHolds(_ submissions: [Submission], _ state: LedgerState) -> [HoldID] {
    submissions.compactMap { submission in
      let named: HoldID? =
        switch submission.command {
        case .settleHold(let command): command.hold
        case .extendHold(let command): command.hold
        case .releaseHold(let command): command.hold
        case .forceRelease(let command): command.hold
        default: nil
        }
      guard let named, state.owner(ofOpenHold: named) == nil else { return nil }
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
  }

  /// Fails stop: after a commit error the store's state is unknown, so nothing more is decided.
  private func stop(_ batch: [Waiting], _ error: StoreError) {
    failure.withLock { $0 = error }
    let (rest, closing) = inbox.withLock { inbox in
      inbox.phase = .stopped
      defer {
        inbox.waiting = []
        inbox.closing = nil
      }
      return (inbox.waiting, inbox.closing)
    }
    for waiting in batch { waiting.resume(.refused(.outcomeUnknown)) }
    for waiting in rest { waiting.resume(.refused(.ledgerStopped)) }
    closing?.resume()
  }
}

extension Command {
  /// The allocation that the command names: it may be spent, so it is looked up.
  fileprivate var namedAllocation: AllocationID? {
    switch self {
    case .adjustAllocation(let command): command.allocation
    case .voidAllocation(let command): command.allocation
    default: nil
    }
  }

  /// The charge that the command names.
  fileprivate var namedUsage: UsageID? {
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
