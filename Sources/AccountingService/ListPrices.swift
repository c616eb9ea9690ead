import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI: Farebox_Accounting_V1_AccountingService.Method.ListPrices.Synchronous {
  /// Lists price versions, oldest first. See the contract for refusals.
  public func listPrices(
    request: Farebox_Accounting_V1_ListPricesRequest, context: ServerContext
  ) throws -> Farebox_Accounting_V1_ListPricesResponse {
    guard request.model.isEmpty || Identifier.isValid(request.model) else {
      throw RPCError.invalidArgument(
        field: "model", description: "must match [A-Za-z0-9_.:-]{1,64}")
    }
    let page = ledger.prices(
      of: request.model.isEmpty ? nil : request.model,
      afterVersion: try PageToken.afterSeq(of: request.pageToken),
      limit: try PageToken.limit(of: request.pageSize, atMost: LedgerLimits.pricePageMax))
    var answer = Farebox_Accounting_V1_ListPricesResponse()
    answer.prices = page.prices.map(Farebox_Accounting_V1_Price.init)
    answer.nextPageToken = page.nextVersion.map { PageToken(afterSeq: $0).text } ?? ""
    answer.asOfSeq = page.asOfSeq
    return answer
  }
}
