import Contracts
import GRPC
import Ledger

extension AccountingAPI {
  /// Freezes, closes or opens an account. See the contract for effect and refusals.
  public func setAccountState(
    request: Farebox_Accounting_V1_SetAccountStateRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_SetAccountStateResponse {
    let command = Ledger.SetAccountState(
      account: AccountID(request.accountID), state: try request.state.checked(),
      overdraftLimitMicros: request.overdraftLimitMicros)
    let attempt = try self.attempt(request.idempotencyKey, context)
    let outcome = await ledger.setAccountState(command, by: attempt)
    let receipt = try outcome.orThrow(account: command.account)
    var answer = Farebox_Accounting_V1_SetAccountStateResponse()
    answer.state = Farebox_Accounting_V1_AccountState(receipt.value.state)
    answer.overdraftLimitMicros = receipt.value.overdraftLimitMicros
    answer.balance = Farebox_Accounting_V1_Balance(receipt.value.balance, of: command.account)
    answer.asOfSeq = receipt.asOfSeq
    answer.replayed = receipt.isReplayed
    return answer
  }
}
