import Contracts
import GRPC
import GRPCServices
import Ledger

extension Farebox_Accounting_V1_ListHoldsRequest: PagedRequest {}

extension AccountingAPI {
  /// Shows a hold, open or ended. See the contract for refusals.
  public func getHold(
    request: Farebox_Accounting_V1_GetHoldRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_GetHoldResponse {
    let id = try HoldID(named: request.holdID)
    let found: Ledger.Hold?
    do {
      found = try await ledger.hold(id)
    } catch {
      throw RPCError.unreadable("the hold", error)
    }
    guard let found else { throw Refusal.holdNotFound.rpcError(account: nil) }
    var answer = Farebox_Accounting_V1_GetHoldResponse()
    answer.hold = Farebox_Accounting_V1_Hold(found)
    return answer
  }

  /// Lists holds in the order in which they were opened. See the contract for refusals.
  public func listHolds(
    request: Farebox_Accounting_V1_ListHoldsRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_ListHoldsResponse {
    let filters = PageFilters("ListHolds", request, account: nil)
    let query = try HoldQuery(
      request, afterSeq: try seal.seq(of: request.pageToken, filters))
    let page: HoldPage
    do {
      page = try await ledger.listHolds(query)
    } catch {
      throw RPCError.unreadable("the holds", error)
    }
    var answer = Farebox_Accounting_V1_ListHoldsResponse()
    answer.holds = page.holds.map(Farebox_Accounting_V1_Hold.init)
    answer.nextPageToken = seal.token(afterSeq: page.nextSeq, filters)
    answer.asOfSeq = page.asOfSeq
    return answer
  }
}

extension HoldQuery {
  fileprivate init(
    _ request: Farebox_Accounting_V1_ListHoldsRequest, afterSeq: Int64
  ) throws(RPCError) {
    let account = try CheckedIdentifier.optional(request.accountID, field: "account_id")
    let sessionID = try CheckedIdentifier.optional(request.sessionID, field: "session_id")
    self.init(
      account: account.map { AccountID($0) }, state: try request.state.checked(),
      sessionID: sessionID,
      afterSeq: afterSeq, limit: try pageSize(request.pageSize, max: LedgerLimits.holdPageMax))
  }
}

extension RPCError {
  /// The answer when the store cannot be read.
  static func unreadable(_ what: String, _ cause: StoreError) -> RPCError {
    RPCError(
      code: .unavailable, message: "\(what) cannot be read now", reason: "LEDGER_STOPPED",
      domain: "farebox", cause: cause)
  }
}
