import Contracts
import GRPC
import Ledger

extension AccountingAPI {
  /// Ends a hold that nobody will end. See the contract for effect and refusals.
  public func forceRelease(
    request: Farebox_Accounting_V1_ForceReleaseRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_ForceReleaseResponse {
    let command = Ledger.ForceRelease(
      hold: try HoldID(named: request.holdID), reason: request.reason)
    let attempt = try self.attempt(request.idempotencyKey, context)
    let outcome = await ledger.forceRelease(command, by: attempt)
    let receipt = try outcome.orThrow(account: nil)
    var answer = Farebox_Accounting_V1_ForceReleaseResponse()
    answer.hold = Farebox_Accounting_V1_Hold(receipt.value.hold)
    answer.usage = receipt.value.usage.map(Farebox_Accounting_V1_UsageRecord.init)
    answer.returnedMicros = receipt.value.returnedMicros
    answer.balance = Farebox_Accounting_V1_Balance(
      receipt.value.balance, of: receipt.value.hold.terms.account)
    answer.asOfSeq = receipt.asOfSeq
    answer.replayed = receipt.isReplayed
    return answer
  }
}
