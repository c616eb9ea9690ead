/// What waits for the writer, and whether it takes more.
struct WriterInbox {
  /// A command and who waits for its verdict.
  struct Waiting {
    enum Caller {
      /// Not checked, because every command pays for it: a batch answers each of its own once.
      case one(UnsafeContinuation<Verdict, Never>)
      /// Who is called back.
      case later(@Sendable (Verdict) -> Void)
      /// Who gathers the verdicts on several commands, and the command's place among them.
      case many(Gathering, place: Int)
    }

    let submission: Submission
    let caller: Caller

    func resume(_ verdict: Verdict) {
      switch caller {
      case .one(let continuation): continuation.resume(returning: verdict)
      case .later(let take): take(verdict)
      case .many(let gathering, let place): gathering.put(verdict, at: place)
      }
    }

    func isLate(at instant: ContinuousClock.Instant) -> Bool {
      submission.deadline.map { $0 <= instant } ?? false
    }
  }

  /// A question about an account that is not in memory.
  struct Reader {
    let account: AccountID
    let resume: @Sendable (Result<AccountSnapshot?, Refusal>) -> Void
  }

  enum Phase {
    case idle
    case draining
    case stopped
  }

  /// Why nothing is accepted for a while.
  struct Gate {
    let refusal: Refusal
    /// When one more attempt is made; nil while the outcome of a commit is unknown.
    let until: ContinuousClock.Instant?
  }

  /// Whose clock tells who is late, and when a gate opens.
  private let machine: any LedgerMachine
  var phase = Phase.idle { didSet { noteObstacles() } }
  var waiting: [Waiting] = []
  var readers: [Reader] = []
  /// No caller who waits gives up before this instant; a lower bound.
  var firstDeadline: ContinuousClock.Instant?
  /// How fast the writer is.
  var pace = WriterPace()
  /// Who waits for a sweep.
  var sweepers: [CheckedContinuation<Int, Never>] = []
  var closing: CheckedContinuation<Void, Never>? { didSet { noteObstacles() } }
  /// Nil while all is well.
  var gate: Gate? { didSet { noteObstacles() } }
  /// Whether somebody may have to be refused: each newcomer asks.
  private var hasObstacle = false

  init(_ machine: any LedgerMachine) { self.machine = machine }

  /// What is to be done about a newcomer.
  enum OnArrival {
    case drain
    case wait
    case refuse(Refusal)
  }

  /// Why nobody is let in, if so. Opens a gate whose time is over.
  mutating func refusal() -> Refusal? {
    guard hasObstacle else { return nil }
    if phase == .stopped || closing != nil { return .ledgerStopped }
    guard let gate else { return nil }
    if let until = gate.until, until <= machine.instant {
      self.gate = nil
      return nil
    }
    return gate.refusal
  }

  private mutating func noteObstacles() {
    hasObstacle = phase == .stopped || closing != nil || gate != nil
  }

  /// Queues a command, unless there are `max`; `late` are those that made room for it.
  ///
  /// Refused as well when it cannot be done in time behind those who wait, `batchMax` at once. Not
  /// when the writer is idle: it is about to find out.
  mutating func add(
    _ newcomer: Waiting, max: Int, batchMax: Int, late: inout [Waiting]
  ) -> OnArrival {
    if let refusal = refusal() { return .refuse(refusal) }
    if phase == .draining, let deadline = newcomer.submission.deadline {
      let timeLeft = machine.instant.duration(to: deadline)
      if timeLeft <= .zero { return .refuse(.deadlinePassed) }
      guard pace.isWorthQueueing(timeLeft: timeLeft, behind: waiting.count, batchMax: batchMax)
      else { return .refuse(.ledgerOverloaded) }
    }
    if waiting.count >= max { late = shedLate(at: machine.instant) }
    if waiting.count >= max { return .refuse(.ledgerOverloaded) }
    if let deadline = newcomer.submission.deadline {
      firstDeadline = min(firstDeadline ?? deadline, deadline)
    }
    waiting.append(newcomer)
    return arrived()
  }

  /// Queues a question, unless there are `max`. Also while there is no room to write.
  mutating func add(_ newcomer: Reader, max: Int) -> OnArrival {
    if let refusal = refusal(), gate?.until == nil { return .refuse(refusal) }
    if readers.count >= max { return .refuse(.ledgerOverloaded) }
    readers.append(newcomer)
    return arrived()
  }

  /// Queues a sweep.
  mutating func add(_ newcomer: CheckedContinuation<Int, Never>) -> OnArrival {
    if let refusal = refusal() { return .refuse(refusal) }
    sweepers.append(newcomer)
    return arrived()
  }

  private mutating func arrived() -> OnArrival {
    guard phase == .idle else { return .wait }
    phase = .draining
    return .drain
  }

  /// Takes out those whose callers gave up; costs a look at all, but only when there may be some.
  private mutating func shedLate(at instant: ContinuousClock.Instant) -> [Waiting] {
    guard let firstDeadline, firstDeadline <= instant else { return [] }
    let late = waiting.filter { $0.isLate(at: instant) }
    waiting.removeAll { $0.isLate(at: instant) }
    self.firstDeadline = waiting.compactMap(\.submission.deadline).min()
    return late
  }

  /// Takes the next work of each kind, at most `max`; nil when there is none.
  mutating func take(_ max: Int) -> WriterWork? {
    if waiting.count <= max && readers.count <= max {
      let work = takeAll()
      return work.isEmpty ? nil : work
    }
    let work = WriterWork(
      batch: Array(waiting.prefix(max)), readers: Array(readers.prefix(max)), sweepers: sweepers,
      firstDeadline: firstDeadline)
    waiting.removeFirst(work.batch.count)
    readers.removeFirst(work.readers.count)
    sweepers = []
    return work
  }

  /// Takes everything.
  mutating func takeAll() -> WriterWork {
    defer {
      waiting = []
      readers = []
      sweepers = []
      firstDeadline = nil
    }
    return WriterWork(
      batch: waiting, readers: readers, sweepers: sweepers, firstDeadline: firstDeadline)
  }
}

/// What the writer carries out at once.
struct WriterWork {
  var batch: [WriterInbox.Waiting] = []
  var readers: [WriterInbox.Reader] = []
  var sweepers: [CheckedContinuation<Int, Never>] = []
  /// No caller in the batch gives up before this instant; a lower bound, nil when none ever does.
  var firstDeadline: ContinuousClock.Instant?

  var isEmpty: Bool { batch.isEmpty && readers.isEmpty && sweepers.isEmpty }

  /// Answers all with a refusal.
  func refuse(_ refusal: Refusal) {
    for waiting in batch { waiting.resume(.refused(refusal)) }
    for reader in readers { reader.resume(.failure(refusal)) }
    for sweeper in sweepers { sweeper.resume(returning: 0) }
  }
}

extension Verdict {
  /// A refusal that was not journaled.
  static func refused(_ refusal: Refusal) -> Verdict {
    Verdict(outcome: .failure(refusal), seq: 0, isReplayed: false)
  }
}
