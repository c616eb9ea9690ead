import Contracts
import GRPC
import GRPCServices
import Ledger
import Testing

@testable import AccountingService

@Suite struct RefusalTests {
  private static let answer = CheckAnswer(
    decision: .insufficient, requiredMicros: 9, availableMicros: 4, heldMicros: 1,
    shortfallMicros: 5, maxAffordableTokens: nil, soonestRelease: nil)

  @Test("every refusal has the code and the reason that the contract names")
  func codes() {
    let rows: [(Refusal, Status.Code, String)] = [
      (.ledgerStopped, .unavailable, "LEDGER_STOPPED"),
      (.outcomeUnknown, .unavailable, "LEDGER_STOPPED"),
      (.ledgerOverloaded, .resourceExhausted, "LEDGER_OVERLOADED"),
      (.deadlinePassed, .deadlineExceeded, "DEADLINE_PASSED"),
      (.idempotencyMismatch, .failedPrecondition, "IDEMPOTENCY_MISMATCH"),
      (.answerNotKept, .failedPrecondition, "ANSWER_NOT_KEPT"),
      (.storageFull, .resourceExhausted, "STORAGE_FULL"),
      (.storageFailed, .unavailable, "STORAGE_FAILED"),
      (.noAccount, .failedPrecondition, "NO_ACCOUNT"),
      (.holdNotFound, .notFound, "HOLD_NOT_FOUND"),
      (.holdEnded(.settled), .failedPrecondition, "HOLD_ENDED"),
      (.accountClosed, .failedPrecondition, "ACCOUNT_CLOSED"),
      (.accountFrozen, .failedPrecondition, "ACCOUNT_FROZEN"),
      (.unknownModel, .failedPrecondition, "UNKNOWN_MODEL"),
      (.costOverflow, .outOfRange, "COST_OVERFLOW"),
      (.balanceOverflow, .outOfRange, "BALANCE_OVERFLOW"),
      (.tooManyAllocations, .resourceExhausted, "TOO_MANY_ALLOCATIONS"),
      (.tooManyHolds, .resourceExhausted, "TOO_MANY_HOLDS"),
      (.overGranted(costMicros: 2, grantedMicros: 1), .failedPrecondition, "OVER_GRANTED"),
      (.allocationNotFound, .notFound, "ALLOCATION_NOT_FOUND"),
      (.allocationEnded, .failedPrecondition, "ALLOCATION_ENDED"),
      (.usageNotFound, .notFound, "USAGE_NOT_FOUND"),
      (.overRefund(refundableMicros: 3), .failedPrecondition, "OVER_REFUND"),
      (.budgetNotFound, .notFound, "BUDGET_NOT_FOUND"),
      (.tooManyBudgets, .resourceExhausted, "TOO_MANY_BUDGETS"),
      (.budgetExceeded(Self.answer), .failedPrecondition, "BUDGET_EXCEEDED"),
      (.inDebt(Self.answer), .failedPrecondition, "IN_DEBT"),
      (.insufficientCredits(Self.answer), .failedPrecondition, "INSUFFICIENT_CREDITS"),
    ]
    for (refusal, code, reason) in rows {
      let error = refusal.rpcError(account: "u")
      #expect(error.code == code, "\(refusal)")
      #expect(error.errorInfo?.reason == reason && error.errorInfo?.domain == "farebox")
      #expect(!error.message.isEmpty)
    }
  }

  @Test("a refused field is named")
  func fields() {
    let rows: [(Refusal, String)] = [
      (.expiresInThePast, "expires_at"), (.eventTimeOutOfRange, "event_time"),
      (.modelMismatch, "usage.model"),
    ]
    for (refusal, field) in rows {
      let error = refusal.rpcError(account: nil)
      #expect(error.code == .invalidArgument && error.fieldViolations.map(\.field) == [field])
    }
  }

  @Test("a refusal for want of credit carries the answer that a check would give")
  func detail() throws {
    let error = Refusal.insufficientCredits(Self.answer).rpcError(account: "u", asOfSeq: 12)
    let detail = try #require(error.detail(Farebox_Accounting_V1_CheckCreditsResponse.self))
    #expect(!detail.sufficient && detail.decision == .insufficient && detail.accountID == "u")
    #expect(detail.shortfallMicros == 5 && detail.asOfSeq == 12)
  }
}
