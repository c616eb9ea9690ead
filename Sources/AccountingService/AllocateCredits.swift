import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI {
  /// Grants credit. See the contract for effect and refusals.
  public func allocateCredits(
    request: Farebox_Accounting_V1_AllocateCreditsRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_AllocateCreditsResponse {
    let command = try Ledger.AllocateCredits(request)
    let attempt = try self.attempt(request.idempotencyKey, context)
    let outcome = await ledger.allocate(command, by: attempt)
    let receipt = try outcome.orThrow(account: command.account)
    var answer = Farebox_Accounting_V1_AllocateCreditsResponse()
    answer.allocation = Farebox_Accounting_V1_Allocation(receipt.value.allocation)
    answer.balance = Farebox_Accounting_V1_Balance(receipt.value.balance, of: command.account)
    answer.debtRepaidMicros = receipt.value.debtRepaidMicros
    answer.asOfSeq = receipt.asOfSeq
    answer.replayed = receipt.isReplayed
    return answer
  }
}

extension Ledger.AllocateCredits {
  fileprivate init(_ request: Farebox_Accounting_V1_AllocateCreditsRequest) throws(RPCError) {
    let amount: Int64
    switch request.amount {
    case .credits(let credits): amount = try Amount.micros(credits: credits, field: "credits")
    case .creditMicros(let micros): amount = try Amount.micros(micros, field: "credit_micros")
    case nil: throw Amount.missing()
    }
    guard let priority = UInt8(exactly: request.priority ?? 100) else {
      throw .invalidArgument(field: "priority", description: "must be 0 to 255")
    }
    self.init(
      account: AccountID(request.accountID), amountMicros: amount,
      allocationClass: try request.class.checked(), priority: priority,
      effectiveAt: try Instant.time(request.effectiveAt, field: "effective_at"),
      expiresAt: try Instant.time(request.expiresAt, field: "expires_at"),
      models: request.models, notes: request.notes)
  }
}
