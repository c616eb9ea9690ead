/// Which journal entries to list.
public struct JournalQuery: Sendable, Hashable {
  /// Nil means every account, and the entries about none.
  public var account: AccountID?
  /// Only these kinds; empty means all.
  public var kinds: [Change.Kind]
  /// Only entries at or after this instant.
  public var from: LedgerTime?
  /// Only entries before this instant.
  public var until: LedgerTime?
  /// Only entries after this one: the cursor of the page before.
  public var afterSeq: Int64
  /// 1...``LedgerLimits/journalPageMax``.
  public var limit: Int

  public init(
    account: AccountID?, kinds: [Change.Kind] = [], from: LedgerTime? = nil,
    until: LedgerTime? = nil, afterSeq: Int64 = 0, limit: Int = 100
  ) {
    precondition((1...LedgerLimits.journalPageMax).contains(limit), "a page of unlawful size")
    self.account = account
    self.kinds = kinds
    self.from = from
    self.until = until
    self.afterSeq = afterSeq
    self.limit = limit
  }
}

/// A journal entry and its place in the hash chain.
public struct JournalLine: Sendable {
  public let entry: JournalEntry
  /// The chain before the entry.
  public let previousHash: Digest
  /// The chain after the entry.
  public let hash: Digest
}

/// One page of journal entries, oldest first. It may be short, even empty, and still have a next
/// one: a page looks at ``LedgerLimits/journalExaminedMax`` entries at most.
public struct JournalPage: Sendable {
  public let lines: [JournalLine]
  /// The cursor of the next page; nil when there is none.
  public let nextSeq: Int64?
  /// The page includes every journal entry up to this one.
  public let asOfSeq: Int64
}
