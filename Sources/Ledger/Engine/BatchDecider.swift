/// One command on its way through a batch. Large, handed on often and never changed: an object.
final class Submission: Sendable {
  let command: Command
  let principal: String
  let key: Digest
  /// The command's stored form.
  let storedBody: [UInt8]
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
  }
}

/// What a submission is answered with, once its batch is committed.
package struct Verdict: Sendable {
  let outcome: CommandOutcome
  /// The last entry of the command.
  let seq: Int64
  let isReplayed: Bool

  /// The answer with its place in the journal, or why there is none.
  package var result: Result<Receipt<Answer>, Refusal> {
    outcome.map { Receipt(value: $0, asOfSeq: seq, isReplayed: isReplayed) }
  }
}

/// Decides the commands of one batch in order. All is loaded: nothing here waits or reads a clock.
struct BatchDecider {
  private(set) var state: LedgerState
  private(set) var entries: [SealedEntry] = []
  private(set) var rows: [LedgerRow] = []
  /// The accounts that changed, in the order in which they did.
  private(set) var touched: [AccountID] = []
  /// Those of them that were listed without an entry about them, or since there are such.
  private var isTouched: Set<AccountID> = []
  private(set) var pricesChanged = false
  /// Accounts that may be new.
  private var created: [AccountID] = []

  private let start: JournalHead
  private let time: LedgerTime
  /// Answers given before the batch.
  private let replies: [Digest: StoredReply]
  /// Where among ``entries`` the answers are that were given in the batch.
  private var answered: [Digest: Int] = [:]
  private var endedHolds: [HoldID: Hold]
  /// Allocations and charges that commands of the batch name, as they were before it.
  private let loadedAllocations: [AllocationID: Allocation]
  private let loadedUsage: [UsageID: UsageRecord]

  /// The rows that a command usually touches, at most.
  private static let usualRows = 5

  /// Starts a batch of about `count` commands at `time`, which must not lie before the journal's
  /// end.
  init(
    _ state: consuming LedgerState, prefetched: LoadedState, at time: LedgerTime, count: Int = 1
  ) {
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
    entries.reserveCapacity(count)
    rows.reserveCapacity(count * Self.usualRows)
    touched.reserveCapacity(count)
    answered.reserveCapacity(count)
  }

  /// What is to be committed; nil when every command was a replay.
  var commit: CommitBatch? {
    guard !entries.isEmpty || !rows.isEmpty else { return nil }
    return CommitBatch(previous: start, head: state.head, entries: entries, rows: rows)
  }

  /// Decides one command.
  mutating func decide(_ submission: Submission) throws(CorruptionError) -> Verdict {
    if let reply = reply(to: submission.key) {
      guard reply.answers(submission.storedBody) else {
        return Verdict(outcome: .failure(.idempotencyMismatch), seq: reply.seq, isReplayed: false)
      }
      guard time < reply.answeredAt.adding(LedgerLimits.answerLife) else {
        return Verdict(outcome: .failure(.answerNotKept), seq: reply.seq, isReplayed: false)
      }
      let outcome = try reply.outcome.decoded()
      return Verdict(outcome: outcome, seq: reply.seq, isReplayed: true)
    }
    let decided = carryOut(submission)
    return Verdict(outcome: decided, seq: state.head.seq, isReplayed: false)
  }

  /// The answer that was given to a key before, in the batch or before it.
  private func reply(to key: Digest) -> StoredReply? {
    if let place = answered[key] { return entries[place].entry.reply }
    return replies.isEmpty ? nil : replies[key]
  }

  /// Writes down what came due for accounts, each of which is in memory.
  mutating func sweep(_ ids: [AccountID]) {
    for id in ids {
      guard let draft = state.draft(id, at: time, &rows) else { continue }
      noteEndedHolds(draft.touchedRows)
      let seq = draft.seqBefore
      let finished = state.finish(draft, isSwept: true)
      rows = finished.rows
      let changes = finished.changes
      // Also without changes: it is not to be swept again for the same.
      touch(id, from: seq, hasEntry: !changes.isEmpty)
      guard !changes.isEmpty else { continue }
      append(changes, dueCount: changes.count, account: id, nil, nil)
    }
  }

  /// Notes that the accounts which are new were used; the others were brought in for it.
  mutating func useCreated() {
    for id in created { state.use(id) }
  }

  /// Lists an account whose last entry was `seq` before it was touched.
  private mutating func touch(_ id: AccountID, from seq: Int64, hasEntry: Bool) {
    // It is listed when this batch has entries about it: the usual case needs no set.
    guard seq <= start.seq else { return }
    if hasEntry && isTouched.isEmpty {
      touched.append(id)
    } else if isTouched.insert(id).inserted {
      touched.append(id)
    }
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
      var draft = state.draft(command.account, at: time, &rows)
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
      var draft: Draft?
      if let record { draft = state.draft(record.account, at: time, &rows) }
      let known = record.map { allocations(of: $0.pins, in: draft) } ?? [:]
      let outcome = command.decide(
        on: &draft, record: record, known: known, by: submission.principal)
      return conclude(draft, outcome, submission)
    case .openHold(let command):
      var draft = state.draft(command.account, at: time, &rows)
      let outcome = command.decide(
        on: &draft, prices: state.prices, outputs: state.outputs, at: time)
      return conclude(draft, outcome, submission)
    case .settleHold(let command):
      var draft = holdersDraft(command.hold)
      let hold = hold(command.hold, in: draft)
      let outcome = command.decide(on: &draft, hold: hold, at: time)
      if case .success = outcome, let hold, hold.state == .expired {
        endedHolds[command.hold] = hold.settledLate
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
    append([.pricePut(price)], account: nil, submission, outcome)
    return outcome
  }

  /// An account, new where it does not exist.
  private mutating func anyDraft(_ id: AccountID) -> Draft {
    if let draft = state.draft(id, at: time, &rows) { return draft }
    created.append(id)
    return state.newDraft(id, at: time, &rows)
  }

  /// The account of a hold, open or ended.
  private mutating func holdersDraft(_ id: HoldID) -> Draft? {
    guard let owner = state.owner(ofOpenHold: id) ?? endedHolds[id]?.terms.account else {
      return nil
    }
    return state.draft(owner, at: time, &rows)
  }

  /// The hold as it stands in the draft: the draft may have just written down its expiry.
  private mutating func hold(_ id: HoldID, in draft: borrowing Draft?) -> Hold? {
    switch draft {
    case nil: return nil
    case .some(let draft):
      if let open = draft.account.holds[id] { return open }
      noteEndedHolds(draft.touchedRows)
      return endedHolds[id]
    }
  }

  /// The account of an allocation, spent or not.
  private mutating func ownersDraft(_ id: AllocationID) -> Draft? {
    var owner = loadedAllocations[id]?.terms.account
    // Granted earlier in this batch.
    for case .allocation(let allocation) in rows where allocation.id == id {
      owner = allocation.terms.account
    }
    guard let owner else { return nil }
    return state.draft(owner, at: time, &rows)
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
  private func allocations(
    of pins: [Pin], in draft: borrowing Draft?
  ) -> [AllocationID: Allocation] {
    let wanted = Set(pins.map(\.allocation))
    var found = loadedAllocations.filter { wanted.contains($0.key) }
    var live: [Allocation] = []
    var touched = rows
    switch draft {
    case nil: break
    case .some(let draft):
      live = draft.account.allocations
      touched = draft.rows
    }
    for case .allocation(let allocation) in touched where wanted.contains(allocation.id) {
      found[allocation.id] = allocation
    }
    for allocation in live where wanted.contains(allocation.id) {
      found[allocation.id] = allocation
    }
    return found
  }

  private mutating func noteEndedHolds(_ rows: ArraySlice<LedgerRow>) {
    for row in rows {
      guard case .hold(let hold) = row, hold.state != .open else { continue }
      if endedHolds[hold.id] == nil { endedHolds[hold.id] = hold }
    }
  }

  /// Turns what was decided into journal entries and puts the account back.
  private mutating func conclude(
    _ decided: consuming Draft?, _ outcome: CommandOutcome, _ submission: Submission
  ) -> CommandOutcome {
    var changes: [Change] = []
    var dueCount = 0
    var account: AccountID?
    if var draft = decided.take() {
      if case .success = outcome, draft.account.alerts != nil { draft.judgeAlerts(at: time) }
      noteEndedHolds(draft.touchedRows)
      dueCount = draft.dueChangeCount
      let id = draft.account.id
      let seq = draft.seqBefore
      account = id
      let finished = state.finish(draft)
      rows = finished.rows
      changes = finished.changes
      if finished.hasChanged { touch(id, from: seq, hasEntry: !changes.isEmpty) }
    }
    if case .failure = outcome { changes.append(.refused(submission.command.kind)) }
    append(changes, dueCount: dueCount, account: account, submission, outcome)
    state.reuse(&changes)
    return outcome
  }

  /// - Parameter submission: the command that caused the changes; nil when time alone did.
  private mutating func append(
    _ changes: [Change], dueCount: Int = 0, account: AccountID?, _ submission: Submission?,
    _ outcome: CommandOutcome?
  ) {
    precondition(!changes.isEmpty, "a command that leaves no trace")
    let lastSeq = state.head.seq + Int64(changes.count)
    if let key = submission?.key {
      rows.append(.key(key, seq: lastSeq))
      answered[key] = entries.count + changes.count - 1
    }
    let principal = submission?.principal ?? JournalEntry.systemActor
    var seq = state.head.seq
    var hash = state.head.hash
    for (offset, change) in changes.enumerated() {
      seq += 1
      entries.append(
        SealedEntry(
          JournalEntry(
            seq: seq, time: time, account: account,
            actor: offset < dueCount ? JournalEntry.systemActor : principal, change: change,
            reply: seq < lastSeq
              ? nil : Self.reply(to: submission, outcome, seq: seq, entryCount: changes.count)),
          after: hash))
      hash = entries[entries.count - 1].hash
    }
    state.advance(to: JournalHead(seq: lastSeq, time: time, hash: hash))
  }

  /// What a command is answered from when its key comes again.
  private static func reply(
    to submission: Submission?, _ outcome: CommandOutcome?, seq: Int64, entryCount: Int
  ) -> StoredReply? {
    guard let submission, let outcome else { return nil }
    return StoredReply(
      key: submission.key, outcome: .decided(outcome), seq: seq, command: submission.storedBody,
      entryCount: entryCount)
  }
}
