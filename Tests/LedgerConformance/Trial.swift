import Ledger

/// A list of commands on its way: a ledger and the model side by side, and what is compared.
///
/// After every step: the same answer, balances, budgets; the invariants for what the step touched.
struct Trial {
  static let owners = ["alice", "bob", "carol"]

  /// What was sent under a key, and what was answered.
  struct Sent {
    let attempt: Attempt
    let command: Command
    let answer: String
    let seq: Int64
    let time: LedgerTime
  }

  private let open: () throws -> any LedgerStore
  private var store: FaultyStore
  private(set) var ledger: CreditLedger
  let clock = TestClock()
  var model = ReferenceModel()
  private(set) var auditor = JournalAuditor()
  var names = Names()
  private(set) var sent: [Int64: Sent] = [:]
  private(set) var ledgerTime = LedgerTime.distantPast
  private var usedKeys: Set<String> = []
  /// What the balances were when, for questions about the past.
  private(set) var past: [(time: LedgerTime, balances: [[Int64]])] = []
  private var counted: [Int: Int64] = [:]
  /// Changes what the ledger is sent, to see that the comparison notices.
  var tamper: @Sendable (Command) -> Command = { $0 }

  /// Starts on the empty store that `open` opens; a restart opens it again.
  init(open: @escaping () throws -> any LedgerStore) throws {
    self.open = open
    store = FaultyStore(try open())
    ledger = try Self.ledger(on: store, clock)
  }

  private static func ledger(on store: FaultyStore, _ clock: TestClock) throws -> CreditLedger {
    // A short queue, so that it can overflow.
    try CreditLedger(
      store: store, clock: clock,
      configuration: CreditLedger.Configuration(
        waitingCommandsMax: 20, commandsPerCommitMax: 16, recoveryPause: .zero))
  }

  /// The instant of the ledger's next entry, if it writes one now.
  var time: LedgerTime { max(clock.now(), ledgerTime) }

  mutating func run(_ step: Step) async throws {
    model.coverage.note(step: step.action.name)
    switch step.action {
    case .clock(let micros): clock.advance(.microseconds(micros))
    case .command(let command): try await carryOut(command, step.number)
    case .twice(let command): try await carryOutTwice(command, step.number)
    case .unlawful(let command): try await sendInVain(command, step.number, isLate: false)
    case .late(let command): try await sendInVain(command, step.number, isLate: true)
    case .batch(let charges): try await carryOut(charges, step.number)
    case .fill(let command, let count):
      for number in 0..<count {
        // The first has the step's name, the others names of their own.
        let name = number == 0 ? step.number : -step.number * 10_000 - Int64(number)
        try await carryOut(command, name, fill: number)
      }
    case .retry(let name): try await retry(name)
    case .otherBody(let name): try await reuseKey(name)
    case .overload(let name): try await overload(name)
    case .check(let account, let charge, let session): try await check(account, charge, session)
    case .sweep: await sweep()
    case .verify: try await verify()
    case .restart: try await restart()
    case .crash(let command, let isKept): try await crash(command, step.number, isKept: isKept)
    }
    guard step.action.mayWrite else { return }
    try await audit()
    try await compareBalances()
    try compareAlerts(isWhole: false)
  }

  /// Ends the list: everything is looked at once more.
  mutating func finish() async throws {
    clock.set(time)
    await ledger.sweep()
    model.run(to: clock.now().microseconds)
    try await audit()
    try compareAlerts(isWhole: true)
    try auditor.checkAll()
    try await verify()
    try await forget()
    try await ledger.shutDown()
  }

  /// Long afterwards the first answer is told no more.
  private mutating func forget() async throws {
    guard let first = sent.keys.min() else { return }
    clock.advance(LedgerLimits.answerLife)
    try await retry(first)
  }

  // MARK: Commands

  private mutating func attempt(_ step: Int64, _ kind: Command.Kind, fill: Int? = nil) -> Attempt {
    // Neighbours share keys, across principals and kinds of command: scopes keep them apart.
    let principal = "p\(step / 10 % 3)"
    var key = fill.map { "fill-\(step)-\($0)" } ?? "k-\(step / 60)"
    if !usedKeys.insert("\(principal) \(kind) \(key)").inserted { key = "only-\(step)" }
    return Attempt(principal: principal, key: key)
  }

  /// Lets the model do it first; the ledger must answer the same.
  private mutating func carryOut(_ command: Command, _ step: Int64, fill: Int? = nil) async throws {
    let real = try await prepare(command)
    let expected = model.carryOut(command, step: step)
    let attempt = attempt(step, command.kind, fill: fill)
    let sent = tamper(real)
    let outcome = Told(await ledger.submit(sent, by: attempt))
    try take(outcome, sent, attempt, step, expected: expected)
    if fill == nil { try compareAnswerBalance(outcome) }
  }

  /// Brings the model to the command's instant and translates the names.
  private mutating func prepare(_ command: Command) async throws -> Command {
    model.run(to: time.microseconds)
    if case .refundUsage(let refund) = command, names.usage[refund.usage.seq] == nil,
      model.billNumbers[refund.usage.seq] != nil
    {
      // A charge that time made: it has no id before it is written down.
      await sweep()
      try await audit()
    }
    ledgerTime = time
    return names.resolve(command)
  }

  private mutating func take(
    _ outcome: Told, _ command: Command, _ attempt: Attempt,
    _ step: Int64, expected: String
  ) throws {
    let found = render(outcome, step)
    model.coverage.note(command.kind, outcome)
    model.coverage.noteCommand()
    guard found == expected else {
      throw Breach("\(command)\n  expected \(expected)\n  found    \(found)")
    }
    sent[step] = Sent(
      attempt: attempt, command: command, answer: found, seq: outcome.seq ?? 0,
      time: ledgerTime)
  }

  private mutating func carryOutTwice(_ command: Command, _ step: Int64) async throws {
    let real = try await prepare(command)
    let expected = model.carryOut(command, step: step)
    let attempt = attempt(step, command.kind)
    let ledger = ledger
    async let first = ledger.submit(real, by: attempt)
    async let second = ledger.submit(real, by: attempt)
    let outcomes = [Told(await first), Told(await second)]
    let fresh = outcomes.firstIndex { !$0.isReplayed } ?? 0
    try take(outcomes[fresh], real, attempt, step, expected: expected)
    try requireReplay(outcomes[1 - fresh], step)
  }

  private mutating func carryOut(_ charges: [DeductCredits], _ step: Int64) async throws {
    model.run(to: time.microseconds)
    ledgerTime = time
    var items: [(command: DeductCredits, attempt: Attempt)] = []
    for (offset, charge) in charges.enumerated() {
      items.append((charge, attempt(step + Int64(offset), .recordUsage, fill: offset)))
    }
    let outcomes = await ledger.recordUsage(items)
    for (offset, outcome) in outcomes.enumerated() {
      let name = step + Int64(offset)
      let command = Command.recordUsage(charges[offset])
      let expected = model.carryOut(command, step: name)
      try take(Told(outcome), command, items[offset].attempt, name, expected: expected)
    }
  }

  /// Sends what must be refused at the door, and leaves no trace.
  private mutating func sendInVain(_ command: Command, _ step: Int64, isLate: Bool) async throws {
    let seq = ledger.committedSeq
    let attempt = Attempt(
      principal: "p", key: "vain-\(step)", deadline: isLate ? .now - .seconds(1) : nil)
    let outcome = Told(await ledger.submit(names.resolve(command), by: attempt))
    model.coverage.note(command.kind, outcome)
    let expected: RefusalKind = isLate ? .deadlinePassed : .invalidArgument
    guard outcome.isRefused(as: expected) else {
      throw Breach("\(command) was not refused as \(expected): \(render(outcome, nil))")
    }
    guard ledger.committedSeq == seq else { throw Breach("\(command), refused, left a trace") }
  }

  // MARK: Keys

  private mutating func retry(_ name: Int64) async throws {
    guard let past = sent[name] else { return }
    let isKept = isKept(past)
    let outcome = Told(await ledger.submit(past.command, by: past.attempt))
    if isKept { return try requireReplay(outcome, name) }
    model.coverage.note(past.command.kind, outcome)
    guard outcome.isRefused(as: .answerNotKept) else {
      throw Breach("an answer of long ago was told: \(render(outcome, nil))")
    }
  }

  /// Whether the first answer is told again.
  private func isKept(_ past: Sent) -> Bool {
    ledger.now < past.time.adding(LedgerLimits.answerLife)
  }

  private mutating func requireReplay(
    _ outcome: Told, _ name: Int64
  ) throws {
    guard let past = sent[name] else { throw Breach("a replay of nothing") }
    let found = render(outcome, nil)
    guard found == past.answer, outcome.seq ?? 0 == past.seq else {
      throw Breach(
        "I6: a replay said \(found) at \(outcome.seq ?? 0)\n  the first answer was \(past.answer) "
          + "at \(past.seq)")
    }
    if outcome.seq != nil, !outcome.isReplayed {
      throw Breach("I6: a replayed answer does not say so")
    }
  }

  private mutating func reuseKey(_ name: Int64) async throws {
    guard let past = sent[name], let other = past.command.withOtherBody else { return }
    let outcome = Told(await ledger.submit(other, by: past.attempt))
    model.coverage.note(other.kind, outcome)
    guard outcome.isRefused(as: .idempotencyMismatch) else {
      throw Breach("I6: another command with a used key was answered \(render(outcome, nil))")
    }
  }

  /// Holds the writer up, lets the queue fill with retries of one command, and one more.
  private mutating func overload(_ name: Int64) async throws {
    guard let past = sent[name], isKept(past) else { return }
    let (ledger, store) = (ledger, store)
    store.closeGate()
    let outcomes = await withTaskGroup(of: Told.self) { group in
      group.addTask { Told(await ledger.submit(past.command, by: past.attempt)) }
      while !store.isObstructed { await Task.yield() }
      for _ in 0..<21 {
        group.addTask { Told(await ledger.submit(past.command, by: past.attempt)) }
      }
      var outcomes: [Told] = []
      for await outcome in group {
        // Nobody is answered before the gate opens, but who does not find a place.
        if outcomes.isEmpty { store.openGate() }
        outcomes.append(outcome)
      }
      return outcomes
    }
    model.coverage.note(past.command.kind, outcomes[0])
    guard outcomes[0].isRefused(as: .ledgerOverloaded) else {
      throw Breach("a full queue answered \(render(outcomes[0], nil))")
    }
    for outcome in outcomes.dropFirst() { try requireReplay(outcome, name) }
  }

  // MARK: The ledger's life

  private mutating func sweep() async {
    let seq = ledger.committedSeq
    await ledger.sweep()
    // A sweep that found nothing to write leaves the journal's time where it was.
    guard ledger.committedSeq > seq else { return }
    ledgerTime = time
    model.run(to: time.microseconds)
  }

  private mutating func restart() async throws {
    let before = try await balances()
    try await ledger.shutDown()
    let closed = Told(
      await ledger.submit(
        .putPrice(PutPrice(model: "tiny", rates: PriceRates())),
        by: Attempt(principal: "p", key: "after the end")))
    model.coverage.note(.putPrice, closed)
    guard closed.isRefused(as: .ledgerStopped) else {
      throw Breach("a ledger that was shut down answered \(render(closed, nil))")
    }
    try reopen()
    let after = try await balances()
    guard before == after else {
      throw Breach("I13: the balances were \(before) before a restart, then \(after)")
    }
  }

  private func balances() async throws -> [Balance] {
    var balances: [Balance] = []
    for owner in Self.owners {
      balances.append(try await ledger.balance(of: AccountID(owner)).balance)
    }
    return balances
  }

  private mutating func reopen() throws {
    store = FaultyStore(try open())
    ledger = try Self.ledger(on: store, clock)
  }

  /// The commit of a command fails; after a restart the same key tells what became of it.
  private mutating func crash(_ command: Command, _ step: Int64, isKept: Bool) async throws {
    let real = try await prepare(command)
    let expected = model.carryOut(command, step: step)
    let attempt = attempt(step, command.kind)
    let faults: [(FaultyStore.Fault, RefusalKind)] = [
      (.full, .storageFull), (.fails, .storageFailed),
    ]
    for (fault, refusal) in faults {
      // Nothing happens then, and the ledger goes on by itself.
      store.failNext(fault)
      let refused = Told(await ledger.submit(real, by: attempt))
      model.coverage.note(command.kind, refused)
      guard refused.isRefused(as: refusal) else {
        throw Breach("a store that failed was answered \(render(refused, nil))")
      }
    }
    store.failNext(isKept ? .kept : .lost)
    let outcome = Told(await ledger.submit(real, by: attempt))
    model.coverage.note(command.kind, outcome)
    guard outcome.isRefused(as: .outcomeUnknown) else {
      throw Breach("a failed commit was answered \(render(outcome, nil))")
    }
    try await ledger.shutDown()
    try reopen()
    let again = Told(await ledger.submit(real, by: attempt))
    guard again.seq == nil || again.isReplayed == isKept else {
      throw Breach("I6: a commit that was \(isKept ? "kept" : "lost") was answered otherwise")
    }
    try take(again, real, attempt, step, expected: expected)
    try requireReplay(Told(await ledger.submit(real, by: attempt)), step)
  }

  // MARK: Comparison

  private mutating func check(
    _ account: AccountID, _ charge: Charge, _ session: String
  ) async throws {
    let asked = await ledger.check(account, for: charge, sessionID: session)
    guard case .success(let reply) = asked else {
      throw Breach("a lawful credit question was refused")
    }
    // The ledger may not have written down yet what time brought about.
    var present = model
    present.run(to: time.microseconds)
    let expected = present.check(account.name, charge, session)
    let answer = reply.answer
    let found =
      "\(answer.decision), \(answer.availableMicros) free, \(answer.shortfallMicros) missing"
    model.coverage.note(check: answer.decision)
    guard found == expected else {
      throw Breach(
        "check of \(account) for \(charge)\n  expected \(expected)\n  found    \(found)")
    }
  }

  /// The journal's new entries, by their legs, against the live state of whom they touched.
  private mutating func audit() async throws {
    let entries = try auditor.catchUp(with: store)
    var touched: Set<AccountID> = []
    for entry in entries {
      model.coverage.note(change: entry.change.kind)
      if let account = entry.account { touched.insert(account) }
      names.note(entry)
    }
    for account in touched {
      let balance = try await ledger.balance(of: account).balance
      let live = [balance.availableMicros, balance.heldMicros, balance.debtMicros]
      let written = auditor.balance(of: account, at: ledgerTime)
      guard ledger.now > ledgerTime || live == written else {
        throw Breach("I13: \(account) has \(live), by the journal \(written)")
      }
    }
  }

  private mutating func compareBalances() async throws {
    guard time.microseconds == model.now else { return }
    var all: [[Int64]] = []
    for owner in Self.owners {
      let balance = try await ledger.balance(of: AccountID(owner)).balance
      let found = [balance.availableMicros, balance.heldMicros, balance.debtMicros]
      let expected = model.balance(owner)
      guard found == expected else {
        throw Breach("balance of \(owner): expected \(expected), found \(found)")
      }
      all.append(expected)
    }
    if past.last?.time == ledgerTime { past.removeLast() }
    past.append((ledgerTime, all))
    try await compareBudgets()
  }

  private mutating func compareBudgets() async throws {
    var expected: [Int: (used: Int64, held: Int64)] = [:]
    for (number, limit) in model.limits.enumerated() where limit.mode != .off {
      let (used, held) = model.counted(limit)
      expected[number] = (used, held)
      // I12, as far as the limit was not lowered below what counted already.
      let before = counted.updateValue(used + held, forKey: number)
      if limit.mode == .enforce, used + held > max(limit.amount, before ?? used + held) {
        throw Breach("I12: budget \(number) of \(limit.amount) counts \(used) and \(held)")
      }
    }
    for owner in Self.owners where model.limits.contains(where: { $0.owner == owner }) {
      let statuses = try await ledger.budgets(of: AccountID(owner)).budgets
      for status in statuses {
        guard let number = names.budgetNumber(status.terms.id, model),
          let (used, held) = expected[number], status.usedMicros == used, status.heldMicros == held
        else { throw Breach("budget \(status): the model has \(expected)") }
      }
    }
  }

  private func compareAnswerBalance(_ outcome: Told) throws {
    guard case .success(let answer) = outcome.outcome, let balance = answer.balance,
      let owner = answer.account(names, model)
    else { return }
    let found = [balance.availableMicros, balance.heldMicros, balance.debtMicros]
    guard found == model.balance(owner) else {
      throw Breach("the answer's balance is \(found), expected \(model.balance(owner))")
    }
  }
}
