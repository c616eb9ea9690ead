import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI {
  /// Lists an account's charges, oldest first. See the contract for refusals.
  public func listUsage(
    request: Farebox_Accounting_V1_ListUsageRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_ListUsageResponse {
    let account = try context.account(request.accountID, orAnyOf: [.admin, .auditor])
    let query = try UsageQuery(request, account: account)
    let page: UsagePage
    do {
      page = try await ledger.listUsage(query)
    } catch {
      throw RPCError(
        code: .unavailable, message: "the usage records cannot be read now",
        reason: "LEDGER_STOPPED", domain: "farebox", cause: error)
    }
    var answer = Farebox_Accounting_V1_ListUsageResponse()
    answer.usage = page.records.map(Farebox_Accounting_V1_UsageRecord.init)
    answer.nextPageToken = page.nextSeq.map { PageToken(afterSeq: $0).text } ?? ""
    answer.asOfSeq = page.asOfSeq
    return answer
  }
}

extension UsageQuery {
  fileprivate init(
    _ request: Farebox_Accounting_V1_ListUsageRequest, account: AccountID
  ) throws(RPCError) {
    let limit = request.pageSize == 0 ? 100 : Int(request.pageSize)
    guard (1...LedgerLimits.usagePageMax).contains(limit) else {
      throw .invalidArgument(
        field: "page_size", description: "must be 1 to \(LedgerLimits.usagePageMax)")
    }
    var afterSeq: Int64 = 0
    if !request.pageToken.isEmpty {
      guard let token = PageToken(request.pageToken) else {
        throw .invalidArgument(field: "page_token", description: "is not one of ours")
      }
      afterSeq = token.afterSeq
    }
    let from = try Instant.time(request.fromTime, field: "from_time")
    let until = try Instant.time(request.toTime, field: "to_time")
    if let from, let until, until <= from {
      throw .invalidArgument(field: "to_time", description: "must be after from_time")
    }
    self.init(account: account, from: from, until: until, afterSeq: afterSeq, limit: limit)
  }
}

/// Where the next page starts, as callers hand it back: `s` and the last seq of the page before.
struct PageToken: Hashable {
  let afterSeq: Int64

  init(afterSeq: Int64) {
    self.afterSeq = afterSeq
  }

  /// Reads a token; nil when it is not exactly what ``text`` writes.
  init?(_ text: String) {
    guard text.hasPrefix("s"), let seq = Int64(text.dropFirst()), seq > 0 else { return nil }
    afterSeq = seq
    guard self.text == text else { return nil }
  }

  var text: String { "s\(afterSeq)" }
}
