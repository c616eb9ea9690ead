import Contracts
import GRPC
import Ledger

extension AccountingAPI: Farebox_Accounting_V1_AccountingService.Method.ReleaseHold.Deferred {
  /// Gives a hold's credit back. See the contract for effect and refusals.
  public func releaseHold(
    request: Farebox_Accounting_V1_ReleaseHoldRequest, context: ServerContext,
    answer: PendingAnswer<Farebox_Accounting_V1_ReleaseHoldResponse>
  ) throws {
    let command = Ledger.ReleaseHold(
      hold: try HoldID(named: request.holdID), reason: request.reason)
    let attempt = try self.attempt(request.idempotencyKey, context)
    submit(.releaseHold(command), by: attempt, for: answer) {
      if case .holdReleased(let answer) = $0 { answer } else { nil }
    } _: {
      Farebox_Accounting_V1_ReleaseHoldResponse($0)
    }
  }
}

extension Farebox_Accounting_V1_ReleaseHoldResponse {
  fileprivate init(_ receipt: Receipt<ReleaseAnswer>) {
    self.init()
    let released = receipt.value
    hold = Farebox_Accounting_V1_Hold(released.hold)
    returnedMicros = released.returnedMicros
    balance = Farebox_Accounting_V1_Balance(released.balance, of: released.hold.terms.account)
    asOfSeq = receipt.asOfSeq
    replayed = receipt.isReplayed
  }
}
