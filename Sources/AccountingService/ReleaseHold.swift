import Contracts
import GRPC
import Ledger

extension AccountingAPI {
  /// Gives a hold's credit back. See the contract for effect and refusals.
  public func releaseHold(
    request: Farebox_Accounting_V1_ReleaseHoldRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_ReleaseHoldResponse {
    let command = Ledger.ReleaseHold(
      hold: try HoldID(named: request.holdID), reason: request.reason)
    let attempt = try self.attempt(request.idempotencyKey, context)
    let outcome = await ledger.releaseHold(command, by: attempt)
    let receipt = try outcome.orThrow(account: nil)
    var answer = Farebox_Accounting_V1_ReleaseHoldResponse()
    answer.hold = Farebox_Accounting_V1_Hold(receipt.value.hold)
    answer.returnedMicros = receipt.value.returnedMicros
    answer.balance = Farebox_Accounting_V1_Balance(
      receipt.value.balance, of: receipt.value.hold.terms.account)
    answer.asOfSeq = receipt.asOfSeq
    answer.replayed = receipt.isReplayed
    return answer
  }
}
