import Contracts
import GRPC
import GRPCServices
import Ledger

extension Farebox_Accounting_V1_ListPricesRequest: PagedRequest {}

extension AccountingAPI: Farebox_Accounting_V1_AccountingService.Method.ListPrices.Synchronous {
  /// Lists price versions, oldest first. See the contract for refusals.
  public func listPrices(
    request: Farebox_Accounting_V1_ListPricesRequest, context: ServerContext
  ) throws -> Farebox_Accounting_V1_ListPricesResponse {
    let model = try CheckedIdentifier.optional(request.model, field: "model")
    let filters = PageFilters("ListPrices", request, account: nil)
    let page = ledger.prices(
      of: model,
      afterVersion: try seal.seq(of: request.pageToken, filters),
      limit: try pageSize(request.pageSize, max: LedgerLimits.pricePageMax))
    var answer = Farebox_Accounting_V1_ListPricesResponse()
    answer.prices = page.prices.map(Farebox_Accounting_V1_Price.init)
    answer.nextPageToken = seal.token(afterSeq: page.nextVersion, filters)
    answer.asOfSeq = page.asOfSeq
    return answer
  }
}
