/// One line of the ledger. Entries are never changed or removed.
public struct JournalEntry: Sendable {
  /// Counts from 1 without a gap.
  public let seq: Int64
  /// The ledger's clock, which never falls from one entry to the next.
  public let time: LedgerTime
  /// The account that it is about; nil for prices and for refusals about no known account.
  public let account: AccountID?
  /// The principal who asked, or ``systemActor`` for what time brought about.
  public let actor: String
  public let change: Change
  /// The command's key and outcome, on the last of the entries that the command caused.
  public private(set) var reply: StoredReply?

  /// The actor of what nobody asked for.
  public static let systemActor = "ledger"

  public init(
    seq: Int64, time: LedgerTime, account: AccountID?, actor: String, change: Change,
    reply: consuming StoredReply?
  ) {
    precondition(seq > 0, "journal entries count from 1")
    precondition(change.legSum == 0, "the legs of an entry do not sum to zero")
    self.seq = seq
    self.time = time
    self.account = account
    self.actor = actor
    self.change = change
    self.reply = reply
    self.reply?.answeredAt = time
  }
}

/// What a key was used for and how it was answered.
///
/// Kept for ever, being a part of the journal; told again for ``LedgerLimits/answerLife``.
public struct StoredReply: Sendable {
  /// The hash of principal, kind of command and key.
  public let key: Digest
  /// The hash of the command, in entries of older versions; nil where the command itself is kept.
  public let body: Digest?
  /// What the command came to.
  let outcome: StoredOutcome
  /// The last journal entry of the command.
  public let seq: Int64
  /// The command's stored form; empty in entries of older versions.
  public let command: [UInt8]
  /// How many entries the command caused; 0 in entries of older versions.
  public let entryCount: Int
  /// When it was answered: the time of that entry, not stored apart from it.
  public internal(set) var answeredAt = LedgerTime.distantPast

  init(
    key: Digest, body: Digest? = nil, outcome: StoredOutcome, seq: Int64, command: [UInt8] = [],
    entryCount: Int = 0
  ) {
    precondition((body == nil) != command.isEmpty, "a command or its hash")
    self.key = key
    self.body = body
    self.outcome = outcome
    self.seq = seq
    self.command = command
    self.entryCount = entryCount
  }

  /// Whether it answers `other`, a command's stored form, and not another command under its key.
  func answers(_ other: [UInt8]) -> Bool {
    if let body { return body == Digest(hashing: other) }
    return command == other
  }
}
