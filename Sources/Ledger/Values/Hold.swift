/// Where a hold is in its life. Every hold ends exactly once.
public enum HoldState: UInt8, Sendable, CaseIterable {
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

  public init(
    id: HoldID, account: AccountID, price: PriceVersion?, sessionID: String, openedAt: LedgerTime
  ) {
    self.id = id
    self.account = account
    self.price = price
    self.sessionID = sessionID
    self.openedAt = openedAt
  }

  /// However often it is extended, the hold ends at this instant.
  public var maxUntil: LedgerTime { openedAt.adding(LedgerLimits.holdLifeTotalMax) }
}

/// Credit set aside for work that is being done.
///
/// ```
///     ExtendHold: more credit, more time, a report of what was used
///        |  ^
///        v  |  SettleHold ----------> settled
///       open -- ReleaseHold ---------> released
///            expiresAt + grace ---> expired ---- late SettleHold, once, within 24 h or uncollected
///            ForceRelease --------> expired
/// ```
///
/// An object, because a hold is handed on many times. It never changes: what happens to a hold
/// makes another one.
public final class Hold: Sendable {
  public let terms: HoldTerms
  public let state: HoldState
  /// What was set aside, by all slices together, in micro-credits.
  public let grantedMicros: Int64
  /// The allocations that were set aside, in the order in which they are spent.
  public let pins: [Pin]
  /// When the hold ends by itself; a settle is awaited ``LedgerLimits/settleGrace`` longer.
  public let expiresAt: LedgerTime
  /// What the caller said it has used so far, in micro-credits.
  public let reportedMicros: Int64
  /// The tokens behind ``reportedMicros``; nil when none were reported.
  public let reportedUsage: TokenUsage?
  /// When the hold ended; nil while it is open.
  public let endedAt: LedgerTime?
  /// Whether a settle came after the hold had expired.
  public let isLateSettled: Bool

  public init(
    terms: HoldTerms, state: HoldState, grantedMicros: Int64, pins: [Pin], expiresAt: LedgerTime,
    reportedMicros: Int64, reportedUsage: TokenUsage?, endedAt: LedgerTime?, isLateSettled: Bool
  ) {
    precondition((state == .open) == (endedAt == nil), "an open hold has no end, others have one")
    precondition(pins.totalMicros == grantedMicros, "a hold's pins are not what it granted")
    self.terms = terms
    self.state = state
    self.grantedMicros = grantedMicros
    self.pins = pins
    self.expiresAt = expiresAt
    self.reportedMicros = reportedMicros
    self.reportedUsage = reportedUsage
    self.endedAt = endedAt
    self.isLateSettled = isLateSettled
  }

  public var id: HoldID { terms.id }

  /// From this instant on the hold counts as ended even when nobody touched it.
  public var endsAt: LedgerTime { expiresAt.adding(microseconds: Self.graceMicroseconds) }
  private static let graceMicroseconds = LedgerLimits.settleGrace.wholeMicroseconds
}

extension Hold {
  /// The same hold after a late settle.
  public var settledLate: Hold {
    precondition(state == .expired && !isLateSettled, "only an expired hold is settled late, once")
    return Hold(
      terms: terms, state: state, grantedMicros: grantedMicros, pins: pins, expiresAt: expiresAt,
      reportedMicros: reportedMicros, reportedUsage: reportedUsage, endedAt: endedAt,
      isLateSettled: true)
  }

  /// The hold as it stands at `time`, given as it was last written down.
  ///
  /// What time brings about for it does not depend on its account: see ``Draft/settleDue()``.
  func standing(at time: LedgerTime) -> Hold {
    state == .open && endsAt <= time ? ended(as: .expired, at: endsAt) : self
  }

  /// The hold after its end.
  func ended(as end: HoldState, at instant: LedgerTime) -> Hold {
    precondition(state == .open && end != .open, "a hold ends once")
    return Hold(
      terms: terms, state: end, grantedMicros: grantedMicros, pins: pins, expiresAt: expiresAt,
      reportedMicros: reportedMicros, reportedUsage: reportedUsage, endedAt: instant,
      isLateSettled: isLateSettled)
  }

  /// The hold after a slice: what a grant was pinned to before is not pinned twice.
  func extended(by slice: HoldExtension) -> Hold {
    var pins = pins
    for pin in slice.pins {
      guard let index = pins.firstIndex(where: { $0.allocation == pin.allocation }) else {
        pins.append(pin)
        continue
      }
      pins[index] = Pin(
        allocation: pin.allocation, amountMicros: pins[index].amountMicros + pin.amountMicros)
    }
    return Hold(
      terms: terms, state: state, grantedMicros: grantedMicros + slice.pins.totalMicros,
      pins: pins, expiresAt: slice.expiresAt, reportedMicros: slice.reportedMicros,
      reportedUsage: slice.reportedUsage, endedAt: endedAt, isLateSettled: isLateSettled)
  }
}
