import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI {
  /// Recomputes the ledger from its journal. See the contract for what is compared.
  public func verifyLedger(
    request: Farebox_Accounting_V1_VerifyLedgerRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_VerifyLedgerResponse {
    for (field, seq) in [("from_seq", request.fromSeq), ("to_seq", request.toSeq)] where seq < 0 {
      throw RPCError.invalidArgument(field: field, description: "must not be negative")
    }
    let report: LedgerReport
    do throws(VerifyError) {
      report = try await ledger.verify(
        from: max(request.fromSeq, 1), through: request.toSeq == 0 ? nil : request.toSeq)
    } catch {
      throw error.rpcError(request)
    }
    return Farebox_Accounting_V1_VerifyLedgerResponse(report)
  }
}

extension VerifyError {
  fileprivate func rpcError(_ request: Farebox_Accounting_V1_VerifyLedgerRequest) -> RPCError {
    switch self {
    case .alreadyRunning:
      RPCError(
        code: .resourceExhausted, message: "another examination is under way",
        reason: "VERIFY_RUNNING", domain: "farebox")
    case .rangeOutsideJournal(let lastSeq):
      .invalidArgument(
        field: request.toSeq > lastSeq ? "to_seq" : "from_seq",
        description: "must lie within the journal, which ends at \(lastSeq)")
    case .cancelled: RPCError(code: .cancelled, message: "the call was cancelled")
    case .store(let error): .unreadable("the journal", error)
    }
  }
}

extension Farebox_Accounting_V1_VerifyLedgerResponse {
  fileprivate init(_ report: LedgerReport) {
    self.init()
    intact = report.firstBreak == nil
    firstBreak = report.firstBreak.map { found in
      var shown = Farebox_Accounting_V1_LedgerBreak()
      shown.rule = found.rule.rawValue
      shown.seq = found.seq
      shown.what = found.what
      shown.expected = found.expected
      shown.found = found.found
      return shown
    }
    fromSeq = report.range?.lowerBound ?? 0
    headSeq = report.head.seq
    headHash = report.head.hash.bytes
    entries = report.counts.entries
    accounts = report.counts.accounts
    allocations = report.counts.allocations
    holds = report.counts.holds
    openHolds = report.counts.openHolds
    charges = report.counts.charges
    refusals = report.counts.refusals
    keys = report.counts.keys
    accountsCompared = report.accountsCompared
  }
}
