/// The answer to a balance question.
public struct BalanceAnswer: Sendable {
  public let balance: Balance
  /// Live allocations in the order in which they are spent.
  public let activeAllocations: [Allocation]
  /// When the next of them expires; nil when none does.
  public let nextExpiry: LedgerTime?
  /// The answer includes every journal entry up to this one.
  public let asOfSeq: Int64
}

/// The answer to a credit question and its place in the journal.
public struct CheckReply: Sendable {
  public let answer: CheckAnswer
  /// The answer includes every journal entry up to this one.
  public let asOfSeq: Int64
}

/// The answer to a price question.
public struct QuoteAnswer: Sendable {
  /// Rounded up once, in micro-credits.
  public let costMicros: Int64
  public let price: PriceVersion
}

/// One page of price versions, oldest first.
public struct PricePage: Sendable {
  public let prices: [PriceVersion]
  /// The cursor of the next page; nil when there is none.
  public let nextVersion: Int64?
  /// The page includes every journal entry up to this one.
  public let asOfSeq: Int64
}

/// Which usage records to list.
public struct UsageQuery: Sendable, Hashable {
  public var account: AccountID
  /// Only charges at or after this instant.
  public var from: LedgerTime?
  /// Only charges before this instant.
  public var until: LedgerTime?
  /// Only charges after this journal entry: the cursor of the page before.
  public var afterSeq: Int64
  /// 1...``LedgerLimits/usagePageMax``.
  public var limit: Int

  public init(
    account: AccountID, from: LedgerTime? = nil, until: LedgerTime? = nil, afterSeq: Int64 = 0,
    limit: Int = 100
  ) {
    precondition((1...LedgerLimits.usagePageMax).contains(limit), "a page of unlawful size")
    self.account = account
    self.from = from
    self.until = until
    self.afterSeq = afterSeq
    self.limit = limit
  }
}

/// One page of usage records, oldest first.
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
