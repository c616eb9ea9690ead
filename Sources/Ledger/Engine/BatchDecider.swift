/// One command on its way through a batch. Large, handed on often and never changed: an object.
final class Submission: Sendable {
  let command: Command
  let principal: String
  let key: Digest
  /// The command's stored form and its hash.
  let storedBody: [UInt8]
  let body: Digest
  let deadline: ContinuousClock.Instant?

  convenience init(_ command: Command, by attempt: Attempt) {
    self.init(
      command, principal: attempt.principal, key: attempt.keyDigest(for: command.kind),
      storedBody: command.storedBody, deadline: attempt.deadline)
  }

  init(
    _ command: Command, principal: String, key: Digest, storedBody: [UInt8],
    deadline: ContinuousClock.Instant? = nil
  ) {
    self.command = command
    self.principal = principal
    self.key = key
    self.storedBody = storedBody
    self.deadline = deadline
    body = Digest(hashing: storedBody)
  }
}

/// What a submission is answered with, once its batch is committed.
struct Verdict: Sendable {
  let outcome: CommandOutcome
  /// The last entry of the command.
  let seq: Int64
  let isReplayed: Bool
}

/// Decides the commands of one batch in order. All is loaded: nothing here waits or reads a clock.
struct BatchDecider {
  private(set) var state: LedgerState
  private(set) var entries: [SealedEntry] = []
  private(set) var rows: [LedgerRow] = []
  /// The accounts that changed, in the order in which they did.
  private(set) var touched: [AccountID] = []
  private var isTouched: Set<AccountID> = []
  private(set) var pricesChanged = false
  /// Accounts that may be new.
  private var created: [AccountID] = []

  private let start: JournalHead
  private let time: LedgerTime
  private var replies: [Digest: StoredReply]
  private var endedHolds: [HoldID: Hold]
  /// Allocations and charges that commands of the batch name, as they were before it.
  private let loadedAllocations: [AllocationID: Allocation]
  private let loadedUsage: [UsageID: UsageRecord]

  /// Starts a batch at `time`, which must not lie before the journal's end.
  init(_ state: consuming LedgerState, prefetched: LoadedState, at time: LedgerTime) {
    precondition(time >= state.head.time, "journal time would fall")
    start = state.head
    self.state = state
    self.state.beginBatch()
    self.time = time
    replies = prefetched.replies
    // The open ones are in their accounts.
    endedHolds = prefetched.holds.filter { $0.value.state != .open }
    loadedAllocations = prefetched.allocations
    loadedUsage = prefetched.usage
  }

  /// What is to be committed; nil when every command was a replay.
  var commit: CommitBatch? {
    guard !entries.isEmpty || !rows.isEmpty else { return nil }
    return CommitBatch(previous: start, head: state.head, entries: entries, rows: rows)
  }

  /// Decides one command.
  mutating func decide(_ submission: Submission) throws(CorruptionError) -> Verdict {
    if let reply = replies[submission.key] {
      guard reply.body == submission.body else {
        return Verdict(outcome: .failure(.idempotencyMismatch), seq: reply.seq, isReplayed: false)
      }
      guard time < reply.answeredAt.adding(LedgerLimits.answerLife) else {
        return Verdict(outcome: .failure(.answerNotKept), seq: reply.seq, isReplayed: false)
      }
      let outcome = try CommandOutcome(storedOutcome: reply.outcome)
      return Verdict(outcome: outcome, seq: reply.seq, isReplayed: true)
    }
    let decided = carryOut(submission)
    return Verdict(outcome: decided, seq: state.head.seq, isReplayed: false)
  }

  /// Writes down what came due for accounts, each of which is in memory.
  mutating func sweep(_ ids: [AccountID]) {
    for id in ids {
      guard let draft = state.draft(id, at: time) else { continue }
      noteEndedHolds(draft)
      rows.append(contentsOf: draft.rows)
      if let due = state.finish(draft, isSwept: true) { rows.append(due) }
      // Also without changes: it is not to be swept again for the same.
      touch(id)
      guard !draft.changes.isEmpty else { continue }
      append(draft.changes, dueCount: draft.changes.count, account: id, nil)
    }
  }

  /// Notes that the accounts which are new were used; the others were brought in for it.
  mutating func useCreated() {
    for id in created { state.use(id) }
  }

  private mutating func touch(_ id: AccountID) {
    if isTouched.insert(id).inserted { touched.append(id) }
  }

  private mutating func carryOut(_ submission: Submission) -> CommandOutcome {
    switch submission.command {
    case .putPrice(let command):
      return put(command, submission)
    case .allocateCredits(let command):
      var draft = anyDraft(command.account)
      let outcome = command.decide(on: &draft, by: submission.principal)
      return conclude(draft, outcome, submission)
    case .setBudget(let command):
      var draft = anyDraft(command.account)
      let outcome = command.decide(on: &draft)
      return conclude(draft, outcome, submission)
    case .setBalanceAlerts(let command):
      var draft = anyDraft(command.account)
      let outcome = command.decide(on: &draft)
      return conclude(draft, outcome, submission)
    case .setAccountState(let command):
      var draft = anyDraft(command.account)
      let outcome = command.decide(on: &draft)
      return conclude(draft, outcome, submission)
    case .deductCredits(let command), .recordUsage(let command):
      var draft = state.draft(command.account, at: time)
      let outcome = command.decide(on: &draft, prices: state.prices, at: time)
      return conclude(draft, outcome, submission)
    case .adjustAllocation(let command):
      var draft = ownersDraft(command.allocation)
      let outcome = command.decide(on: &draft)
      return conclude(draft, outcome, submission)
    case .voidAllocation(let command):
      var draft = ownersDraft(command.allocation)
      let outcome = command.decide(on: &draft)
      return conclude(draft, outcome, submission)
    case .refundUsage(let command):
      let record = usage(command.usage)
      var draft = record.flatMap { state.draft($0.account, at: time) }
      let known = record.map { allocations(of: $0.pins, in: draft) } ?? [:]
      let outcome = command.decide(
        on: &draft, record: record, known: known, by: submission.principal)
      return conclude(draft, outcome, submission)
    case .openHold(let command):
      var draft = state.draft(command.account, at: time)
      let outcome = command.decide(
        on: &draft, prices: state.prices, outputs: state.outputs, at: time)
      return conclude(draft, outcome, submission)
    case .settleHold(let command):
      var draft = holdersDraft(command.hold)
      let hold = hold(command.hold, in: draft)
      let outcome = command.decide(on: &draft, hold: hold, at: time)
      if case .success = outcome, hold?.state == .expired {
        endedHolds[command.hold]?.isLateSettled = true
      }
      return conclude(draft, outcome, submission)
    case .extendHold(let command):
      var draft = holdersDraft(command.hold)
      let hold = hold(command.hold, in: draft)
      let outcome = command.decide(on: &draft, hold: hold, outputs: state.outputs)
      return conclude(draft, outcome, submission)
    case .forceRelease(let command):
      var draft = holdersDraft(command.hold)
      let hold = hold(command.hold, in: draft)
      let outcome = command.decide(on: &draft, hold: hold)
      return conclude(draft, outcome, submission)
    case .releaseHold(let command):
      var draft = holdersDraft(command.hold)
      let hold = hold(command.hold, in: draft)
      let outcome = command.decide(on: &draft, hold: hold)
      return conclude(draft, outcome, submission)
    }
  }

  private mutating func put(_ command: PutPrice, _ submission: Submission) -> CommandOutcome {
    let price = PriceVersion(
      version: state.head.seq + 1, model: command.model,
      effectiveFrom: command.effectiveFrom ?? time, rates: command.rates)
    state.put(price)
    pricesChanged = true
    rows.append(.price(price))
    let outcome = CommandOutcome.success(.pricePut(PutPriceAnswer(price: price)))
    append([.pricePut(price)], account: nil, (submission, outcome))
    return outcome
  }

  /// An account, new where it does not exist.
  private mutating func anyDraft(_ id: AccountID) -> Draft {
    if let draft = state.draft(id, at: time) { return draft }
    created.append(id)
    return state.newDraft(id, at: time)
  }

  /// The account of a hold, open or ended.
  private mutating func holdersDraft(_ id: HoldID) -> Draft? {
    guard let owner = state.owner(ofOpenHold: id) ?? endedHolds[id]?.terms.account else {
      return nil
    }
    return state.draft(owner, at: time)
  }

  /// The hold as it stands in the draft: the draft may have just written down its expiry.
  private mutating func hold(_ id: HoldID, in draft: Draft?) -> Hold? {
    guard let draft else { return nil }
    if let open = draft.account.holds[id] { return open }
    noteEndedHolds(draft)
    return endedHolds[id]
  }

  /// The account of an allocation, spent or not.
  private mutating func ownersDraft(_ id: AllocationID) -> Draft? {
    var owner = loadedAllocations[id]?.terms.account
    // Granted earlier in this batch.
    for case .allocation(let allocation) in rows where allocation.id == id {
      owner = allocation.terms.account
    }
    return owner.flatMap { state.draft($0, at: time) }
  }

  /// A charge as it stands: as it was loaded, or as the batch made or refunded it since.
  private func usage(_ id: UsageID) -> UsageRecord? {
    var usage = loadedUsage[id]
    for row in rows {
      switch row {
      case .usage(let record) where record.id == id: usage = record
      case .refunded(id, let total): usage?.refundedMicros = total
      default: break
      }
    }
    return usage
  }

  /// The allocations behind pins as they stand: in the account, or where they left it.
  private func allocations(of pins: [Pin], in draft: Draft?) -> [AllocationID: Allocation] {
    let wanted = Set(pins.map(\.allocation))
    var found = loadedAllocations.filter { wanted.contains($0.key) }
    for case .allocation(let allocation) in rows + (draft?.rows ?? [])
    where wanted.contains(allocation.id) {
      found[allocation.id] = allocation
    }
    for allocation in draft?.account.allocations ?? [] where wanted.contains(allocation.id) {
      found[allocation.id] = allocation
    }
    return found
  }

  private mutating func noteEndedHolds(_ draft: Draft) {
    for row in draft.rows {
      guard case .hold(let hold) = row, hold.state != .open else { continue }
      if endedHolds[hold.id] == nil { endedHolds[hold.id] = hold }
    }
  }

  /// Turns what was decided into journal entries and puts the account back.
  private mutating func conclude(
    _ decided: consuming Draft?, _ outcome: CommandOutcome, _ submission: Submission
  ) -> CommandOutcome {
    var draft = decided
    if case .success = outcome, draft?.account.alerts != nil { draft?.judgeAlerts(at: time) }
    var changes = draft?.changes ?? []
    if case .failure = outcome { changes.append(.refused(submission.command.kind)) }
    if let draft {
      noteEndedHolds(draft)
      rows.append(contentsOf: draft.rows)
      let due = state.finish(draft)
      if let due { rows.append(due) }
      if !draft.changes.isEmpty || due != nil { touch(draft.account.id) }
    }
    append(
      changes, dueCount: draft?.dueChangeCount ?? 0, account: draft?.account.id,
      (submission, outcome))
    return outcome
  }

  private mutating func append(
    _ changes: [Change], dueCount: Int = 0, account: AccountID?,
    _ cause: (submission: Submission, outcome: CommandOutcome)?
  ) {
    precondition(!changes.isEmpty, "a command that leaves no trace")
    let lastSeq = state.head.seq + Int64(changes.count)
    let reply = cause.map { cause in
      StoredReply(
        key: cause.submission.key, body: cause.submission.body,
        outcome: cause.outcome.storedBytes, seq: lastSeq, command: cause.submission.storedBody,
        entryCount: changes.count)
    }
    let principal = cause?.submission.principal ?? JournalEntry.systemActor
    var hash = state.head.hash
    for (offset, change) in changes.enumerated() {
      let seq = state.head.seq + 1 + Int64(offset)
      let entry = JournalEntry(
        seq: seq, time: time, account: account,
        actor: offset < dueCount ? JournalEntry.systemActor : principal,
        change: change, reply: seq == lastSeq ? reply : nil)
      let sealed = SealedEntry(entry, after: hash)
      hash = sealed.hash
      entries.append(sealed)
    }
    if let reply = entries.last?.entry.reply, cause != nil {
      rows.append(.key(reply.key, seq: lastSeq))
      replies[reply.key] = reply
    }
    state.advance(to: JournalHead(seq: lastSeq, time: time, hash: hash))
  }
}
