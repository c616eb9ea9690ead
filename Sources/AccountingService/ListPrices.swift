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
    var bare = request
    bare.pageSize = 0
    bare.pageToken = ""
    let filters = PageFilters("ListPrices", bare, account: nil)
    let page = ledger.prices(
      of: request.model.isEmpty ? nil : request.model,
      afterVersion: try seal.seq(of: request.pageToken, filters),
      limit: try pageSize(request.pageSize, max: LedgerLimits.pricePageMax))
    var answer = Farebox_Accounting_V1_ListPricesResponse()
    answer.prices = page.prices.map(Farebox_Accounting_V1_Price.init)
    answer.nextPageToken = page.nextVersion.map { seal.token(afterSeq: $0, filters) } ?? ""
    answer.asOfSeq = page.asOfSeq
    return answer
  }
}
