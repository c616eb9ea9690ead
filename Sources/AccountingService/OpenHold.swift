import Contracts
import GRPC
import GRPCServices
import Ledger
import Protobuf

extension AccountingAPI {
  /// Sets credit aside. See the contract for effect and refusals.
  public func openHold(
    request: Farebox_Accounting_V1_OpenHoldRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_OpenHoldResponse {
    let command = try Ledger.OpenHold(request)
    let attempt = try self.attempt(request.idempotencyKey, context)
    let outcome = await ledger.openHold(command, by: attempt)
    let receipt = try outcome.orThrow(account: command.account)
    var answer = Farebox_Accounting_V1_OpenHoldResponse()
    answer.hold = Farebox_Accounting_V1_Hold(receipt.value.hold)
    answer.expiresIn = Google_Protobuf_Duration(receipt.value.expiresIn)
    let granted = receipt.value.grantedTokens
    answer.grantedTokens = granted
    answer.finalSlice = receipt.value.isFinalSlice
    answer.renewAtTokens = granted.map { SliceRenewal.point(used: 0, granted: $0) }
    answer.renewAtMicros = SliceRenewal.point(
      used: 0, granted: receipt.value.hold.grantedMicros)
    answer.balance = Farebox_Accounting_V1_Balance(receipt.value.balance, of: command.account)
    answer.asOfSeq = receipt.asOfSeq
    answer.replayed = receipt.isReplayed
    return answer
  }
}

extension Ledger.OpenHold {
  fileprivate init(_ request: Farebox_Accounting_V1_OpenHoldRequest) throws(RPCError) {
    let charge: Charge
    switch request.amount {
    case .credits(let credits):
      charge = .micros(try Amount.micros(credits: credits, field: "credits"))
    case .creditMicros(let micros):
      charge = .micros(try Amount.micros(micros, field: "credit_micros"))
    case .usage(let usage): charge = .usage(try Amount.usage(usage))
    case nil: throw Amount.missing()
    }
    self.init(
      account: AccountID(request.accountID), charge: charge, minMicros: request.minMicros,
      life: try Instant.duration(request.ttl, field: "ttl"), sliceTokens: request.sliceTokens,
      sessionID: request.sessionID)
  }
}
