import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI {
  /// Adds a version to a model's price. See the contract for effect and refusals.
  public func putPrice(
    request: Farebox_Accounting_V1_PutPriceRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_PutPriceResponse {
    let command = try Ledger.PutPrice(request)
    let attempt = try self.attempt(request.idempotencyKey, context)
    let outcome = await ledger.putPrice(command, by: attempt)
    let receipt = try outcome.orThrow(account: nil)
    var answer = Farebox_Accounting_V1_PutPriceResponse()
    answer.price = Farebox_Accounting_V1_Price(receipt.value.price)
    answer.asOfSeq = receipt.asOfSeq
    answer.replayed = receipt.isReplayed
    return answer
  }
}

extension Ledger.PutPrice {
  fileprivate init(_ request: Farebox_Accounting_V1_PutPriceRequest) throws(RPCError) {
    guard let price = request.price else {
      throw .invalidArgument(field: "price", description: "is required")
    }
    guard price.version == 0 else {
      throw .invalidArgument(field: "price.version", description: "is assigned by the ledger")
    }
    let rates = [
      ("input_micros_per_million", price.inputMicrosPerMillion),
      ("output_micros_per_million", price.outputMicrosPerMillion),
      ("cached_input_micros_per_million", price.cachedInputMicrosPerMillion),
      ("reasoning_micros_per_million", price.reasoningMicrosPerMillion),
      ("per_call_micros", price.perCallMicros), ("minimum_micros", price.minimumMicros),
    ]
    for (name, rate) in rates where !(0...LedgerLimits.rateMax).contains(rate) {
      throw .invalidArgument(
        field: "price." + name, description: "must be 0 to \(LedgerLimits.rateMax)")
    }
    self.init(
      model: price.model,
      effectiveFrom: try Instant.time(price.effectiveFrom, field: "price.effective_from"),
      rates: PriceRates(
        inputMicrosPerMillion: price.inputMicrosPerMillion,
        outputMicrosPerMillion: price.outputMicrosPerMillion,
        cachedInputMicrosPerMillion: price.cachedInputMicrosPerMillion,
        reasoningMicrosPerMillion: price.reasoningMicrosPerMillion,
        perCallMicros: price.perCallMicros, minimumMicros: price.minimumMicros))
  }
}
