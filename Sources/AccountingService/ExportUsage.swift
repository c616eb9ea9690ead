import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI {
  /// Records in one part of an export: what is in memory at a time.
  private static let exportPartRecords = 500

  /// Streams charges as a file. See the contract for formats and refusals.
  public func exportUsage(
    request: Farebox_Accounting_V1_ExportUsageRequest,
    response: RPCWriter<Farebox_Accounting_V1_ExportUsageResponse>, context: ServerContext
  ) async throws {
    let account = try context.scope(
      request.accountID, all: request.allAccounts, orAnyOf: [.admin, .auditor])
    let range = try TimeRange(request.fromTime, request.toTime)
    var query = UsageQuery(
      account: account, from: range.from, until: range.until, throughSeq: ledger.committedSeq,
      limit: Self.exportPartRecords)
    try query.filter(
      model: request.model, sessionID: request.sessionID, outcome: try request.outcome.checked())
    let form = try request.format.checked()
    var data = form.header
    var isFirst = true
    while true {
      let page = try await fromArchive { [query] () async throws(ArchiveError) in
        try await ledger.listUsage(query)
      }
      for record in page.records {
        try form.append(Farebox_Accounting_V1_UsageRecord(record), to: &data)
      }
      if isFirst || !page.records.isEmpty {
        var part = Farebox_Accounting_V1_ExportUsageResponse()
        part.data = data
        part.records = Int32(page.records.count)
        part.asOfSeq = query.throughSeq
        // Returns when the caller has taken enough of what was written before.
        try await response.write(part)
      }
      isFirst = false
      data = []
      guard let next = page.nextSeq else { return }
      query.afterSeq = next
    }
  }
}

extension Farebox_Accounting_V1_ExportFormat {
  fileprivate func checked() throws(RPCError) -> UsageFile {
    switch self {
    case .csv: .csv
    case .jsonl: .jsonl
    case .unspecified: throw .invalidArgument(field: "format", description: "is required")
    case .UNRECOGNIZED(let value):
      throw .invalidArgument(field: "format", description: "\(value) is not a format")
    }
  }
}
