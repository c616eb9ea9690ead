import GRPC
import GRPCServices
import Ledger
import LedgerConformance

extension Words {
  /// A refusal as a caller was told.
  static func refusal(_ code: Status.Code, _ reason: String, _ field: String) -> String {
    "\(code) \(reason)\(field)"
  }

  static func refusal(_ error: RPCError) -> String {
    refusal(
      error.code, error.errorInfo?.reason ?? "", error.fieldViolations.first?.field ?? "")
  }

  /// A refusal that the journal keeps, as callers must be told of it; nil for one that it must not
  /// keep.
  static func refusal(_ refusal: Refusal) -> String? {
    switch RefusalKind(refusal) {
    case .expiresInThePast: "INVALID_ARGUMENT expires_at"
    case .eventTimeOutOfRange: "INVALID_ARGUMENT event_time"
    case .modelMismatch: "INVALID_ARGUMENT usage.model"
    case .noAccount: "FAILED_PRECONDITION NO_ACCOUNT"
    case .holdNotFound: "NOT_FOUND HOLD_NOT_FOUND"
    case .allocationNotFound: "NOT_FOUND ALLOCATION_NOT_FOUND"
    case .usageNotFound: "NOT_FOUND USAGE_NOT_FOUND"
    case .budgetNotFound: "NOT_FOUND BUDGET_NOT_FOUND"
    case .holdEnded: "FAILED_PRECONDITION HOLD_ENDED"
    case .accountClosed: "FAILED_PRECONDITION ACCOUNT_CLOSED"
    case .accountFrozen: "FAILED_PRECONDITION ACCOUNT_FROZEN"
    case .allocationEnded: "FAILED_PRECONDITION ALLOCATION_ENDED"
    case .overRefund: "FAILED_PRECONDITION OVER_REFUND"
    case .unknownModel: "FAILED_PRECONDITION UNKNOWN_MODEL"
    case .costOverflow: "OUT_OF_RANGE COST_OVERFLOW"
    case .balanceOverflow: "OUT_OF_RANGE BALANCE_OVERFLOW"
    case .tooManyAllocations: "RESOURCE_EXHAUSTED TOO_MANY_ALLOCATIONS"
    case .tooManyHolds: "RESOURCE_EXHAUSTED TOO_MANY_HOLDS"
    case .tooManyBudgets: "RESOURCE_EXHAUSTED TOO_MANY_BUDGETS"
    case .overGranted: "FAILED_PRECONDITION OVER_GRANTED"
    case .inDebt: "FAILED_PRECONDITION IN_DEBT"
    case .insufficientCredits: "FAILED_PRECONDITION INSUFFICIENT_CREDITS"
    case .budgetExceeded: "FAILED_PRECONDITION BUDGET_EXCEEDED"
    case .ledgerStopped, .ledgerOverloaded, .deadlinePassed, .invalidArgument,
      .idempotencyMismatch, .outcomeUnknown, .storageFull, .storageFailed, .answerNotKept:
      nil
    }
  }

  /// Whether asking again with the same key may bring another answer.
  static func isPassing(_ code: Status.Code, _ reason: String) -> Bool {
    switch code {
    case .unavailable, .deadlineExceeded, .cancelled: true
    case .resourceExhausted:
      ["STORAGE_FULL", "LEDGER_OVERLOADED", "TOO_MANY_BACKUPS"].contains(reason)
    default: false
    }
  }

  /// Whether the refusal says that nothing happened.
  static func saysNothingHappened(_ reason: String) -> Bool {
    ["STORAGE_FULL", "STORAGE_FAILED", "LEDGER_OVERLOADED", "DEADLINE_PASSED"].contains(reason)
  }
}
