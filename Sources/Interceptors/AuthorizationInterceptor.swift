import GRPC
import GRPCServices
import Identity

/// Decides by the authorization table whether the caller may call the method.
///
/// Runs inside `AuthenticationInterceptor` and before the payload is parsed.
public struct AuthorizationInterceptor: ServerInterceptor {
  private let table: AuthorizationTable

  /// Makes the interceptor for a table.
  public init(table: AuthorizationTable = .farebox) {
    self.table = table
  }

  /// Calls `next`, or throws PERMISSION_DENIED, or UNAUTHENTICATED when there is no principal.
  public func intercept(
    _ context: ServerContext, next: (ServerContext) async throws -> Void
  ) async throws {
    let rule = table.rule(for: context.descriptor)
    switch AuthorizationTable.refusal(of: rule, to: context.principal) {
    case nil: try await next(context)
    case .unauthenticated: throw RPCError.unauthenticated(.missing)
    case .missingRole:
      throw RPCError(
        code: .permissionDenied,
        message: "the caller's roles do not allow \(context.descriptor.fullyQualifiedMethod)",
        reason: "ROLE_REQUIRED", domain: "farebox")
    case .noRule:
      throw RPCError(
        code: .permissionDenied,
        message: "nobody may call \(context.descriptor.fullyQualifiedMethod)",
        reason: "NO_AUTHORIZATION_RULE", domain: "farebox")
    }
  }
}
