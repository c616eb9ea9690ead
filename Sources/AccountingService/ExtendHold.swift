import Contracts
import GRPC
import GRPCServices
import Ledger
import Protobuf

extension AccountingAPI: Farebox_Accounting_V1_AccountingService.Method.ExtendHold.Deferred {
  /// Takes a report and grants the next slice. See the contract for effect and refusals.
  public func extendHold(
    request: Farebox_Accounting_V1_ExtendHoldRequest, context: ServerContext,
    answer: PendingAnswer<Farebox_Accounting_V1_ExtendHoldResponse>
  ) throws {
    let command = try Ledger.ExtendHold(request)
    let attempt = try self.attempt(request.idempotencyKey, context)
    submit(.extendHold(command), by: attempt, for: answer) {
      if case .holdExtended(let answer) = $0 { answer } else { nil }
    } _: {
      Farebox_Accounting_V1_ExtendHoldResponse($0)
    }
  }
}

extension Farebox_Accounting_V1_ExtendHoldResponse {
  fileprivate init(_ receipt: Receipt<ExtendHoldAnswer>) {
    self.init()
    let extended = receipt.value
    let granted = extended.grantedTokens
    hold = Farebox_Accounting_V1_Hold(extended.hold)
    grantedTokens = granted
    finalSlice = extended.isFinalSlice
    warning = Farebox_Accounting_V1_CreditWarning(extended.warning)
    expiresIn = Google_Protobuf_Duration(extended.expiresIn)
    if let used = extended.hold.reportedUsage?.outputTokens, let granted {
      renewAtTokens = SliceRenewal.point(used: used, granted: granted)
    }
    renewAtMicros = SliceRenewal.point(
      used: extended.hold.reportedMicros, granted: extended.hold.grantedMicros)
    balance = Farebox_Accounting_V1_Balance(extended.balance, of: extended.hold.terms.account)
    asOfSeq = receipt.asOfSeq
    replayed = receipt.isReplayed
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
