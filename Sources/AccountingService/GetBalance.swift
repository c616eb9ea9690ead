import Contracts
import GRPC
import GRPCServices
import Ledger
import Protobuf

extension AccountingAPI {
  /// Tells what an account can spend, now or at a past instant. See the contract for who may ask.
  public func getBalance(
    request: Farebox_Accounting_V1_GetBalanceRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_GetBalanceResponse {
    let account = try context.account(
      request.accountID, orAnyOf: [.admin, .service, .auditor])
    let reply: BalanceAnswer
    if let time = try Instant.time(request.atTime, field: "at_time") {
      guard time <= ledger.now else {
        throw RPCError.invalidArgument(field: "at_time", description: "must not be in the future")
      }
      reply = try await fromArchive { () async throws(ArchiveError) in
        try await ledger.balance(of: account, at: time)
      }
    } else {
      do throws(Refusal) {
        reply = try await ledger.balance(of: account)
      } catch {
        throw error.rpcError(account: account)
      }
    }
    var answer = Farebox_Accounting_V1_GetBalanceResponse()
    answer.balance = Farebox_Accounting_V1_Balance(reply.balance, of: account)
    answer.activeAllocations = reply.activeAllocations.map(Farebox_Accounting_V1_Allocation.init)
    answer.nextExpiry = reply.nextExpiry.map(Google_Protobuf_Timestamp.init)
    answer.asOfSeq = reply.asOfSeq
    return answer
  }
}
