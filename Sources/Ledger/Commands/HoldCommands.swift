/// Sets credit aside for work that is about to be done.
public struct OpenHold: Sendable, Hashable {
  public var account: AccountID
  /// What to set aside.
  public var charge: Charge
  /// Accept a smaller grant down to this; nil means all or nothing.
  public var minMicros: Int64?
  /// How long the hold lives; nil means ``LedgerLimits/holdLifeDefault``.
  public var life: Duration?
  /// Set aside a slice of at most this many output tokens instead of the whole charge; nil means
  /// the whole. The ledger may make it smaller: see ``OutputHistory``. For tokens of a model only.
  public var sliceTokens: Int64?
  public var sessionID: String

  public init(
    account: AccountID, charge: Charge, minMicros: Int64? = nil, life: Duration? = nil,
    sliceTokens: Int64? = nil, sessionID: String = ""
  ) {
    self.account = account
    self.charge = charge
    self.minMicros = minMicros
    self.life = life
    self.sliceTokens = sliceTokens
    self.sessionID = sessionID
  }
}

/// Reports what a hold's work has used so far, and asks for the next slice.
public struct ExtendHold: Sendable, Hashable {
  public var hold: HoldID
  /// What was used so far, all in all; nothing is lawful. A report below an earlier one is ignored.
  public var used: Charge
  /// How much more is wanted than was used: output tokens when tokens are reported, else
  /// micro-credits. 0 asks for time only.
  public var wanted: Int64
  /// How long the hold lives from now on; nil means ``LedgerLimits/holdLifeDefault``. Never
  /// shortens its life.
  public var life: Duration?

  public init(hold: HoldID, used: Charge, wanted: Int64, life: Duration? = nil) {
    self.hold = hold
    self.used = used
    self.wanted = wanted
    self.life = life
  }
}

/// Charges what a hold's work came to and gives the rest back.
public struct SettleHold: Sendable, Hashable {
  public var hold: HoldID
  /// What the work came to; an amount of 0 and usage without tokens are lawful and charge nothing.
  public var charge: Charge
  public var overPolicy: OverPolicy
  public var outcome: Outcome
  public var requestID: String

  public init(
    hold: HoldID, charge: Charge, overPolicy: OverPolicy = .cover,
    outcome: Outcome = .unspecified, requestID: String = ""
  ) {
    self.hold = hold
    self.charge = charge
    self.overPolicy = overPolicy
    self.outcome = outcome
    self.requestID = requestID
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

/// Ends a hold that nobody will end: as its expiry would, but now.
public struct ForceRelease: Sendable, Hashable {
  public var hold: HoldID
  /// Why, for operators.
  public var reason: String

  public init(hold: HoldID, reason: String = "") {
    self.hold = hold
    self.reason = reason
  }
}
