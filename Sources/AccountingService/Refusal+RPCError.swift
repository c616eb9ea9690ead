import Contracts
import GRPC
import GRPCServices
import Ledger
import Protobuf

/// The one door by which a refusal of the ledger becomes a status.
extension Refusal {
  /// What the caller sees: a code, a message, and a reason that a program can read.
  ///
  /// - Parameter account: the account that was asked for, or nil when only a hold was named.
  func rpcError(account: AccountID?, asOfSeq: Int64 = 0) -> RPCError {
    switch self {
    case .invalidArgument(let invalid):
      .invalidArgument(field: invalid.field, description: invalid.reason)
    case .expiresInThePast:
      .invalidArgument(field: "expires_at", description: "must be in the future")
    case .eventTimeOutOfRange:
      .invalidArgument(
        field: "event_time", description: "must be at most 72 hours ago and 5 minutes ahead")
    case .modelMismatch:
      .invalidArgument(field: "usage.model", description: "must be the model of the hold")
    case .inDebt(let answer):
      refusal(
        .failedPrecondition, "IN_DEBT", "the account is in debt", answer, account, asOfSeq)
    case .insufficientCredits(let answer):
      refusal(
        .failedPrecondition, "INSUFFICIENT_CREDITS", answer.decision.message, answer, account,
        asOfSeq)
    case .budgetExceeded(let answer):
      refusal(
        .failedPrecondition, "BUDGET_EXCEEDED", answer.decision.message, answer, account, asOfSeq)
    default:
      RPCError(
        code: plain.code, message: plain.message, reason: plain.reason, domain: "farebox",
        details: plain.metadata)
    }
  }

  private func refusal(
    _ code: RPCError.Code, _ reason: String, _ message: String, _ answer: CheckAnswer,
    _ account: AccountID?, _ asOfSeq: Int64
  ) -> RPCError {
    var info = Google_Rpc_ErrorInfo()
    info.reason = reason
    info.domain = "farebox"
    let detail = Farebox_Accounting_V1_CheckCreditsResponse(
      answer, account: account ?? "", asOfSeq: asOfSeq)
    let details: [Google_Protobuf_Any?] = [try? .packing(info), try? .packing(detail)]
    return RPCError(code: code, message: message, details: details.compactMap { $0 })
  }

  /// Refusals that carry nothing but words.
  private var plain:
    (code: RPCError.Code, reason: String, message: String, metadata: [String: String])
  {
    switch self {
    case .ledgerStopped:
      (.unavailable, "LEDGER_STOPPED", "the ledger stopped after a storage failure", [:])
    case .storageFull:
      (.resourceExhausted, "STORAGE_FULL", "the storage is full; nothing happened", [:])
    case .storageFailed:
      (.unavailable, "STORAGE_FAILED", "the storage failed; nothing happened", [:])
    case .outcomeUnknown:
      (.unavailable, "LEDGER_STOPPED", "the storage failed; the same key tells the outcome", [:])
    case .ledgerOverloaded:
      (.resourceExhausted, "LEDGER_OVERLOADED", "too many commands wait; nothing happened", [:])
    case .deadlinePassed:
      (
        .deadlineExceeded, "DEADLINE_PASSED",
        "the deadline passed while the command waited; nothing happened", [:]
      )
    case .idempotencyMismatch:
      (.failedPrecondition, "IDEMPOTENCY_MISMATCH", "the key was used for another request", [:])
    case .answerNotKept:
      (
        .failedPrecondition, "ANSWER_NOT_KEPT",
        "the key was used more than 7 days ago; its request is not carried out again", [:]
      )
    case .noAccount:
      (.failedPrecondition, "NO_ACCOUNT", "the account has never received credit", [:])
    case .holdNotFound: (.notFound, "HOLD_NOT_FOUND", "there is no such hold", [:])
    case .allocationNotFound:
      (.notFound, "ALLOCATION_NOT_FOUND", "there is no such allocation", [:])
    case .allocationEnded:
      (
        .failedPrecondition, "ALLOCATION_ENDED", "the allocation is spent, expired or voided", [:]
      )
    case .budgetNotFound:
      (.notFound, "BUDGET_NOT_FOUND", "the account has no such budget", [:])
    case .tooManyBudgets:
      (.resourceExhausted, "TOO_MANY_BUDGETS", "the account has too many budgets", [:])
    case .usageNotFound: (.notFound, "USAGE_NOT_FOUND", "there is no such charge", [:])
    case .overRefund(let refundable):
      (
        .failedPrecondition, "OVER_REFUND", "more than what was charged and not refunded before",
        ["refundable_micros": "\(refundable)"]
      )
    case .holdEnded(let state):
      (.failedPrecondition, "HOLD_ENDED", "the hold has ended", ["state": "\(state)"])
    case .accountClosed: (.failedPrecondition, "ACCOUNT_CLOSED", "the account is closed", [:])
    case .accountFrozen: (.failedPrecondition, "ACCOUNT_FROZEN", "the account is frozen", [:])
    case .unknownModel: (.failedPrecondition, "UNKNOWN_MODEL", "the model has no price", [:])
    case .costOverflow: (.outOfRange, "COST_OVERFLOW", "the cost is above 10^15", [:])
    case .balanceOverflow:
      (.outOfRange, "BALANCE_OVERFLOW", "the account's credit would be above 10^15", [:])
    case .tooManyAllocations:
      (
        .resourceExhausted, "TOO_MANY_ALLOCATIONS", "the account has too many unspent allocations",
        [:]
      )
    case .tooManyHolds:
      (.resourceExhausted, "TOO_MANY_HOLDS", "the account has too many open holds", [:])
    case .overGranted(let cost, let granted):
      (
        .failedPrecondition, "OVER_GRANTED", "the work came to more than the hold granted",
        ["cost_micros": "\(cost)", "granted_micros": "\(granted)"]
      )
    case .invalidArgument, .expiresInThePast, .eventTimeOutOfRange, .modelMismatch, .inDebt,
      .insufficientCredits, .budgetExceeded:
      (.failedPrecondition, "REFUSED", "the request was refused", [:])
    }
  }
}

extension Result where Failure == Refusal {
  /// The answer; throws the refusal as a status.
  func orThrow(account: AccountID?) throws(RPCError) -> Success {
    switch self {
    case .success(let answer): return answer
    case .failure(let refusal): throw refusal.rpcError(account: account)
    }
  }
}
