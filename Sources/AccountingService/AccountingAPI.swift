import Contracts
import GRPC
import Identity
import Interceptors
import Ledger
import Webhooks

/// `farebox.accounting.v1.AccountingService`: contract in, ledger command out, and back.
///
/// Holds no state of its own; safe from any thread. Questions are answered from the ledger's
/// published snapshots on the event loop; mutations wait for their commit.
public struct AccountingAPI: Farebox_Accounting_V1_AccountingService.SimpleServiceProtocol {
  let ledger: CreditLedger
  let seal: PageSeal
  let outbox: WebhookOutbox?

  /// - Parameters:
  ///   - ledger: a started ledger; whoever started it shuts it down after the server.
  ///   - seal: seals the cursors of lists; by default they are good for this process.
  ///   - outbox: delivers events; without one, what concerns webhooks is UNIMPLEMENTED.
  public init(
    ledger: CreditLedger, seal: PageSeal = PageSeal(), outbox: WebhookOutbox? = nil
  ) {
    self.outbox = outbox
    self.ledger = ledger
    self.seal = seal
  }
}

extension AccountingAPI {
  /// The caller's attempt under `key`.
  func attempt(_ key: String, _ context: ServerContext) throws -> Attempt {
    Attempt(
      principal: try context.requirePrincipal().subject, key: key,
      deadline: context.timeLeft.map { ledger.machine.instant.advanced(by: $0) })
  }
}

extension AccountingAPI {
  /// Carries out a command, and answers with what `response` makes of its receipt.
  ///
  /// - Parameter account: the account that the request names, if it does, for refusals.
  func submit<Value, Response>(
    _ command: Command, by attempt: Attempt, of account: AccountID? = nil,
    for answer: PendingAnswer<Response>, _ value: @escaping @Sendable (Answer) -> Value?,
    _ response: @escaping @Sendable (Receipt<Value>) -> Response
  ) {
    ledger.submit(command, by: attempt) { verdict in
      answer.give {
        response(try verdict.result.orThrow(account: account).map(value))
      }
    }
  }
}

extension ServerContext {
  /// The account that a question is about: an empty id is the caller's own.
  ///
  /// Throws PERMISSION_DENIED for another's account unless the caller has one of `roles`, whether
  /// the account exists or not.
  func account(_ id: String, orAnyOf roles: RoleSet) throws -> AccountID {
    let allowed = try requirePrincipal().requireAccess(to: id, orAnyOf: roles)
    try CheckedIdentifier.require(allowed, field: "account_id")
    return AccountID(allowed)
  }
}
