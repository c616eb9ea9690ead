import Contracts
import GRPC
import GRPCServices
import Ledger
import Protobuf

extension AccountingAPI {
  /// Takes a report and grants the next slice. See the contract for effect and refusals.
  public func extendHold(
    request: Farebox_Accounting_V1_ExtendHoldRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_ExtendHoldResponse {
    let command = try Ledger.ExtendHold(request)
    let attempt = try self.attempt(request.idempotencyKey, context)
    let outcome = await ledger.extendHold(command, by: attempt)
    let receipt = try outcome.orThrow(account: nil)
    let hold = receipt.value.hold
    var answer = Farebox_Accounting_V1_ExtendHoldResponse()
    answer.hold = Farebox_Accounting_V1_Hold(hold)
    answer.grantedTokens = receipt.value.grantedTokens
    answer.finalSlice = receipt.value.isFinalSlice
    answer.warning = Farebox_Accounting_V1_CreditWarning(receipt.value.warning)
    answer.expiresIn = Google_Protobuf_Duration(receipt.value.expiresIn)
    if let used = hold.reportedUsage?.outputTokens, let granted = receipt.value.grantedTokens {
      answer.renewAtTokens = SliceRenewal.point(used: used, granted: granted)
    }
    answer.renewAtMicros = SliceRenewal.point(
      used: hold.reportedMicros, granted: hold.grantedMicros)
    answer.balance = Farebox_Accounting_V1_Balance(receipt.value.balance, of: hold.terms.account)
    answer.asOfSeq = receipt.asOfSeq
    answer.replayed = receipt.isReplayed
    return answer
  }
}

extension Ledger.ExtendHold {
  fileprivate init(_ request: Farebox_Accounting_V1_ExtendHoldRequest) throws(RPCError) {
    let used: Charge
    let wanted: Int64
    switch request.used {
    case .usedMicros(let micros):
      used = .micros(micros)
      wanted = request.wantedMicros
      guard request.wantedTokens == 0 else {
        throw .invalidArgument(field: "wanted_tokens", description: "goes with used_tokens")
      }
    case .usedTokens(let usage):
      used = .usage(try Amount.usage(usage, field: "used_tokens", allowingNone: true))
      wanted = request.wantedTokens
      guard request.wantedMicros == 0 else {
        throw .invalidArgument(field: "wanted_micros", description: "goes with used_micros")
      }
    case nil: throw .invalidArgument(field: "used", description: "is required")
    }
    self.init(
      hold: try HoldID(named: request.holdID), used: used, wanted: wanted,
      life: try Instant.duration(request.ttl, field: "ttl"))
  }
}
