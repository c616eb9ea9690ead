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
  /// All but what was refunded. Boxed, because a record is handed on many times.
  private let boxed: Boxed
  /// What was refunded of it by now, in micro-credits; the entry that charged it does not know.
  public var refundedMicros: Int64 = 0

  public var id: UsageID { boxed.facts.id }
  public var account: AccountID { boxed.facts.account }
  /// The tokens; nil when an amount was charged.
  public var usage: TokenUsage? { boxed.facts.usage }
  /// The version of the price that applied; nil when an amount was charged.
  public var priceVersion: Int64? { boxed.facts.priceVersion }
  /// What the work cost, in micro-credits: charged and uncollected.
  public var costMicros: Int64 { chargedMicros + uncollectedMicros }
  /// What the account paid or owes, in micro-credits.
  public var chargedMicros: Int64 { boxed.facts.chargedMicros }
  /// The part of it that became debt, in micro-credits.
  public var debtMicros: Int64 { boxed.facts.debtMicros }
  /// What could not be charged, in micro-credits.
  public var uncollectedMicros: Int64 { boxed.facts.uncollectedMicros }
  /// Which allocations paid.
  public var pins: [Pin] { boxed.facts.pins }
  /// When it was charged, by the ledger's clock.
  public var chargedAt: LedgerTime { boxed.facts.chargedAt }
  /// When the work happened, by the caller's clock.
  public var eventTime: LedgerTime { boxed.facts.eventTime }
  /// Whether the settle came after the hold's end.
  public var isLate: Bool { boxed.facts.isLate }
  public var outcome: Outcome { boxed.facts.outcome }
  /// The hold that the charge settled; nil for a deduction.
  public var hold: HoldID? { boxed.facts.hold }
  /// The caller's session; empty when it named none.
  public var sessionID: String { boxed.facts.sessionID }
  /// The caller's name for the work; empty when it gave none.
  public var requestID: String { boxed.facts.requestID }

  /// The journal entry that recorded it.
  public var seq: Int64 { id.seq }

  public init(
    id: UsageID, account: AccountID, usage: TokenUsage?, priceVersion: Int64?,
    debtMicros: Int64, uncollectedMicros: Int64, pins: [Pin], chargedAt: LedgerTime,
    eventTime: LedgerTime, isLate: Bool, outcome: Outcome, hold: HoldID?, sessionID: String,
    requestID: String = ""
  ) {
    precondition(debtMicros >= 0 && uncollectedMicros >= 0)
    boxed = Boxed(
      Facts(
        id: id, account: account, usage: usage, priceVersion: priceVersion,
        chargedMicros: pins.totalMicros + debtMicros, debtMicros: debtMicros,
        uncollectedMicros: uncollectedMicros, pins: pins, chargedAt: chargedAt,
        eventTime: eventTime, isLate: isLate, outcome: outcome, hold: hold, sessionID: sessionID,
        requestID: requestID))
  }

  private struct Facts: Sendable, Hashable {
    let id: UsageID
    let account: AccountID
    let usage: TokenUsage?
    let priceVersion: Int64?
    let chargedMicros: Int64
    let debtMicros: Int64
    let uncollectedMicros: Int64
    let pins: [Pin]
    let chargedAt: LedgerTime
    let eventTime: LedgerTime
    let isLate: Bool
    let outcome: Outcome
    let hold: HoldID?
    let sessionID: String
    let requestID: String
  }

  private final class Boxed: Sendable, Hashable {
    let facts: Facts

    init(_ facts: consuming Facts) { self.facts = facts }

    static func == (left: Boxed, right: Boxed) -> Bool {
      left === right || left.facts == right.facts
    }

    func hash(into hasher: inout Hasher) { hasher.combine(facts) }
  }
}
