import Contracts
import GRPC
import Ledger
import Protobuf

extension AccountingAPI: Farebox_Accounting_V1_AccountingService.Method.GetBalance.Synchronous {
  /// Tells what an account can spend. See the contract for who may ask.
  public func getBalance(
    request: Farebox_Accounting_V1_GetBalanceRequest, context: ServerContext
  ) throws -> Farebox_Accounting_V1_GetBalanceResponse {
    let account = try context.account(
      request.accountID, orAnyOf: [.admin, .service, .auditor])
    let reply = ledger.balance(of: account)
    var answer = Farebox_Accounting_V1_GetBalanceResponse()
    answer.balance = Farebox_Accounting_V1_Balance(reply.balance, of: account)
    answer.activeAllocations = reply.activeAllocations.map(Farebox_Accounting_V1_Allocation.init)
    answer.nextExpiry = reply.nextExpiry.map(Google_Protobuf_Timestamp.init)
    answer.asOfSeq = reply.asOfSeq
    return answer
  }
}
