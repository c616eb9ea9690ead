import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI: Farebox_Accounting_V1_AccountingService.Method.SettleHold.Deferred {
  /// Charges a hold's work. See the contract for effect and refusals.
  public func settleHold(
    request: Farebox_Accounting_V1_SettleHoldRequest, context: ServerContext,
    answer: PendingAnswer<Farebox_Accounting_V1_SettleHoldResponse>
  ) throws {
    let command = try Ledger.SettleHold(request)
    let attempt = try self.attempt(request.idempotencyKey, context)
    submit(.settleHold(command), by: attempt, for: answer) {
      if case .holdSettled(let answer) = $0 { answer } else { nil }
    } _: {
      Farebox_Accounting_V1_SettleHoldResponse($0)
    }
  }
}

extension Farebox_Accounting_V1_SettleHoldResponse {
  fileprivate init(_ receipt: Receipt<SettleAnswer>) {
    self.init()
    let settled = receipt.value
    usage = Farebox_Accounting_V1_UsageRecord(settled.usage)
    returnedMicros = settled.returnedMicros
    balance = Farebox_Accounting_V1_Balance(settled.balance, of: settled.usage.account)
    asOfSeq = receipt.asOfSeq
    replayed = receipt.isReplayed
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
