import Contracts
import GRPC
import GRPCServices
import Ledger
import Protobuf

extension AccountingAPI: Farebox_Accounting_V1_AccountingService.Method.OpenHold.Deferred {
  /// Sets credit aside. See the contract for effect and refusals.
  public func openHold(
    request: Farebox_Accounting_V1_OpenHoldRequest, context: ServerContext,
    answer: PendingAnswer<Farebox_Accounting_V1_OpenHoldResponse>
  ) throws {
    let command = try Ledger.OpenHold(request)
    let attempt = try self.attempt(request.idempotencyKey, context)
    submit(.openHold(command), by: attempt, of: command.account, for: answer) {
      if case .holdOpened(let answer) = $0 { answer } else { nil }
    } _: {
      Farebox_Accounting_V1_OpenHoldResponse($0)
    }
  }
}

extension Farebox_Accounting_V1_OpenHoldResponse {
  fileprivate init(_ receipt: Receipt<OpenHoldAnswer>) {
    self.init()
    let opened = receipt.value
    hold = Farebox_Accounting_V1_Hold(opened.hold)
    expiresIn = Google_Protobuf_Duration(opened.expiresIn)
    let granted = opened.grantedTokens
    grantedTokens = granted
    finalSlice = opened.isFinalSlice
    renewAtTokens = granted.map { SliceRenewal.point(used: 0, granted: $0) }
    renewAtMicros = SliceRenewal.point(used: 0, granted: opened.hold.grantedMicros)
    balance = Farebox_Accounting_V1_Balance(opened.balance, of: opened.hold.terms.account)
    asOfSeq = receipt.asOfSeq
    replayed = receipt.isReplayed
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
