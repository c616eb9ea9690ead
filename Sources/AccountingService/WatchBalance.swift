import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI {
  /// Tells a balance whenever it changes. See the contract for what a slow reader gets.
  public func watchBalance(
    request: Farebox_Accounting_V1_WatchBalanceRequest,
    response: RPCWriter<Farebox_Accounting_V1_WatchBalanceResponse>, context: ServerContext
  ) async throws {
    let account = try context.account(request.accountID, orAnyOf: [.admin, .service])
    guard request.fromSeq >= 0 else {
      throw RPCError.invalidArgument(field: "from_seq", description: "must not be negative")
    }
    let watch: BalanceWatch
    do throws(WatchError) {
      watch = try await ledger.watch(account, after: request.fromSeq)
    } catch {
      throw error.rpcError
    }
    defer { watch.close() }
    while let change = await watch.next() {
      var message = Farebox_Accounting_V1_WatchBalanceResponse()
      message.seq = change.seq
      message.balance = Farebox_Accounting_V1_Balance(
        change.balance(at: ledger.now), of: account)
      message.events = change.kinds.map(Farebox_Accounting_V1_EntryKind.init)
      // While this waits for a slow reader, further changes are merged into one.
      try await response.write(message)
    }
    try Task.checkCancellation()
    throw WatchError.stopped.rpcError
  }
}

extension WatchError {
  fileprivate var rpcError: RPCError {
    switch self {
    case .tooMany:
      RPCError(
        code: .resourceExhausted, message: "too many watch this ledger or this account",
        reason: "TOO_MANY_WATCHERS", domain: "farebox")
    case .aheadOfJournal(let lastSeq):
      .invalidArgument(
        field: "from_seq", description: "must not be after the journal's end, \(lastSeq)")
    case .refused(let refusal): refusal.rpcError(account: nil)
    case .stopped:
      RPCError(
        code: .unavailable, message: "the ledger has stopped", reason: "LEDGER_STOPPED",
        domain: "farebox")
    }
  }
}
