/// How the work that a charge pays for came out. A label: it does not change the charge.
public enum Outcome: UInt8, Sendable, CaseIterable {
  case unspecified = 0
  /// Delivered whole.
  case complete = 1
  /// Stopped by the caller.
  case cancelled = 2
  /// Stopped because the credit was used up.
  case exhausted = 3
  /// Stopped because accounting could not be reached.
  case unreachable = 4
  /// The model's provider failed.
  case providerError = 5
}

/// One charge: of a settled hold or of a deduction.
public struct UsageRecord: Sendable, Hashable {
  public let id: UsageID
  public let account: AccountID
  /// The tokens; nil when an amount was charged.
  public let usage: TokenUsage?
  /// The version of the price that applied; nil when an amount was charged.
  public let priceVersion: Int64?
  /// What the work cost, in micro-credits: charged and uncollected.
  public var costMicros: Int64 { chargedMicros + uncollectedMicros }
  /// What the account paid or owes, in micro-credits.
  public let chargedMicros: Int64
  /// The part of it that became debt, in micro-credits.
  public let debtMicros: Int64
  /// What could not be charged, in micro-credits.
  public let uncollectedMicros: Int64
  /// Which allocations paid.
  public let pins: [Pin]
  /// When it was charged, by the ledger's clock.
  public let chargedAt: LedgerTime
  /// When the work happened, by the caller's clock.
  public let eventTime: LedgerTime
  /// Whether the settle came after the hold's end.
  public let isLate: Bool
  public let outcome: Outcome
  /// The hold that the charge settled; nil for a deduction.
  public let hold: HoldID?
  /// The caller's session; empty when it named none.
  public let sessionID: String
  /// The caller's name for the work; empty when it gave none.
  public let requestID: String
  /// What was refunded of it by now, in micro-credits; the entry that charged it does not know.
  public var refundedMicros: Int64 = 0

  /// The journal entry that recorded it.
  public var seq: Int64 { id.seq }

  public init(
    id: UsageID, account: AccountID, usage: TokenUsage?, priceVersion: Int64?,
    debtMicros: Int64, uncollectedMicros: Int64, pins: [Pin], chargedAt: LedgerTime,
    eventTime: LedgerTime, isLate: Bool, outcome: Outcome, hold: HoldID?, sessionID: String,
    requestID: String = ""
  ) {
    precondition(debtMicros >= 0 && uncollectedMicros >= 0)
    self.id = id
    self.account = account
    self.usage = usage
    self.priceVersion = priceVersion
    self.chargedMicros = pins.totalMicros + debtMicros
    self.debtMicros = debtMicros
    self.uncollectedMicros = uncollectedMicros
    self.pins = pins
    self.chargedAt = chargedAt
    self.eventTime = eventTime
    self.isLate = isLate
    self.outcome = outcome
    self.hold = hold
    self.sessionID = sessionID
    self.requestID = requestID
  }
}
