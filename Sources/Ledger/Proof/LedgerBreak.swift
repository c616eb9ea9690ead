/// The first place at which a ledger is not what its rules demand.
public struct LedgerBreak: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is broken: a property of the journal itself, or one of the invariants of the contract.
  public enum Rule: String, Sendable, CaseIterable {
    /// The entries count from 1 without a gap.
    case sequence = "SEQUENCE"
    /// Each entry continues the hash chain.
    case hashChain = "HASH_CHAIN"
    /// The ledger's clock never falls.
    case time = "TIME"
    /// An entry can be read, and its columns say what its payload says.
    case form = "FORM"
    /// I1: the parts of a grant are not negative and add up to it.
    case grantParts = "I1"
    /// I2: what is held is what open holds pin.
    case heldEqualsPins = "I2"
    /// I3: debt is neither negative nor above the limit.
    case debtBounds = "I3"
    /// I4: a hold ends exactly once.
    case holdEndsOnce = "I4"
    /// I5: a charge is within what its hold granted, or an over-entry follows.
    case chargeWithinGrant = "I5"
    /// I6: a key takes effect once.
    case keyOnce = "I6"
    /// I7: nothing is taken from a grant outside of its life.
    case grantLife = "I7"
    /// I9, I10: a charge is what its tokens cost at its price.
    case price = "I10"
    /// I11: the refunds of a charge are within it.
    case refundWithinCharge = "I11"
    /// I12: what is charged and held is within every enforced budget.
    case budgetBounds = "I12"
    /// I13: replaying the journal gives the live state.
    case liveState = "I13"
    /// A threshold tells of each fall once, an allocation's expiry of each lead once.
    case alerts = "ALERTS"
    /// I16: the legs of an entry sum to zero.
    case legs = "I16"
  }

  public let rule: Rule
  /// The journal entry; for the tables the entry that they stand for.
  public let seq: Int64
  /// What was looked at, such as `allocation a7 held_micros`.
  public let what: String
  public let expected: String
  public let found: String

  public init(_ rule: Rule, seq: Int64, what: String, expected: String, found: String) {
    self.rule = rule
    self.seq = seq
    self.what = what
    self.expected = expected
    self.found = found
  }

  public var description: String {
    "entry \(seq), \(rule.rawValue): \(what): expected \(expected), found \(found)"
  }
}

/// What an examination of a ledger came to.
public struct LedgerReport: Sendable {
  /// The first and the last entry that were examined; nil when there was none.
  public var range: ClosedRange<Int64>?
  /// How much was examined.
  public var counts = LedgerCounts()
  /// The head after the last entry that is in order.
  public var head: JournalHead = .empty
  /// Accounts whose state was compared with what the journal says, those in memory or not.
  public var accountsCompared: Int64 = 0
  /// The first break; nil when everything examined is in order.
  public var firstBreak: LedgerBreak?

  /// An examination that found nothing yet.
  public init() {}
}

/// How much of each thing an examination met.
public struct LedgerCounts: Sendable, Hashable {
  public var entries: Int64 = 0
  public var accounts: Int64 = 0
  public var allocations: Int64 = 0
  public var holds: Int64 = 0
  public var openHolds: Int64 = 0
  public var charges: Int64 = 0
  public var refusals: Int64 = 0
  public var keys: Int64 = 0
}

/// A journal row as it is stored, before anybody believes it.
public struct StoredEntry: Sendable {
  public let seq: Int64
  public let time: LedgerTime
  public let account: AccountID?
  /// The raw value of a ``Change/Kind``, beside the payload so that rows can be chosen by it.
  public let kind: Int64
  public let payload: [UInt8]
  /// The chain after this entry.
  public let hash: Digest

  public init(
    seq: Int64, time: LedgerTime, account: AccountID?, kind: Int64, payload: [UInt8], hash: Digest
  ) {
    self.seq = seq
    self.time = time
    self.account = account
    self.kind = kind
    self.payload = payload
    self.hash = hash
  }

  /// The decoded entry; throws when the bytes cannot have been written by the ledger.
  public func decoded() throws(CorruptionError) -> JournalEntry {
    try JournalEntry(seq: seq, time: time, account: account, payload: payload)
  }
}

extension SealedEntry {
  /// The row that is stored.
  public var stored: StoredEntry {
    StoredEntry(
      seq: entry.seq, time: entry.time, account: entry.account,
      kind: Int64(entry.change.kind.rawValue), payload: payload, hash: hash)
  }
}

/// A place in the journal and the hash chain up to it, as people keep it: `SEQ:HASH`.
///
/// Kept elsewhere, it tells later that the journal was neither cut off nor rewritten before it.
public struct JournalMark: Sendable, Hashable, CustomStringConvertible {
  public let seq: Int64
  public let hash: Digest

  /// Marks the end of what was examined.
  public init(_ head: JournalHead) {
    seq = head.seq
    hash = head.hash
  }

  /// Reads the text form; nil when it is not one.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let seq = Int64(parts[0]), seq >= 0,
      let hash = Digest(hexadecimal: String(parts[1]))
    else { return nil }
    self.seq = seq
    self.hash = hash
  }

  public var description: String { "\(seq):\(hash.hexadecimal)" }
}
