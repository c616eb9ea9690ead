/// Where a hold is in its life. Every hold ends exactly once.
public enum HoldState: UInt8, Sendable {
  /// Credits are set aside.
  case open = 1
  /// Charged.
  case settled = 2
  /// Given back whole.
  case released = 3
  /// Ran out without an answer: what was reported is charged, the rest given back.
  case expired = 4
}

/// What a hold was opened for: the part of it that does not change.
public final class HoldTerms: Sendable {
  public let id: HoldID
  public let account: AccountID
  /// The price that the work is charged at; nil when the hold was opened for an amount.
  public let price: PriceVersion?
  /// The caller's session; empty when it named none.
  public let sessionID: String
  public let openedAt: LedgerTime
  /// What was set aside, in micro-credits.
  public let grantedMicros: Int64
  /// The allocations that were set aside, in the order in which they are spent.
  public let pins: [Pin]

  public init(
    id: HoldID, account: AccountID, price: PriceVersion?, sessionID: String,
    openedAt: LedgerTime, grantedMicros: Int64, pins: [Pin]
  ) {
    precondition(pins.totalMicros == grantedMicros, "a hold's pins are not what it granted")
    self.id = id
    self.account = account
    self.price = price
    self.sessionID = sessionID
    self.openedAt = openedAt
    self.grantedMicros = grantedMicros
    self.pins = pins
  }
}

/// Credit set aside for work that is being done.
///
/// ```
///            SettleHold ----------> settled
///   open --- ReleaseHold ---------> released
///            expiresAt + grace ---> expired ---- late SettleHold, once, within 24 h or uncollected
/// ```
public struct Hold: Sendable {
  public let terms: HoldTerms
  public internal(set) var state: HoldState
  /// When the hold ends by itself; a settle is awaited ``LedgerLimits/settleGrace`` longer.
  public internal(set) var expiresAt: LedgerTime
  /// What the caller said it has used so far, in micro-credits.
  public internal(set) var reportedMicros: Int64
  /// When the hold ended; nil while it is open.
  public internal(set) var endedAt: LedgerTime?
  /// Whether a settle came after the hold had expired.
  public internal(set) var isLateSettled: Bool

  public init(
    terms: HoldTerms, state: HoldState, expiresAt: LedgerTime, reportedMicros: Int64,
    endedAt: LedgerTime?, isLateSettled: Bool
  ) {
    precondition((state == .open) == (endedAt == nil), "an open hold has no end, others have one")
    self.terms = terms
    self.state = state
    self.expiresAt = expiresAt
    self.reportedMicros = reportedMicros
    self.endedAt = endedAt
    self.isLateSettled = isLateSettled
  }

  public var id: HoldID { terms.id }

  /// From this instant on the hold counts as ended even when nobody touched it.
  public var endsAt: LedgerTime { expiresAt.adding(LedgerLimits.settleGrace) }
}

extension Hold {
  /// The same hold after a late settle.
  public var settledLate: Hold {
    precondition(state == .expired && !isLateSettled, "only an expired hold is settled late, once")
    var hold = self
    hold.isLateSettled = true
    return hold
  }
}
