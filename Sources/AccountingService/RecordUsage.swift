import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI {
  /// Charges a batch, one result per item. See the contract for effect and refusals.
  public func recordUsage(
    request: Farebox_Accounting_V1_RecordUsageRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_RecordUsageResponse {
    guard (1...LedgerLimits.recordsMax).contains(request.items.count) else {
      throw RPCError.invalidArgument(
        field: "items", description: "must be 1 to \(LedgerLimits.recordsMax)")
    }
    var results: [Farebox_Accounting_V1_RecordUsageResult] = []
    var lawful: [(place: Int, command: Ledger.DeductCredits, attempt: Attempt)] = []
    for (place, item) in request.items.enumerated() {
      var result = Farebox_Accounting_V1_RecordUsageResult()
      let attempt = try self.attempt(item.idempotencyKey, context)
      do throws(RPCError) {
        lawful.append((place, try Ledger.DeductCredits(item), attempt))
      } catch {
        result.outcome = .refused(Farebox_Accounting_V1_UsageRefusal(error))
      }
      results.append(result)
    }
    let outcomes = await ledger.recordUsage(lawful.map { ($0.command, $0.attempt) })
    for (item, outcome) in zip(lawful, outcomes) {
      switch outcome {
      case .success(let receipt):
        results[item.place].outcome = .charged(.init(receipt))
      case .failure(let refusal):
        results[item.place].outcome = .refused(
          Farebox_Accounting_V1_UsageRefusal(refusal.rpcError(account: item.command.account)))
      }
    }
    var answer = Farebox_Accounting_V1_RecordUsageResponse()
    answer.results = results
    return answer
  }
}

extension Farebox_Accounting_V1_UsageRefusal {
  fileprivate init(_ error: RPCError) {
    self.init()
    code = Int32(error.code.rawValue)
    reason = error.errorInfo?.reason ?? ""
    field = error.fieldViolations.first?.field ?? ""
    message = error.message
  }
}
