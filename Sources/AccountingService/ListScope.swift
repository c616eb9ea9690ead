import GRPC
import GRPCServices
import Identity
import Interceptors
import Ledger
import Protobuf

extension ServerContext {
  /// The account that a list is about; nil means every account.
  ///
  /// Throws PERMISSION_DENIED for all accounts, or for another's, unless the caller has one of
  /// `roles`.
  func scope(_ id: String, all: Bool, orAnyOf roles: RoleSet) throws -> AccountID? {
    guard all else { return try account(id, orAnyOf: roles) }
    guard try requirePrincipal().roles.intersects(roles) else { throw AccessDenied() }
    guard id.isEmpty else {
      throw RPCError.invalidArgument(
        field: "all_accounts", description: "must not be set together with account_id")
    }
    return nil
  }
}

/// The instants [from, to) that a list covers.
struct TimeRange {
  let from: LedgerTime?
  let until: LedgerTime?

  /// Throws naming `from_time` or `to_time` when one is unlawful or they are not in order.
  init(
    _ from: Google_Protobuf_Timestamp?, _ until: Google_Protobuf_Timestamp?
  ) throws(RPCError) {
    self.from = try Instant.time(from, field: "from_time")
    self.until = try Instant.time(until, field: "to_time")
    if let from = self.from, let until = self.until, until <= from {
      throw .invalidArgument(field: "to_time", description: "must be after from_time")
    }
  }
}

extension UsageQuery {
  /// Adds the filters that lists and exports share; empty ones choose everything.
  mutating func filter(
    model: String, sessionID: String, outcome: Ledger.Outcome
  ) throws(RPCError) {
    self.model = try CheckedIdentifier.optional(model, field: "model")
    self.sessionID = try CheckedIdentifier.optional(sessionID, field: "session_id")
    self.outcome = outcome == .unspecified ? nil : outcome
  }
}

extension ArchiveError {
  /// What the caller is told.
  var rpcError: RPCError {
    switch self {
    case .overloaded:
      RPCError(
        code: .resourceExhausted, message: "too many questions wait for the journal",
        reason: "READS_OVERLOADED", domain: "farebox")
    case .store(let error): .unreadable("the ledger", error)
    }
  }
}

/// Asks about the past; throws a failure as a status.
func fromArchive<Value: Sendable>(
  _ body: () async throws(ArchiveError) -> Value
) async throws(RPCError) -> Value {
  do {
    return try await body()
  } catch {
    throw error.rpcError
  }
}
