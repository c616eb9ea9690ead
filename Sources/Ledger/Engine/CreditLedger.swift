import Synchronization

/// The credit ledger: commands that change it, and questions about its committed state.
///
/// Questions about an account in memory are answered at once on the caller's thread; another is
/// loaded first. Commands are queued, decided in order and committed in batches; a command is
/// answered when it is durable.
///
/// Start it on an open store, and shut it down before the process ends:
/// ```swift
/// let ledger = try CreditLedger(store: store)
/// let receipt = try await ledger.openHold(command, by: attempt).get()
/// try await ledger.shutDown()
/// ```
public final class CreditLedger: Sendable {
  /// Bounds of the ledger's queue and memory.
  public struct Configuration: Sendable {
    /// The most commands that wait to be decided; one more is refused as overloaded.
    public var waitingCommandsMax: Int
    /// The most commands that share a commit.
    public var commandsPerCommitMax: Int

    /// The most accounts in memory, at least 3: the one used longest ago leaves first.
    public var accountsInMemoryMax: Int
    /// How many of them, those used last, are kept ready to be used. The others are packed: each
    /// takes a fraction of the memory, and a little longer when it is used again.
    public var unpackedAccountsMax: Int
    /// How long commands are refused after the storage failed, before it is tried again.
    public var recoveryPause: Duration

    /// 16,384 waiting, 512 per commit, 100,000 accounts in memory, 16,384 of them not packed, 1 s.
    public static let defaults = Configuration()

    public init(
      waitingCommandsMax: Int = 16_384, commandsPerCommitMax: Int = 512,
      accountsInMemoryMax: Int = 100_000, unpackedAccountsMax: Int = 16_384,
      recoveryPause: Duration = .seconds(1)
    ) {
      self.waitingCommandsMax = waitingCommandsMax
      self.commandsPerCommitMax = commandsPerCommitMax
      self.accountsInMemoryMax = accountsInMemoryMax
      self.unpackedAccountsMax = unpackedAccountsMax
      self.recoveryPause = recoveryPause
    }
  }

  let store: any LedgerStore
  private let clock: any LedgerClock
  let board: BalanceBoard
  let calendar: any LedgerCalendar
  private let writer: LedgerWriter
  /// Whether an examination is under way.
  let isVerifying = Atomic(false)
  /// How many copies of the journal are under way.
  let copies = Atomic(0)
  /// Where questions about the past wait for the journal.
  let archive: ReadingRoom
  /// Where the ledger works, and by which clock callers' deadlines are judged.
  package let machine: any LedgerMachine

  /// Starts; accounts are loaded when they are needed. The ledger owns the store from now on.
  public convenience init(
    store: any LedgerStore, clock: any LedgerClock = SystemClock(),
    calendar: any LedgerCalendar = UTCCalendar(), configuration: Configuration = .defaults
  ) throws(StoreError) {
    try self.init(
      store: store, clock: clock, calendar: calendar, configuration: configuration,
      machine: HostMachine())
  }

  /// The same on another machine than the process's own.
  package init(
    store: any LedgerStore, clock: any LedgerClock, calendar: any LedgerCalendar = UTCCalendar(),
    configuration: Configuration = .defaults, machine: any LedgerMachine
  ) throws(StoreError) {
    let loaded = try store.load(LoadRequest(isStart: true))
    self.store = store
    self.clock = clock
    self.calendar = calendar
    self.machine = machine
    archive = ReadingRoom(machine)
    board = BalanceBoard(loaded, calendar: calendar)
    writer = LedgerWriter(
      loaded, store: store, clock: clock, board: board, calendar: calendar,
      limits: LedgerWriter.Limits(
        waitingMax: configuration.waitingCommandsMax,
        batchMax: configuration.commandsPerCommitMax,
        accountsMax: configuration.accountsInMemoryMax,
        unpackedAccountsMax: configuration.unpackedAccountsMax,
        recoveryPause: configuration.recoveryPause), machine: machine)
  }

  /// Why the ledger refuses commands now; nil while it works.
  public var stopReason: StoreError? { writer.stopReason }

  /// How many accounts are in memory.
  public var accountsInMemory: Int { board.count }

  /// The last committed journal entry.
  public var committedSeq: Int64 { board.committedSeq }

  /// The ledger's clock: the wall clock, but never before the last committed entry.
  public var now: LedgerTime { max(clock.now(), board.committedTime) }

  /// Writes down what came due by now: expired grants, holds that ran out, grants that began.
  ///
  /// The next command about an account does the same: only those that nobody touches need it. Goes
  /// on until nothing is due, in steps that let commands get in between; returns how many accounts
  /// it looked at.
  @discardableResult
  public func sweep() async -> Int {
    var swept = 0
    while true {
      let step = await writer.sweep()
      swept += step
      if step == 0 || Task.isCancelled { return swept }
    }
  }

  /// Sweeps again and again until the task is cancelled.
  public func sweepContinuously(every pause: Duration = .seconds(1)) async {
    while !Task.isCancelled {
      await sweep()
      await machine.sleep(for: pause)
    }
  }

  /// Carries out what was accepted, refuses the rest, and closes the store.
  ///
  /// Stop the services first, so that nobody waits for an answer that cannot come.
  public func shutDown() async throws(StoreError) {
    board.watches.end()
    await writer.close()
    await archive.close()
    try store.close()
  }
}

// MARK: - Commands

extension CreditLedger {
  /// Carries out a command, or tells why not. Returns when the outcome is durable.
  ///
  /// Not affected by the cancellation of the task: what was queued is carried out.
  public func submit(_ command: Command, by attempt: Attempt) async
    -> Result<Receipt<Answer>, Refusal>
  {
    if let invalid = invalidField(command, attempt) { return .failure(.invalidArgument(invalid)) }
    let verdict = await writer.submit(Submission(command, by: attempt))
    return verdict.result
  }

  /// Carries out a command, or tells why not: calls `reply` once when the outcome is durable,
  /// without a task that waits for it.
  ///
  /// On a thread of the ledger, which waits meanwhile: `reply` hands the outcome on and returns. Or
  /// before this returns, when there is nothing to wait for.
  package func submit(
    _ command: Command, by attempt: Attempt, reply: @escaping @Sendable (Verdict) -> Void
  ) {
    if let invalid = invalidField(command, attempt) {
      return reply(.refused(.invalidArgument(invalid)))
    }
    writer.submit(Submission(command, by: attempt), reply)
  }

  private func invalidField(_ command: Command, _ attempt: Attempt) -> InvalidField? {
    attempt.invalidField ?? command.invalidField ?? unknownZone(command)
  }

  private func unknownZone(_ command: Command) -> InvalidField? {
    guard case .setBudget(let budget) = command, case .calendar(_, let zone) = budget.window,
      !calendar.knows(zone: zone)
    else { return nil }
    return InvalidField(field: "calendar.zone", reason: "is not a known IANA zone")
  }

  /// Charges a batch, each as a deduction under a key of its own, in order. One result per item.
  ///
  /// Not all or nothing: an item that is refused does not touch the others.
  public func recordUsage(_ items: [(command: DeductCredits, attempt: Attempt)]) async
    -> [Result<Receipt<DeductAnswer>, Refusal>]
  {
    precondition(items.count <= LedgerLimits.recordsMax, "more than a batch")
    let invalid = items.map { $0.attempt.invalidField ?? $0.command.invalidField }
    let lawful = zip(items, invalid).filter { $0.1 == nil }.map(\.0)
    var verdicts = await writer.submit(
      lawful.map { Submission(.recordUsage($0.command), by: $0.attempt) })[...]
    return invalid.map { field in
      if let field { return .failure(.invalidArgument(field)) }
      guard let verdict = verdicts.popFirst() else {
        preconditionFailure("fewer verdicts than commands")
      }
      return verdict.result.map { receipt in
        receipt.map { if case .deducted(let answer) = $0 { answer } else { nil } }
      }
    }
  }
}

// MARK: - Questions

extension CreditLedger {
  /// What an account can spend now. An account that never received credit has a balance of zero.
  ///
  /// Throws when the account cannot be loaded: the ledger is stopped or overloaded, or the storage
  /// failed.
  public func balance(of id: AccountID) async throws(Refusal) -> BalanceAnswer {
    if let answer = balanceAtOnce(of: id) { return answer }
    let seq = board.committedSeq
    guard let snapshot = try await writer.load(id) else {
      return BalanceAnswer(balance: .zero, activeAllocations: [], nextExpiry: nil, asOfSeq: seq)
    }
    return BalanceAnswer(snapshot, at: now, asOfSeq: seq)
  }

  /// What an account can spend now; nil when it is not in memory.
  public func balanceAtOnce(of id: AccountID) -> BalanceAnswer? {
    let seq = board.committedSeq
    let time = now
    return inMemory(id).map { BalanceAnswer($0, at: time, asOfSeq: seq) }
  }

  /// Whether an account could pay for `charge` now. Advisory: the guarantee is a hold.
  ///
  /// Fails with ``Refusal/invalidArgument(_:)``, and when the account cannot be loaded; every other
  /// no is an answer.
  public func check(
    _ id: AccountID, for charge: Charge, sessionID: String = ""
  ) async -> Result<CheckReply, Refusal> {
    if let result = checkAtOnce(id, for: charge, sessionID: sessionID) { return result }
    let seq = board.committedSeq
    do throws(Refusal) {
      let snapshot = try await writer.load(id)
      return .success(answer(charge, sessionID, about: snapshot, asOfSeq: seq))
    } catch {
      return .failure(error)
    }
  }

  /// As ``check(_:for:sessionID:)``, without waiting; nil when the account is not in memory.
  public func checkAtOnce(
    _ id: AccountID, for charge: Charge, sessionID: String = ""
  ) -> Result<CheckReply, Refusal>? {
    if let invalid = checkAccount(id) ?? checkCharge(charge) {
      return .failure(.invalidArgument(invalid))
    }
    let seq = board.committedSeq
    guard let snapshot = inMemory(id) else { return nil }
    return .success(answer(charge, sessionID, about: snapshot, asOfSeq: seq))
  }

  private func answer(
    _ charge: Charge, _ sessionID: String, about snapshot: AccountSnapshot?, asOfSeq seq: Int64
  ) -> CheckReply {
    let answer = CreditQuestion(charge: charge, sessionID: sessionID, time: now)
      .answer(about: snapshot, prices: charge.model == nil ? nil : board.prices)
    return CheckReply(answer: answer, asOfSeq: seq)
  }

  /// The budgets of an account as they stand now, in the order in which they were set. Throws as
  /// ``balance(of:)``.
  public func budgets(
    of id: AccountID
  ) async throws(Refusal) -> (budgets: [BudgetStatus], asOfSeq: Int64) {
    let seq = board.committedSeq
    let snapshot = try await snapshot(of: id)
    let time = now
    return (snapshot?.account(at: time).budgets.map { BudgetStatus($0, at: time) } ?? [], seq)
  }

  /// The committed state of an account; nil when it does not exist.
  func snapshot(of id: AccountID) async throws(Refusal) -> AccountSnapshot? {
    if let snapshot = inMemory(id) { return snapshot }
    return try await writer.load(id)
  }

  /// The committed state of an account in memory; has it unpacked when it is asked about often.
  private func inMemory(_ id: AccountID) -> AccountSnapshot? {
    guard let found = board.find(id) else { return nil }
    if found.isWorthUnpacking { writer.unpack(id) }
    return found.snapshot
  }

  /// Lists price versions, oldest first: those of one model, or of all when it is nil.
  public func prices(of model: String? = nil, afterVersion version: Int64 = 0, limit: Int = 100)
    -> PricePage
  {
    precondition((1...LedgerLimits.pricePageMax).contains(limit), "a page of unlawful size")
    let seq = board.committedSeq
    let matching = board.prices.allVersions
      .filter { $0.version > version && $0.model == model ?? $0.model }
      .sorted { $0.version < $1.version }
    let page = Array(matching.prefix(limit))
    return PricePage(
      prices: page, nextVersion: matching.count > limit ? page.last?.version : nil, asOfSeq: seq)
  }

  /// What tokens cost at `time`, nil meaning now.
  ///
  /// Fails with ``Refusal/invalidArgument(_:)``, ``Refusal/unknownModel`` or
  /// ``Refusal/costOverflow``.
  public func quote(_ usage: TokenUsage, at time: LedgerTime? = nil)
    -> Result<QuoteAnswer, Refusal>
  {
    if let invalid = checkCharge(.usage(usage)) { return .failure(.invalidArgument(invalid)) }
    guard let price = board.prices.price(of: usage.model, at: time ?? now) else {
      return .failure(.unknownModel)
    }
    guard let cost = price.costMicros(of: usage) else { return .failure(.costOverflow) }
    return .success(QuoteAnswer(costMicros: cost, price: price))
  }

  /// Finds a hold, open or ended, as it stands now.
  public func hold(_ id: HoldID) async throws(StoreError) -> Hold? {
    let stored = try await store.hold(id, includingSeq: board.committedSeq)
    return stored?.standing(at: now)
  }

  /// Lists holds in the order in which they were opened, with every one acknowledged before the
  /// call. Picked by the state that was last written down, shown in the one of now.
  public func listHolds(_ query: HoldQuery) async throws(StoreError) -> HoldPage {
    let page = try await store.listHolds(query, includingSeq: board.committedSeq)
    let time = now
    return page.map { $0.standing(at: time) }
  }
}
