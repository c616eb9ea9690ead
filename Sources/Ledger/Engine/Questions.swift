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

extension BalanceAnswer {
  /// The answer about an account, with what came due since its last entry.
  init(_ snapshot: AccountSnapshot, at time: LedgerTime, asOfSeq: Int64) {
    let account = snapshot.account(at: time)
    let active = account.allocations.filter { $0.terms.isLive(at: time) }
    self.init(
      balance: account.balance(at: time), activeAllocations: active,
      nextExpiry: active.compactMap(\.terms.expiresAt).min(), asOfSeq: asOfSeq)
  }
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
