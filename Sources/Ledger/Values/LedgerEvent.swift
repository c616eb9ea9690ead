/// The id of an event, written `e<seq>`.
public struct EventID: SequencedID {
  public static let prefix = "e"
  public let seq: Int64
  public init(seq: Int64) { self.seq = seq }
}

/// Something that operators are told of: a journal entry, seen as news.
///
/// Derived from the entry alone, so that it is as durable as the entry, has the same id for ever,
/// and no entry makes it twice.
public struct LedgerEvent: Sendable, Hashable {
  /// What kind of news. Stored; never renumber.
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// Available credit fell to a threshold of the account.
    case balanceLow = 1
    /// An allocation of which something is left expires soon.
    case creditExpiring = 2
    /// Credit was lost to expiry.
    case creditExpired = 3
    /// A charge became debt or could not be collected.
    case chargeUncovered = 4
  }

  /// The news itself.
  public enum Detail: Sendable, Hashable {
    case balanceLow(BalanceFall)
    case creditExpiring(ExpiryNotice)
    /// What was lost of which allocations.
    case creditExpired([Pin])
    /// In micro-credits.
    case chargeUncovered(UsageID, debtMicros: Int64, uncollectedMicros: Int64)
  }

  public let id: EventID
  public let account: AccountID
  /// When it happened; not after the entry that wrote it down.
  public let happenedAt: LedgerTime
  public let detail: Detail

  public var kind: Kind {
    switch detail {
    case .balanceLow: .balanceLow
    case .creditExpiring: .creditExpiring
    case .creditExpired: .creditExpired
    case .chargeUncovered: .chargeUncovered
    }
  }

  /// The news in an entry; nil when it is none.
  public init?(_ entry: JournalEntry) {
    guard let account = entry.account, let detail = entry.change.news else { return nil }
    id = EventID(seq: entry.seq)
    self.account = account
    self.detail = detail
    switch entry.change {
    case .balanceFell(let fall): happenedAt = fall.fellAt
    case .expiryNoticed(let notice): happenedAt = notice.noticedAt
    case .holdEnded(let end): happenedAt = end.endedAt
    default: happenedAt = entry.time
    }
  }
}

extension Change {
  /// What of it is news, if anything.
  fileprivate var news: LedgerEvent.Detail? {
    switch self {
    case .balanceFell(let fall): .balanceLow(fall)
    case .expiryNoticed(let notice): .creditExpiring(notice)
    case .allocationExpired(let id, let amount):
      amount > 0 ? .creditExpired([Pin(allocation: id, amountMicros: amount)]) : nil
    case .holdEnded(let end): end.expired.isEmpty ? nil : .creditExpired(end.expired)
    case .charged(let charged):
      Self.uncovered(
        charged.usage.id, charged.usage.debtMicros, charged.usage.uncollectedMicros)
    case .overCharged(let over):
      Self.uncovered(over.usage, over.debtMicros, over.uncollectedMicros)
    default: nil
    }
  }

  private static func uncovered(
    _ usage: UsageID, _ debt: Int64, _ uncollected: Int64
  ) -> LedgerEvent.Detail? {
    guard debt > 0 || uncollected > 0 else { return nil }
    return .chargeUncovered(usage, debtMicros: debt, uncollectedMicros: uncollected)
  }

  /// The kind of its news, without making the news: asked for every entry.
  var newsKind: LedgerEvent.Kind? {
    switch self {
    case .balanceFell: .balanceLow
    case .expiryNoticed: .creditExpiring
    case .allocationExpired(_, let amount): amount > 0 ? .creditExpired : nil
    case .holdEnded(let end): end.expired.isEmpty ? nil : .creditExpired
    case .charged(let charged):
      charged.usage.debtMicros > 0 || charged.usage.uncollectedMicros > 0 ? .chargeUncovered : nil
    case .overCharged(let over):
      over.debtMicros > 0 || over.uncollectedMicros > 0 ? .chargeUncovered : nil
    default: nil
    }
  }
}
