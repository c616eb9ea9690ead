/// Grants credit to an account and opens the account on first use.
public struct AllocateCredits: Sendable, Hashable {
  public var account: AccountID
  public var amountMicros: Int64
  public var allocationClass: AllocationClass
  /// Lower is spent first.
  public var priority: UInt8
  /// Nil means now.
  public var effectiveAt: LedgerTime?
  /// Nil means never.
  public var expiresAt: LedgerTime?
  /// The models that it pays for; empty means every charge. A filtered grant repays no debt.
  public var models: [String]
  public var notes: String

  public init(
    account: AccountID, amountMicros: Int64, allocationClass: AllocationClass = .paid,
    priority: UInt8 = 100, effectiveAt: LedgerTime? = nil, expiresAt: LedgerTime? = nil,
    models: [String] = [], notes: String = ""
  ) {
    self.account = account
    self.amountMicros = amountMicros
    self.allocationClass = allocationClass
    self.priority = priority
    self.effectiveAt = effectiveAt
    self.expiresAt = expiresAt
    self.models = models
    self.notes = notes
  }
}

/// Who pays when a charge comes out above what is covered.
public enum OverPolicy: UInt8, Sendable, CaseIterable {
  /// Take it from available credit, then from the overdraft; what is left is uncollected.
  case cover = 1
  /// Charge what is covered: a hold's grant, a deduction's available credit. The rest is
  /// uncollected.
  case cap = 2
  /// Refuse the whole command.
  case reject = 3
}

/// Charges an account at once, without a hold.
public struct DeductCredits: Sendable, Hashable {
  public var account: AccountID
  public var charge: Charge
  public var overPolicy: OverPolicy
  /// When the work happened: prices and labels only. Nil means now.
  public var eventTime: LedgerTime?
  public var outcome: Outcome
  public var sessionID: String
  public var requestID: String

  public init(
    account: AccountID, charge: Charge, overPolicy: OverPolicy = .cover,
    eventTime: LedgerTime? = nil, outcome: Outcome = .unspecified, sessionID: String = "",
    requestID: String = ""
  ) {
    self.account = account
    self.charge = charge
    self.overPolicy = overPolicy
    self.eventTime = eventTime
    self.outcome = outcome
    self.sessionID = sessionID
    self.requestID = requestID
  }
}

/// Adds a version to a model's price.
public struct PutPrice: Sendable, Hashable {
  public var model: String
  /// In force from this instant on; nil means now.
  public var effectiveFrom: LedgerTime?
  public var rates: PriceRates

  public init(model: String, effectiveFrom: LedgerTime? = nil, rates: PriceRates) {
    self.model = model
    self.effectiveFrom = effectiveFrom
    self.rates = rates
  }
}

/// Changes an account's standing; opens the account on first use. Left-out parts stay as they are.
public struct SetAccountState: Sendable, Hashable {
  public var account: AccountID
  public var state: AccountState?
  /// How far the account may go into debt; 0 means not at all.
  public var overdraftLimitMicros: Int64?

  public init(
    account: AccountID, state: AccountState? = nil, overdraftLimitMicros: Int64? = nil
  ) {
    self.account = account
    self.state = state
    self.overdraftLimitMicros = overdraftLimitMicros
  }
}

/// Everything that changes the ledger.
public enum Command: Sendable, Hashable {
  case allocateCredits(AllocateCredits)
  case deductCredits(DeductCredits)
  case openHold(OpenHold)
  case settleHold(SettleHold)
  case extendHold(ExtendHold)
  case releaseHold(ReleaseHold)
  case forceRelease(ForceRelease)
  case adjustAllocation(AdjustAllocation)
  case voidAllocation(VoidAllocation)
  case refundUsage(RefundUsage)
  /// One of a batch: the same as a deduction, under keys of its own.
  case recordUsage(DeductCredits)
  case putPrice(PutPrice)
  case setBudget(SetBudget)
  case setBalanceAlerts(SetBalanceAlerts)
  case setAccountState(SetAccountState)

  /// The kind of a command: idempotency keys are scoped by it. Stored; never renumber.
  public enum Kind: UInt8, Sendable {
    case allocateCredits = 1
    case deductCredits = 2
    case openHold = 3
    case settleHold = 4
    case releaseHold = 5
    case putPrice = 6
    case setAccountState = 7
    case extendHold = 8
    case forceRelease = 9
    case adjustAllocation = 10
    case voidAllocation = 11
    case refundUsage = 12
    case recordUsage = 13
    case setBudget = 14
    case setBalanceAlerts = 15
  }

  /// Which kind of command it is.
  public var kind: Kind {
    switch self {
    case .allocateCredits: .allocateCredits
    case .deductCredits: .deductCredits
    case .openHold: .openHold
    case .settleHold: .settleHold
    case .extendHold: .extendHold
    case .releaseHold: .releaseHold
    case .forceRelease: .forceRelease
    case .adjustAllocation: .adjustAllocation
    case .voidAllocation: .voidAllocation
    case .refundUsage: .refundUsage
    case .recordUsage: .recordUsage
    case .putPrice: .putPrice
    case .setBudget: .setBudget
    case .setBalanceAlerts: .setBalanceAlerts
    case .setAccountState: .setAccountState
    }
  }
}
