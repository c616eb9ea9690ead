/// What an account can spend, in micro-credits.
public struct Balance: Sendable, Hashable {
  /// Live, neither held nor spent; never negative. Includes grants that only pay for some models.
  public let availableMicros: Int64
  /// Set aside by open holds.
  public let heldMicros: Int64
  /// Owed; the next allocation repays it first.
  public let debtMicros: Int64
  /// Available and held.
  public var totalMicros: Int64 { availableMicros + heldMicros }

  public init(availableMicros: Int64, heldMicros: Int64, debtMicros: Int64) {
    precondition(availableMicros >= 0 && heldMicros >= 0 && debtMicros >= 0)
    self.availableMicros = availableMicros
    self.heldMicros = heldMicros
    self.debtMicros = debtMicros
  }

  /// The balance of an account that never received credit.
  public static let zero = Balance(availableMicros: 0, heldMicros: 0, debtMicros: 0)
}

/// The answer to ``AllocateCredits``.
public struct AllocateAnswer: Sendable {
  /// The allocation after debt was repaid from it.
  public let allocation: Allocation
  /// The account after it.
  public let balance: Balance
  /// Debt that it repaid, in micro-credits.
  public let debtRepaidMicros: Int64
}

/// The answer to ``DeductCredits``.
public struct DeductAnswer: Sendable {
  public let usage: UsageRecord
  /// The account after it.
  public let balance: Balance
}

/// The answer to ``OpenHold``.
public struct OpenHoldAnswer: Sendable {
  public let hold: Hold
  /// How long the hold lives, from the answer on.
  public let expiresIn: Duration
  /// Output tokens that the grant buys after the request's others; nil when an amount was asked.
  public let grantedTokens: Int64?
  /// Whether credit ran out: less was granted than the charge or its first slice.
  public let isFinalSlice: Bool
  /// The account after it.
  public let balance: Balance
}

/// How near the end of all credit a hold's work is: used, of what is granted and still available.
public enum CreditWarning: UInt8, Sendable {
  case none = 0
  /// 80 % is used.
  case low = 1
  /// 95 % is used.
  case critical = 2

  /// Judges what was used against all that there is for it.
  init(usedMicros: Int64, grantedMicros: Int64, availableMicros: Int64) {
    // Lawful amounts: a hundred times their sum still fits.
    let all = Int128(grantedMicros) + Int128(availableMicros)
    let used = Int128(usedMicros) * 100
    self = used >= all * 95 ? .critical : used >= all * 80 ? .low : .none
  }
}

/// The answer to ``ExtendHold``.
public struct ExtendHoldAnswer: Sendable {
  /// The hold as extended, with all that it was granted and what was reported.
  public let hold: Hold
  /// Whether credit ran out: less was added than what the next slice costs.
  public let isFinalSlice: Bool
  public let warning: CreditWarning
  /// How long the hold lives, from the answer on.
  public let expiresIn: Duration
  /// The account after it.
  public let balance: Balance

  /// Output tokens that all slices together buy after the reported others; nil when no tokens were
  /// reported.
  public var grantedTokens: Int64? {
    guard let price = hold.terms.price, let usage = hold.reportedUsage else { return nil }
    return price.affordableOutputTokens(budgetMicros: hold.grantedMicros, besides: usage)
  }
}

/// When the next slice should be asked for: three quarters of the way from what was used to what
/// was granted, in the unit of both.
public enum SliceRenewal {
  /// Rounded down, so that the question never comes too late.
  public static func point(used: Int64, granted: Int64) -> Int64 {
    guard granted > used else { return used }
    return used + Int64(Int128(granted - used) * 3 / 4)
  }
}

/// The answer to ``ForceRelease``.
public struct ForceReleaseAnswer: Sendable {
  public let hold: Hold
  /// The charge for what was reported; nil when nothing was.
  public let usage: UsageRecord?
  /// Given back to the account, in micro-credits; what belonged to an expired grant is not.
  public let returnedMicros: Int64
  /// The account after it.
  public let balance: Balance
}

/// The answer to ``SettleHold``.
public struct SettleAnswer: Sendable {
  /// The charge, with what stayed uncollected.
  public let usage: UsageRecord
  /// Given back to the account, in micro-credits; what belonged to an expired grant is not.
  public let returnedMicros: Int64
  /// The account after it.
  public let balance: Balance
}

/// The answer to ``ReleaseHold``.
public struct ReleaseAnswer: Sendable {
  public let hold: Hold
  /// Given back to the account, in micro-credits; what belonged to an expired grant is not.
  public let returnedMicros: Int64
  /// The account after it.
  public let balance: Balance
}

/// The answer to ``PutPrice``.
public struct PutPriceAnswer: Sendable {
  public let price: PriceVersion
}

/// The answer to ``SetAccountState``.
public struct SetAccountStateAnswer: Sendable {
  public let state: AccountState
  public let overdraftLimitMicros: Int64
  /// The account after it.
  public let balance: Balance
}

/// What an accepted command is answered with. Boxed, because it is large and handed on many times.
public indirect enum Answer: Sendable {
  case allocated(AllocateAnswer)
  case deducted(DeductAnswer)
  case holdOpened(OpenHoldAnswer)
  case holdSettled(SettleAnswer)
  case holdExtended(ExtendHoldAnswer)
  case holdReleased(ReleaseAnswer)
  case holdForced(ForceReleaseAnswer)
  case allocationAdjusted(AdjustAnswer)
  case allocationVoided(VoidAnswer)
  case refunded(RefundAnswer)
  case pricePut(PutPriceAnswer)
  case budgetSet(SetBudgetAnswer)
  case alertsSet(SetBalanceAlertsAnswer)
  case accountStateSet(SetAccountStateAnswer)
}

/// An answer and its place in the journal.
public struct Receipt<Value: Sendable>: Sendable {
  public let value: Value
  /// The journal entry that the answer includes.
  public let asOfSeq: Int64
  /// Whether this is the answer to an earlier attempt with the same key.
  public let isReplayed: Bool

  @inlinable init(value: Value, asOfSeq: Int64, isReplayed: Bool) {
    self.value = value
    self.asOfSeq = asOfSeq
    self.isReplayed = isReplayed
  }
}
