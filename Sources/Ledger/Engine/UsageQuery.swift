/// Which usage records to list.
public struct UsageQuery: Sendable, Hashable {
  /// Nil means every account.
  public var account: AccountID?
  /// Only charges at or after this instant.
  public var from: LedgerTime?
  /// Only charges before this instant.
  public var until: LedgerTime?
  /// Only charges for tokens of this model.
  public var model: String?
  /// Only charges of this session.
  public var sessionID: String?
  /// Only work that came out like this.
  public var outcome: Outcome?
  /// Only charges after this journal entry: the cursor of the page before.
  public var afterSeq: Int64
  /// Only charges up to this journal entry.
  public var throughSeq: Int64
  /// 1...``LedgerLimits/usagePageMax``.
  public var limit: Int

  public init(
    account: AccountID?, from: LedgerTime? = nil, until: LedgerTime? = nil, afterSeq: Int64 = 0,
    throughSeq: Int64 = .max, limit: Int = 100
  ) {
    precondition((1...LedgerLimits.usagePageMax).contains(limit), "a page of unlawful size")
    self.account = account
    self.from = from
    self.until = until
    self.afterSeq = afterSeq
    self.throughSeq = throughSeq
    self.limit = limit
  }

  /// Whether a record is asked for, its page aside.
  func includes(_ record: UsageRecord) -> Bool {
    if let account, record.account != account { return false }
    guard record.seq > afterSeq, record.seq <= throughSeq else { return false }
    if let from, record.chargedAt < from { return false }
    if let until, record.chargedAt >= until { return false }
    if let model, record.usage?.model != model { return false }
    if let sessionID, record.sessionID != sessionID { return false }
    return outcome == nil || record.outcome == outcome
  }
}

/// One page of usage records, oldest first. With filters it may be short and still have a next one.
public struct UsagePage: Sendable {
  public let records: [UsageRecord]
  /// The cursor of the next page; nil when there is none.
  public let nextSeq: Int64?
  /// The page includes every journal entry up to this one.
  public let asOfSeq: Int64

  public init(records: [UsageRecord], nextSeq: Int64?, asOfSeq: Int64) {
    self.records = records
    self.nextSeq = nextSeq
    self.asOfSeq = asOfSeq
  }
}
