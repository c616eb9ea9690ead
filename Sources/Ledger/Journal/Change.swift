/// What one journal entry did. Self-contained: replaying needs no rule and no clock. Boxed, because
/// it is large and handed on many times.
public indirect enum Change: Sendable {
  /// Credit was granted.
  case allocated(AllocationTerms)
  /// Credit repaid debt.
  case debtRepaid(pins: [Pin])
  /// An account was charged without a hold, or after its hold's end.
  case charged(Charged)
  /// Credit was set aside.
  case holdOpened(Hold)
  /// A hold was given another slice.
  case holdExtended(HoldExtension)
  /// A hold ended; a charge within what it granted is part of it.
  case holdEnded(HoldEnd)
  /// The settle that the entry before recorded came to more than the hold granted.
  case overCharged(OverCharge)
  /// The rest of a grant expired.
  case allocationExpired(AllocationID, amountMicros: Int64)
  /// An allocation got other terms.
  case allocationAdjusted(AllocationTerms, reason: String)
  /// What was available of an allocation was taken back.
  case allocationVoided(AllocationID, amountMicros: Int64, reason: String)
  /// A charge was given back.
  case refunded(Refund)
  /// A price version was put.
  case pricePut(PriceVersion)
  /// A budget was set, changed or taken away.
  case budgetSet(BudgetTerms)
  /// A budget counts another civil period from now on.
  case budgetPeriodBegan(BudgetID, Range<LedgerTime>)
  /// What is told of an account's balance was set.
  case alertsSet([BalanceAlerts.Threshold], leads: [Duration], at: LedgerTime)
  /// Available credit fell to a threshold: told once for each fall.
  case balanceFell(BalanceFall)
  /// Available credit rose above thresholds.
  case balanceRose(BalanceRise)
  /// An allocation's expiry has come near.
  case expiryNoticed(ExpiryNotice)
  /// An account's standing was set.
  case accountStateSet(AccountState, overdraftLimitMicros: Int64)
  /// A command was refused; the refusal is remembered for its key.
  case refused(Command.Kind)

  /// The kind of an entry, for reports. Stored; never renumber.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case allocated = 1
    case debtRepaid = 2
    case charged = 3
    case holdOpened = 4
    case holdEnded = 5
    case overCharged = 6
    case allocationExpired = 7
    case pricePut = 8
    case accountStateSet = 9
    case refused = 10
    case holdExtended = 11
    case allocationAdjusted = 12
    case allocationVoided = 13
    case refunded = 14
    case budgetSet = 15
    case budgetPeriodBegan = 16
    case alertsSet = 17
    case balanceFell = 18
    case balanceRose = 19
    case expiryNoticed = 20
  }

  /// Which kind of entry it is.
  public var kind: Kind {
    switch self {
    case .allocated: .allocated
    case .debtRepaid: .debtRepaid
    case .charged: .charged
    case .holdOpened: .holdOpened
    case .holdExtended: .holdExtended
    case .holdEnded: .holdEnded
    case .overCharged: .overCharged
    case .allocationExpired: .allocationExpired
    case .allocationAdjusted: .allocationAdjusted
    case .allocationVoided: .allocationVoided
    case .refunded: .refunded
    case .pricePut: .pricePut
    case .budgetSet: .budgetSet
    case .budgetPeriodBegan: .budgetPeriodBegan
    case .alertsSet: .alertsSet
    case .balanceFell: .balanceFell
    case .balanceRose: .balanceRose
    case .expiryNoticed: .expiryNoticed
    case .accountStateSet: .accountStateSet
    case .refused: .refused
    }
  }
}

/// A charge that no hold covered.
public struct Charged: Sendable {
  /// What was charged; its pins are taken from available credit. It names a hold when it is late.
  public let usage: UsageRecord
}

/// What an extension added to a hold.
public struct HoldExtension: Sendable {
  public let hold: HoldID
  /// Set aside on top, in spending order; empty when only time was given or a report taken.
  public let pins: [Pin]
  /// The hold's new end, never before the old one.
  public let expiresAt: LedgerTime
  /// What was used so far in micro-credits, never less than before.
  public let reportedMicros: Int64
  /// The tokens behind it; nil when an amount was reported.
  public let reportedUsage: TokenUsage?
}

/// How a hold ended.
public struct HoldEnd: Sendable {
  public let hold: HoldID
  /// The state that it ended in.
  public let state: HoldState
  /// When: the entry's time, or for an expired hold the instant at which it ran out.
  public let endedAt: LedgerTime
  /// Parts of the pins that were charged.
  public let spent: [Pin]
  /// Parts of the pins that became available again.
  public let returned: [Pin]
  /// Parts of the pins whose grant had expired meanwhile.
  public let expired: [Pin]
  /// The charge, whole, also what an over-charge adds; nil when the hold was released.
  public let usage: UsageRecord?
  /// Why it was released, for operators.
  public let reason: String
}

/// What a settle cost above what its hold granted.
public struct OverCharge: Sendable {
  public let usage: UsageID
  /// Taken from available credit.
  public let pins: [Pin]
  /// Became debt, in micro-credits.
  public let debtMicros: Int64
  /// Could not be charged, in micro-credits.
  public let uncollectedMicros: Int64
}
