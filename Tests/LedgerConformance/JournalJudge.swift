import Ledger

/// Judges a ledger by its journal alone: the model carries out what the journal says was asked, in
/// the journal's order and at its times, and every answer written there must be the model's.
///
/// What answers were told to whom, and when, is for the caller to compare with ``reply(to:)``.
public struct JournalJudge {
  /// A command of the journal, with what it was answered.
  public struct Reply: Sendable {
    public let command: Command
    public let outcome: Result<Answer, Refusal>
    /// Its last entry, and when that was written.
    public let seq: Int64
    public let time: LedgerTime
  }

  /// States of the model that are kept for questions about them.
  private static let pastMax = 256

  private(set) var model = ReferenceModel()
  private var auditor = JournalAuditor()
  private(set) var names = Names()
  private var replies: [Digest: Reply] = [:]
  /// The model after each commit.
  private var past: [(seq: Int64, model: ReferenceModel)] = [(0, ReferenceModel())]
  private var lastName: Int64 = 0
  private var unanswered: Int64 = 0

  public init() {}

  /// How often what was reached.
  public var coverage: Coverage { model.coverage }

  /// The last entry that was read.
  public var lastSeq: Int64 { auditor.lastSeq }

  /// What a key was answered, as far as the journal was read; nil when it was never used.
  public func reply(to key: Digest) -> Reply? { replies[key] }

  /// Reads what a commit has added.
  public mutating func read(_ store: any LedgerStore) throws {
    let entries = try auditor.catchUp(with: store)
    for entry in entries { try take(entry) }
    guard let last = entries.last else { return }
    try compareBalances(at: last.time, of: Set(entries.compactMap(\.account)))
    past.append((last.seq, model))
    if past.count > Self.pastMax { past.removeFirst(past.count - Self.pastMax) }
  }

  private mutating func take(_ entry: JournalEntry) throws {
    model.coverage.note(change: entry.change.kind)
    names.note(entry)
    unanswered += 1
    guard let reply = entry.reply else { return }
    let entryCount = Int64(reply.entryCount)
    guard (1...unanswered).contains(entryCount) else {
      throw Breach("I4: entry \(entry.seq) ends a command of \(entryCount) entries")
    }
    unanswered = 0
    lastName += 10
    let (command, outcome) = try reply.decoded()
    model.run(to: entry.time.microseconds)
    let expected = model.carryOut(names.unresolved(command), step: lastName)
    let found = names.render(outcome, lastName, model)
    model.coverage.note(command.kind, Told(outcome))
    guard found == expected else {
      throw Breach(
        "entry \(entry.seq): \(command)\n  expected \(expected)\n  found    \(found)")
    }
    replies[reply.key] = Reply(
      command: command, outcome: outcome, seq: entry.seq, time: entry.time)
    guard case .success(let answer) = outcome, let balance = answer.balance,
      let owner = answer.account(names, model)
    else { return }
    let told = [balance.availableMicros, balance.heldMicros, balance.debtMicros]
    guard told == model.balance(owner) else {
      throw Breach("entry \(entry.seq): \(told) is told, expected \(model.balance(owner))")
    }
  }

  /// The legs of the journal against the model, for whom a commit was about.
  private func compareBalances(at time: LedgerTime, of accounts: Set<AccountID>) throws {
    guard model.now == time.microseconds else { return }
    for account in accounts {
      let written = auditor.balance(of: account, at: time)
      guard written == model.balance(account.name) else {
        throw Breach(
          "I8: by its legs \(account) has \(written), expected \(model.balance(account.name))")
      }
    }
  }

  // MARK: Questions

  /// The decisions that a credit question may have been answered with at `time`, on the state after
  /// one of the entries of `seqs`.
  public func decisions(
    about account: AccountID, _ charge: Charge, session: String, asOf seqs: ClosedRange<Int64>,
    at time: LedgerTime
  ) -> [String] {
    states(seqs).map { state in
      var state = state
      state.run(to: time.microseconds)
      return state.check(account.name, charge, session)
    }
  }

  /// Available, held and owed, as they may have been told. As for decisions.
  public func balances(
    of account: AccountID, asOf seqs: ClosedRange<Int64>, at time: LedgerTime
  ) -> [[Int64]] {
    states(seqs).map { state in
      var state = state
      state.run(to: time.microseconds)
      return state.balance(account.name)
    }
  }

  private func states(_ seqs: ClosedRange<Int64>) -> [ReferenceModel] {
    // The first one is the last before the range.
    let first = past.lastIndex { $0.seq <= seqs.lowerBound } ?? 0
    return past[first...].prefix { $0.seq <= seqs.upperBound }.map(\.model)
  }

  /// The whole once more, when everything that came due by `time` is written down.
  public mutating func finish(at time: LedgerTime, accounts: [AccountID]) throws {
    model.run(to: time.microseconds)
    try auditor.checkAll()
    for account in accounts {
      try names.compareAlerts(of: account.name, model, auditor, isWhole: true)
    }
    try compareBalances(at: time, of: Set(accounts))
  }
}
