import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI: Farebox_Accounting_V1_AccountingService.Method.QuoteUsage.Synchronous {
  /// Tells what tokens cost. See the contract for refusals.
  public func quoteUsage(
    request: Farebox_Accounting_V1_QuoteUsageRequest, context: ServerContext
  ) throws -> Farebox_Accounting_V1_QuoteUsageResponse {
    guard let asked = request.usage else {
      throw RPCError.invalidArgument(field: "usage", description: "is required")
    }
    let usage = try Amount.usage(asked)
    let time = try Instant.time(request.atTime, field: "at_time")
    let reply: QuoteAnswer
    switch ledger.quote(usage, at: time) {
    case .success(let answer): reply = answer
    case .failure(.unknownModel):
      // Here the model is what was asked for, not a precondition of something else.
      throw RPCError(
        code: .notFound, message: "the model has no price", reason: "UNKNOWN_MODEL",
        domain: "farebox")
    case .failure(let refusal): throw refusal.rpcError(account: nil)
    }
    var answer = Farebox_Accounting_V1_QuoteUsageResponse()
    answer.costMicros = reply.costMicros
    answer.price = Farebox_Accounting_V1_Price(reply.price)
    return answer
  }
}
