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

  public init(
    account: AccountID, charge: Charge, overPolicy: OverPolicy = .cover,
    eventTime: LedgerTime? = nil, outcome: Outcome = .unspecified, sessionID: String = ""
  ) {
    self.account = account
    self.charge = charge
    self.overPolicy = overPolicy
    self.eventTime = eventTime
    self.outcome = outcome
    self.sessionID = sessionID
  }
}

/// Sets credit aside for work that is about to be done.
public struct OpenHold: Sendable, Hashable {
  public var account: AccountID
  /// What to set aside.
  public var charge: Charge
  /// Accept a smaller grant down to this; nil means all or nothing.
  public var minMicros: Int64?
  /// How long the hold lives; nil means ``LedgerLimits/holdLifeDefault``.
  public var life: Duration?
  public var sessionID: String

  public init(
    account: AccountID, charge: Charge, minMicros: Int64? = nil, life: Duration? = nil,
    sessionID: String = ""
  ) {
    self.account = account
    self.charge = charge
    self.minMicros = minMicros
    self.life = life
    self.sessionID = sessionID
  }
}

/// Charges what a hold's work came to and gives the rest back.
public struct SettleHold: Sendable, Hashable {
  public var hold: HoldID
  /// What the work came to; an amount of 0 and usage without tokens are lawful and charge nothing.
  public var charge: Charge
  public var overPolicy: OverPolicy
  public var outcome: Outcome

  public init(
    hold: HoldID, charge: Charge, overPolicy: OverPolicy = .cover, outcome: Outcome = .unspecified
  ) {
    self.hold = hold
    self.charge = charge
    self.overPolicy = overPolicy
    self.outcome = outcome
  }
}

/// Gives a hold's credit back without a charge.
public struct ReleaseHold: Sendable, Hashable {
  public var hold: HoldID
  /// Why, for operators.
  public var reason: String

  public init(hold: HoldID, reason: String = "") {
    self.hold = hold
    self.reason = reason
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
  case releaseHold(ReleaseHold)
  case putPrice(PutPrice)
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
  }

  /// Which kind of command it is.
  public var kind: Kind {
    switch self {
    case .allocateCredits: .allocateCredits
    case .deductCredits: .deductCredits
    case .openHold: .openHold
    case .settleHold: .settleHold
    case .releaseHold: .releaseHold
    case .putPrice: .putPrice
    case .setAccountState: .setAccountState
    }
  }
}
