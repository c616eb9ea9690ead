/// Whether a credit question was answered with yes, and if not, why. The zero value denies.
public enum CheckDecision: UInt8, Sendable, CaseIterable {
  /// Denied, for no stated reason.
  case unspecified = 0
  /// Enough credit is available.
  case sufficient = 1
  /// Live credit is smaller than what was asked for.
  case insufficient = 2
  /// Live credit would do, but open holds of this account have set it aside.
  case held = 3
  /// The account has never received credit.
  case noAccount = 4
  case accountFrozen = 5
  case accountClosed = 6
  /// The model has no price: a missing price is never zero.
  case unknownModel = 7
  /// The account owes and has no overdraft.
  case inDebt = 8
  /// There is enough credit, but a budget stops it.
  case budgetExceeded = 9
}

/// The answer to a credit question.
public struct CheckAnswer: Sendable, Hashable {
  public let decision: CheckDecision
  /// What was asked for, in micro-credits; ``LedgerLimits/amountMax`` plus 1 when it costs more.
  public let requiredMicros: Int64
  /// Spendable now for this question, in micro-credits.
  public let availableMicros: Int64
  /// Set aside by open holds, in micro-credits.
  public let heldMicros: Int64
  /// What is missing, in micro-credits; 0 when sufficient.
  public let shortfallMicros: Int64
  /// Output tokens that the available credit buys after the question's others; nil for an amount.
  public let maxAffordableTokens: Int64?
  /// When the next open hold ends by itself; nil when none is open.
  public let soonestRelease: LedgerTime?
  /// The enforced budget that leaves least for this question; nil when none covers it.
  public let budget: BudgetStatus?

  /// Whether the answer is yes. Everything but ``CheckDecision/sufficient`` is no.
  public var isSufficient: Bool { decision == .sufficient }

  public init(
    decision: CheckDecision, requiredMicros: Int64, availableMicros: Int64, heldMicros: Int64,
    shortfallMicros: Int64, maxAffordableTokens: Int64?, soonestRelease: LedgerTime?,
    budget: BudgetStatus? = nil
  ) {
    precondition(decision != .sufficient || shortfallMicros == 0, "sufficient with a shortfall")
    self.decision = decision
    self.requiredMicros = requiredMicros
    self.availableMicros = availableMicros
    self.heldMicros = heldMicros
    self.shortfallMicros = shortfallMicros
    self.maxAffordableTokens = maxAffordableTokens
    self.soonestRelease = soonestRelease
    self.budget = budget
  }
}

extension CheckAnswer {
  /// The same answer with a no for another reason.
  func denied(as decision: CheckDecision) -> CheckAnswer {
    CheckAnswer(
      decision: decision, requiredMicros: requiredMicros, availableMicros: availableMicros,
      heldMicros: heldMicros, shortfallMicros: shortfallMicros,
      maxAffordableTokens: maxAffordableTokens, soonestRelease: soonestRelease, budget: budget)
  }
}
