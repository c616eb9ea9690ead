import Synchronization

/// The one writer: takes all commands that wait, decides them in order, commits them together.
///
/// ```
///              submit                 queue empty
///   idle ----------------> draining --------------> idle
///     \                     |    ^  commit fails: taken back, refused for a while
///      \ close              v    |  outcome unknown: nothing is accepted until it is known
///       +----> closed      stopped: damage, or another writer; refuses until a restart
/// ```
/// Runs on a queue of its own, away from the event loops, because commits block. Also loads the
/// accounts that questions are about: nobody else does, so that none is ever there twice.
final class LedgerWriter: Sendable {
  /// Bounds of the writer.
  struct Limits: Sendable {
    /// The most commands that wait, and the most questions; one more is refused.
    var waitingMax: Int
    /// The most commands that one commit carries.
    var batchMax: Int
    /// The most accounts in memory, packed or not.
    var accountsMax: Int
    /// The most accounts in memory that are not packed, unless one batch needs more.
    var unpackedAccountsMax: Int
    /// How long nothing is tried after a commit has failed.
    var recoveryPause: Duration

    /// The most commands, questions and accounts to sweep of one batch: all that they are about
    /// fits into memory.
    var share: Int { min(batchMax, accountsMax / 3) }

    /// The most accounts that are not packed when a batch is decided, but for those it makes.
    var unpackedMax: Int { max(unpackedAccountsMax, 3 * share) }
  }

  let store: any LedgerStore
  let clock: any LedgerClock
  let board: BalanceBoard
  let limits: Limits
  let machine: any LedgerMachine
  let inbox: Mutex<WriterInbox>
  let queue: any WorkQueue
  /// Touched on `queue` only, one drain at a time.
  let state: Mutex<LedgerState?>
  /// Why the writer refuses; nil while it works.
  let failure = Mutex<StoreError?>(nil)

  init(
    _ loaded: LoadedState, store: any LedgerStore, clock: any LedgerClock, board: BalanceBoard,
    calendar: any LedgerCalendar, limits: Limits, machine: any LedgerMachine
  ) {
    precondition(limits.waitingMax > 0 && limits.batchMax > 0 && limits.share > 0)
    self.store = store
    self.clock = clock
    self.board = board
    self.limits = limits
    self.machine = machine
    inbox = Mutex(WriterInbox(machine))
    queue = machine.makeQueue("farebox.ledger.writer", isBackground: false)
    state = Mutex(LedgerState(loaded, isWhole: false, calendar: calendar))
  }

  /// Why the writer refuses commands; nil while it works.
  var stopReason: StoreError? { failure.withLock { $0 } }

  /// Queues a command and waits for its commit. Cancelling the task changes nothing: what was
  /// queued is carried out and answered.
  func submit(_ submission: Submission) async -> Verdict {
    await withUnsafeContinuation { continuation in
      enqueue(WriterInbox.Waiting(submission: submission, caller: .one(continuation)))
    }
  }

  /// The same without waiting: `take` is called once, perhaps before this returns, by whoever ends
  /// the command. It keeps the writer from the next batch, so it only hands on.
  func submit(_ submission: Submission, _ take: @escaping @Sendable (Verdict) -> Void) {
    enqueue(WriterInbox.Waiting(submission: submission, caller: .later(take)))
  }

  /// Queues commands one after the other and waits for the commits of all. As for one.
  func submit(_ submissions: [Submission]) async -> [Verdict] {
    guard !submissions.isEmpty else { return [] }
    return await withCheckedContinuation { continuation in
      let gathering = Gathering(count: submissions.count, continuation)
      for (place, submission) in submissions.enumerated() {
        enqueue(
          WriterInbox.Waiting(submission: submission, caller: .many(gathering, place: place)))
      }
    }
  }

  /// Loads an account into memory; nil when it does not exist.
  func load(_ account: AccountID) async throws(Refusal) -> AccountSnapshot? {
    let result = await withCheckedContinuation { continuation in
      let reader = WriterInbox.Reader(account: account) { continuation.resume(returning: $0) }
      switch inbox.withLock({ $0.add(reader, max: limits.waitingMax) }) {
      case .drain: queue.run { self.drain() }
      case .wait: break
      case .refuse(let refusal): reader.resume(.failure(refusal))
      }
    }
    return try result.get()
  }

  /// Unpacks an account that is asked about often, when there is time for it.
  func unpack(_ account: AccountID) {
    let reader = WriterInbox.Reader(account: account) { _ in }
    // Without it the account costs each question a little more: refused, it is forgotten.
    guard case .drain = inbox.withLock({ $0.add(reader, max: limits.waitingMax) }) else { return }
    queue.run { self.drain() }
  }

  /// Looks at accounts for which something came due and writes it down; returns how many. 0 also
  /// while nothing is accepted.
  func sweep() async -> Int {
    await withCheckedContinuation { continuation in
      switch inbox.withLock({ $0.add(continuation) }) {
      case .drain: queue.run { self.drain() }
      case .wait: break
      case .refuse: continuation.resume(returning: 0)
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

  private func enqueue(_ waiting: WriterInbox.Waiting) {
    var late: [WriterInbox.Waiting] = []
    let action = inbox.withLock {
      $0.add(waiting, max: limits.waitingMax, batchMax: limits.share, late: &late)
    }
    for waiting in late { waiting.resume(.refused(.deadlinePassed)) }
    switch action {
    case .drain: queue.run { self.drain() }
    case .wait: break
    case .refuse(let refusal): waiting.resume(.refused(refusal))
    }
  }

  /// Works until nothing waits.
  func drain() {
    while var work = nextWork() {
      if let deadline = work.firstDeadline { refuseLate(&work.batch, notBefore: deadline) }
      if work.isEmpty { continue }
      let begin = machine.instant
      guard carryOut(work) else { return }
      if work.batch.isEmpty { continue }
      let taken = begin.duration(to: machine.instant)
      inbox.withLock { $0.pace.took(taken) }
    }
  }

  /// Refuses those whose callers gave up while they waited, or will before the batch is done: the
  /// work is for those who still wait. Nobody gives up before `deadline`.
  private func refuseLate(
    _ batch: inout [WriterInbox.Waiting], notBefore deadline: ContinuousClock.Instant
  ) {
    let now = machine.instant
    let done = now + inbox.withLock { $0.pace.batch }
    guard !batch.isEmpty, deadline <= done else { return }
    var inTime: [WriterInbox.Waiting] = []
    inTime.reserveCapacity(batch.count)
    for waiting in batch {
      if !waiting.isLate(at: done) {
        inTime.append(waiting)
      } else {
        waiting.resume(.refused(waiting.isLate(at: now) ? .deadlinePassed : .ledgerOverloaded))
      }
    }
    if inTime.isEmpty { inbox.withLock { $0.pace.doubt() } }
    batch = inTime
  }

  private func nextWork() -> WriterWork? {
    var closing: CheckedContinuation<Void, Never>?
    let work = inbox.withLock { inbox -> WriterWork? in
      if let work = inbox.take(limits.share) { return work }
      closing = inbox.closing
      inbox.closing = nil
      inbox.phase = closing == nil ? .idle : .stopped
      return nil
    }
    closing?.resume()
    return work
  }
}
