import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI: Farebox_Accounting_V1_AccountingService.Method.DeductCredits.Deferred {
  /// Charges an account at once. See the contract for effect and refusals.
  public func deductCredits(
    request: Farebox_Accounting_V1_DeductCreditsRequest, context: ServerContext,
    answer: PendingAnswer<Farebox_Accounting_V1_DeductCreditsResponse>
  ) throws {
    let command = try Ledger.DeductCredits(request)
    let attempt = try self.attempt(request.idempotencyKey, context)
    submit(.deductCredits(command), by: attempt, of: command.account, for: answer) {
      if case .deducted(let answer) = $0 { answer } else { nil }
    } _: {
      Farebox_Accounting_V1_DeductCreditsResponse($0)
    }
  }
}

extension Farebox_Accounting_V1_DeductCreditsResponse {
  init(_ receipt: Receipt<DeductAnswer>) {
    self.init()
    usage = Farebox_Accounting_V1_UsageRecord(receipt.value.usage)
    balance = Farebox_Accounting_V1_Balance(
      receipt.value.balance, of: receipt.value.usage.account)
    asOfSeq = receipt.asOfSeq
    replayed = receipt.isReplayed
  }
}

extension Ledger.DeductCredits {
  init(_ request: Farebox_Accounting_V1_DeductCreditsRequest) throws(RPCError) {
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
      account: AccountID(request.accountID), charge: charge,
      overPolicy: try request.overPolicy.checked(),
      eventTime: try Instant.time(request.eventTime, field: "event_time"),
      outcome: try request.outcome.checked(), sessionID: request.sessionID,
      requestID: request.requestID)
  }
}
