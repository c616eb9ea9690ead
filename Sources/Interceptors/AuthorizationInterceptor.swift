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
    try Self.check(context, table.rule(for: context.descriptor))
    try await next(context)
  }

  /// The interceptor with the method's rule at hand; nil where everybody may call.
  public func bound(to method: MethodDescriptor) -> (any ServerInterceptor)? {
    let rule = table.rule(for: method)
    return rule == .open ? nil : MethodAuthorization(rule: rule)
  }

  fileprivate static func check(
    _ context: ServerContext, _ rule: AuthorizationTable.Rule?
  ) throws(RPCError) {
    switch AuthorizationTable.refusal(of: rule, to: context.principal) {
    case nil: return
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

/// The rule of one method. No rule denies.
private struct MethodAuthorization: AdmittingInterceptor {
  let rule: AuthorizationTable.Rule?

  func admit(_ context: inout ServerContext) throws -> Admission {
    try AuthorizationInterceptor.check(context, rule)
    return .admitted
  }

  func intercept(
    _ context: ServerContext, next: (ServerContext) async throws -> Void
  ) async throws {
    try AuthorizationInterceptor.check(context, rule)
    try await next(context)
  }
}
