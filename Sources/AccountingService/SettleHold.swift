import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI {
  /// Charges a hold's work. See the contract for effect and refusals.
  public func settleHold(
    request: Farebox_Accounting_V1_SettleHoldRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_SettleHoldResponse {
    let command = try Ledger.SettleHold(request)
    let attempt = try self.attempt(request.idempotencyKey, context)
    let outcome = await ledger.settleHold(command, by: attempt)
    let receipt = try outcome.orThrow(account: nil)
    var answer = Farebox_Accounting_V1_SettleHoldResponse()
    answer.usage = Farebox_Accounting_V1_UsageRecord(receipt.value.usage)
    answer.returnedMicros = receipt.value.returnedMicros
    answer.balance = Farebox_Accounting_V1_Balance(
      receipt.value.balance, of: receipt.value.usage.account)
    answer.asOfSeq = receipt.asOfSeq
    answer.replayed = receipt.isReplayed
    return answer
  }
}

extension Ledger.SettleHold {
  fileprivate init(_ request: Farebox_Accounting_V1_SettleHoldRequest) throws(RPCError) {
    let charge: Charge
    switch request.amount {
    case .creditMicros(let micros):
      guard (0...LedgerLimits.amountMax).contains(micros) else {
        throw .invalidArgument(
          field: "credit_micros", description: "must be 0 to \(LedgerLimits.amountMax)")
      }
      charge = .micros(micros)
    case .usage(let usage): charge = .usage(try Amount.usage(usage, allowingNone: true))
    case nil: throw Amount.missing()
    }
    self.init(
      hold: try HoldID(named: request.holdID), charge: charge,
      overPolicy: try request.overPolicy.checked(), outcome: try request.outcome.checked(),
      requestID: request.requestID)
  }
}

extension HoldID {
  /// Reads the id of a hold; throws naming the field when it cannot be one.
  init(named text: String) throws(RPCError) {
    guard let id = HoldID(text) else {
      throw .invalidArgument(field: "hold_id", description: "is not the id of a hold")
    }
    self = id
  }
}
