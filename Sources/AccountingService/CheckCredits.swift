import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI: Farebox_Accounting_V1_AccountingService.Method.CheckCredits.Synchronous {
  /// Asks whether an account could pay. Answered from the published snapshot: nothing waits, unless
  /// the account has to be loaded.
  public func checkCredits(
    request: Farebox_Accounting_V1_CheckCreditsRequest, context: ServerContext
  ) throws -> Farebox_Accounting_V1_CheckCreditsResponse {
    let account = try context.account(request.accountID, orAnyOf: [.admin, .service])
    let charge = try Self.charge(request)
    _ = try CheckedIdentifier.optional(request.sessionID, field: "session_id")
    let session = request.sessionID
    guard let result = ledger.checkAtOnce(account, for: charge, sessionID: session) else {
      throw AnswerLater { [ledger] in
        try Self.answer(await ledger.check(account, for: charge, sessionID: session), account)
      }
    }
    return try Self.answer(result, account)
  }

  private static func answer(
    _ result: Result<CheckReply, Refusal>, _ account: AccountID
  ) throws -> Farebox_Accounting_V1_CheckCreditsResponse {
    let reply = try result.orThrow(account: account)
    return Farebox_Accounting_V1_CheckCreditsResponse(
      reply.answer, account: account, asOfSeq: reply.asOfSeq)
  }

  private static func charge(
    _ request: Farebox_Accounting_V1_CheckCreditsRequest
  ) throws(RPCError) -> Charge {
    switch request.amount {
    case .credits(let credits):
      return .micros(try Amount.micros(credits: credits, field: "credits"))
    case .requiredCredits(let credits):
      return .micros(try Amount.micros(credits: credits, field: "required_credits"))
    case .creditMicros(let micros):
      return .micros(try Amount.micros(micros, field: "credit_micros"))
    case .usage(let usage): return .usage(try Amount.usage(usage))
    case nil: throw Amount.missing()
    }
  }
}
