import Contracts
import GRPC
import GRPCServices
import Ledger
import Protobuf

extension AccountingAPI {
  /// Sets or changes a budget. See the contract for effect and refusals.
  public func setBudget(
    request: Farebox_Accounting_V1_SetBudgetRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_SetBudgetResponse {
    let command = try Ledger.SetBudget(request)
    let attempt = try self.attempt(request.idempotencyKey, context)
    let outcome = await ledger.setBudget(command, by: attempt)
    let receipt = try outcome.orThrow(account: command.account)
    var answer = Farebox_Accounting_V1_SetBudgetResponse()
    answer.budget = Farebox_Accounting_V1_Budget(receipt.value.status)
    answer.asOfSeq = receipt.asOfSeq
    answer.replayed = receipt.isReplayed
    return answer
  }
}

extension AccountingAPI {
  /// Shows an account's budgets. See the contract for refusals.
  public func listBudgets(
    request: Farebox_Accounting_V1_ListBudgetsRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_ListBudgetsResponse {
    try CheckedIdentifier.require(request.accountID, field: "account_id")
    let account = AccountID(request.accountID)
    let budgets: [BudgetStatus]
    let seq: Int64
    do throws(Refusal) {
      (budgets, seq) = try await ledger.budgets(of: account)
    } catch {
      throw error.rpcError(account: account)
    }
    var answer = Farebox_Accounting_V1_ListBudgetsResponse()
    answer.budgets = budgets.map(Farebox_Accounting_V1_Budget.init)
    answer.asOfSeq = seq
    return answer
  }
}

extension Ledger.SetBudget {
  fileprivate init(_ request: Farebox_Accounting_V1_SetBudgetRequest) throws(RPCError) {
    var budget: BudgetID?
    if !request.budgetID.isEmpty {
      budget = BudgetID(request.budgetID)
      guard budget != nil else {
        throw .invalidArgument(field: "budget_id", description: "is not the id of a budget")
      }
    }
    guard let limit = request.limitMicros else {
      throw .invalidArgument(field: "limit_micros", description: "is required")
    }
    let window: BudgetWindow
    switch request.window {
    case nil: window = .none
    case .rolling(let length):
      window = try Instant.duration(length, field: "rolling").map(BudgetWindow.rolling) ?? .none
    case .calendar(let calendar):
      window = .calendar(
        try calendar.period.checked(), zone: calendar.zone.isEmpty ? "UTC" : calendar.zone)
    }
    self.init(
      account: AccountID(request.accountID), budget: budget,
      model: request.model.isEmpty ? nil : request.model,
      sessionID: request.sessionID.isEmpty ? nil : request.sessionID, limitMicros: limit,
      window: window, mode: try request.mode.checked())
  }
}

extension Farebox_Accounting_V1_CalendarPeriod {
  fileprivate func checked() throws(RPCError) -> Ledger.CalendarPeriod {
    switch self {
    case .hour: .hour
    case .day: .day
    case .week: .week
    case .month: .month
    case .year: .year
    case .unspecified, .UNRECOGNIZED:
      throw .invalidArgument(field: "calendar.period", description: "is required")
    }
  }

  fileprivate init(_ period: Ledger.CalendarPeriod) {
    switch period {
    case .hour: self = .hour
    case .day: self = .day
    case .week: self = .week
    case .month: self = .month
    case .year: self = .year
    }
  }
}

extension Farebox_Accounting_V1_BudgetMode {
  /// The ledger's mode, ENFORCE when left out; throws for a value that this version does not know.
  fileprivate func checked() throws(RPCError) -> Ledger.BudgetMode {
    switch self {
    case .unspecified, .enforce: .enforce
    case .observe: .observe
    case .off: .off
    case .UNRECOGNIZED(let value):
      throw .invalidArgument(field: "mode", description: "\(value) is not a budget's mode")
    }
  }
}

extension Farebox_Accounting_V1_Budget {
  init(_ status: BudgetStatus) {
    self.init()
    let terms = status.terms
    budgetID = terms.id.description
    accountID = terms.account.name
    model = terms.model ?? ""
    sessionID = terms.sessionID ?? ""
    limitMicros = terms.limitMicros
    switch terms.window {
    case .none: break
    case .rolling(let length): window = .rolling(Google_Protobuf_Duration(length))
    case .calendar(let period, let zone):
      var calendar = Farebox_Accounting_V1_CalendarWindow()
      calendar.period = Farebox_Accounting_V1_CalendarPeriod(period)
      calendar.zone = zone
      window = .calendar(calendar)
    }
    switch terms.mode {
    case .enforce: mode = .enforce
    case .observe: mode = .observe
    case .off: mode = .off
    }
    usedMicros = status.usedMicros
    heldMicros = status.heldMicros
    remainingMicros = status.remainingMicros
    resetsAt = status.resetsAt.map(Google_Protobuf_Timestamp.init)
  }
}
