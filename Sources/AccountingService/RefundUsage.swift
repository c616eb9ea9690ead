import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI {
  /// Gives back what a charge took. See the contract for effect and refusals.
  public func refundUsage(
    request: Farebox_Accounting_V1_RefundUsageRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_RefundUsageResponse {
    guard let usage = UsageID(request.usageID) else {
      throw RPCError.invalidArgument(field: "usage_id", description: "is not the id of a charge")
    }
    let command = Ledger.RefundUsage(
      usage: usage, amountMicros: request.amountMicros, isServiceFault: request.serviceFault,
      reason: request.reason)
    let attempt = try self.attempt(request.idempotencyKey, context)
    let outcome = await ledger.refundUsage(command, by: attempt)
    let receipt = try outcome.orThrow(account: nil)
    let refund = receipt.value.refund
    var answer = Farebox_Accounting_V1_RefundUsageResponse()
    answer.refundedMicros = refund.amountMicros
    answer.totalRefundedMicros = refund.totalMicros
    answer.returned = refund.returned.map(Farebox_Accounting_V1_Pin.init)
    answer.expiredMicros = refund.expired.totalMicros
    answer.voidedMicros = refund.voided.totalMicros
    answer.debtMicros = refund.debtMicros
    answer.newAllocations = receipt.value.grants.map(Farebox_Accounting_V1_Allocation.init)
    answer.balance = Farebox_Accounting_V1_Balance(
      receipt.value.balance, of: receipt.value.account)
    answer.asOfSeq = receipt.asOfSeq
    answer.replayed = receipt.isReplayed
    return answer
  }
}
