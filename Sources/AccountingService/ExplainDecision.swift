import Contracts
import GRPC
import GRPCServices
import Ledger
import Protobuf

extension AccountingAPI {
  /// Open holds that an explanation shows.
  private static let holdsShownMax = 100

  /// Tells how a decision came about. See the contract for refusals.
  public func explainDecision(
    request: Farebox_Accounting_V1_ExplainDecisionRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_ExplainDecisionResponse {
    let seq = try Self.seq(ofDecision: request.decisionID)
    let found: Explanation
    do throws(ExplainError) {
      found = try await ledger.explain(seq)
    } catch {
      throw error.rpcError
    }
    var answer = Farebox_Accounting_V1_ExplainDecisionResponse()
    answer.firstSeq = found.range.lowerBound
    answer.lastSeq = found.range.upperBound
    answer.time = Google_Protobuf_Timestamp(found.time)
    answer.principal = found.principal
    answer.command = "\(found.command.kind)"
    answer.inputs = DecisionInputs(of: found.command).all
    if let before = found.before {
      answer.balanceBefore = Farebox_Accounting_V1_Balance(
        before.balance(at: found.time), of: before.id)
      answer.allocationsBefore = before.allocations.map(Farebox_Accounting_V1_Allocation.init)
      answer.holdsBefore = before.holds.prefix(Self.holdsShownMax)
        .map(Farebox_Accounting_V1_Hold.init)
    }
    switch found.outcome {
    case .success: answer.accepted = true
    case .failure(let refusal): answer.refusal = refusal.reason(account: found.before?.id)
    }
    answer.entries = found.entries.map(Farebox_Accounting_V1_JournalEntry.init)
    answer.match = found.difference == nil
    answer.difference = found.difference ?? ""
    return answer
  }

  private static func seq(ofDecision id: String) throws(RPCError) -> Int64 {
    if let seq = Int64(id), seq > 0, String(seq) == id { return seq }
    if let id = AllocationID(id) { return id.seq }
    if let id = HoldID(id) { return id.seq }
    if let id = UsageID(id) { return id.seq }
    throw .invalidArgument(
      field: "decision_id", description: "is neither a journal entry nor an id of the ledger")
  }
}

extension Refusal {
  /// The reason that the caller was told; for a bad field its name.
  fileprivate func reason(account: AccountID?) -> String {
    let error = rpcError(account: account)
    return error.errorInfo?.reason ?? error.message
  }
}

extension ExplainError {
  fileprivate var rpcError: RPCError {
    switch self {
    case .noEntry:
      RPCError(
        code: .notFound, message: "the journal has no such entry", reason: "NO_DECISION",
        domain: "farebox")
    case .notADecision:
      RPCError(
        code: .notFound, message: "time brought the entry about, not a decision",
        reason: "NO_DECISION", domain: "farebox")
    case .inputsNotKept:
      RPCError(
        code: .failedPrecondition,
        message: "the entry was written by a version that did not keep the request",
        reason: "INPUTS_NOT_KEPT", domain: "farebox")
    case .archive(let error): error.rpcError
    }
  }
}
