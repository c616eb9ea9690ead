import Contracts
import GRPC
import GRPCServices
import Ledger

extension Farebox_Accounting_V1_ListUsageRequest: PagedRequest {}

extension AccountingAPI {
  /// Lists charges, oldest first. See the contract for refusals.
  public func listUsage(
    request: Farebox_Accounting_V1_ListUsageRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_ListUsageResponse {
    let account = try context.scope(
      request.accountID, all: request.allAccounts, orAnyOf: [.admin, .auditor])
    let filters = PageFilters("ListUsage", request, account: account)
    let range = try TimeRange(request.fromTime, request.toTime)
    var query = UsageQuery(
      account: account, from: range.from, until: range.until,
      limit: try pageSize(request.pageSize, max: LedgerLimits.usagePageMax))
    query.afterSeq = try seal.seq(of: request.pageToken, filters)
    try query.filter(
      model: request.model, sessionID: request.sessionID, outcome: try request.outcome.checked())
    let page = try await fromArchive { () async throws(ArchiveError) in
      try await ledger.listUsage(query)
    }
    var answer = Farebox_Accounting_V1_ListUsageResponse()
    answer.usage = page.records.map(Farebox_Accounting_V1_UsageRecord.init)
    answer.nextPageToken = seal.token(afterSeq: page.nextSeq, filters)
    answer.asOfSeq = page.asOfSeq
    return answer
  }
}
