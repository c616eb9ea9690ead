/// Limits what an account's work costs: sets a new budget, or changes one.
public struct SetBudget: Sendable, Hashable {
  public var account: AccountID
  /// The budget to change; nil sets a new one.
  public var budget: BudgetID?
  /// For a new budget: only charges of this model count; nil means all.
  public var model: String?
  /// For a new budget: only charges of this session count; nil means all.
  public var sessionID: String?
  public var limitMicros: Int64
  public var window: BudgetWindow
  public var mode: BudgetMode

  public init(
    account: AccountID, budget: BudgetID? = nil, model: String? = nil, sessionID: String? = nil,
    limitMicros: Int64, window: BudgetWindow = .none, mode: BudgetMode = .enforce
  ) {
    self.account = account
    self.budget = budget
    self.model = model
    self.sessionID = sessionID
    self.limitMicros = limitMicros
    self.window = window
    self.mode = mode
  }
}

/// The answer to ``SetBudget``.
public struct SetBudgetAnswer: Sendable {
  /// The budget as it stands; what was counted before counts on.
  public let status: BudgetStatus
}
