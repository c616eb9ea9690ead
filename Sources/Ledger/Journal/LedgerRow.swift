/// A row of the tables that show the ledger's state, as it stands after an entry.
///
/// A later row of the same object replaces an earlier one. What is large is boxed: rows are handed
/// on many times.
public enum LedgerRow: Sendable {
  case account(AccountRow)
  case allocation(Allocation)
  indirect case hold(Hold)
  /// A settle came after the hold had expired.
  case lateSettled(HoldID)
  case usage(UsageRecord)
  /// What was refunded of a charge by now, in micro-credits.
  case refunded(UsageID, totalMicros: Int64)
  indirect case price(PriceVersion)
  indirect case budget(Budget)
  /// The entry is news.
  case event(EventID, AccountID, LedgerEvent.Kind)
  case key(Digest, seq: Int64)
  /// When the account is to be swept; in the distant future when nothing will come due by itself.
  ///
  /// Not part of the state: a lower bound that only a sweep raises, and may be lost with the
  /// process when it comes without entries.
  case due(AccountID, LedgerTime)
}

/// The columns of an account's own row.
public struct AccountRow: Sendable, Hashable {
  public let id: AccountID
  public let state: AccountState
  public let overdraftLimitMicros: Int64
  public let debtMicros: Int64
  public let seq: Int64
  public let alerts: BalanceAlerts?
}

extension Account {
  /// The account's own row.
  public var row: AccountRow {
    AccountRow(
      id: id, state: state, overdraftLimitMicros: overdraftLimitMicros, debtMicros: debtMicros,
      seq: seq, alerts: alerts)
  }
}
