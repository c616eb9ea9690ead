import GRPC
import Identity

/// The place of the verified caller among a call's context values.
enum PrincipalKey: ContextKey {
  typealias Value = Principal
}

extension ServerContext {
  /// The verified caller; nil in methods that are open to everybody.
  public var principal: Principal? { self[PrincipalKey.self] }

  /// The verified caller, where the authorization table demands one.
  ///
  /// Throws UNAUTHENTICATED when there is none: a service that is wired without the authentication
  /// interceptor refuses everybody.
  public func requirePrincipal() throws(RPCError) -> Principal {
    guard let principal else { throw .unauthenticated(.missing) }
    return principal
  }

  /// The same call, made by `principal`. For the authentication interceptor and for tests.
  public func authenticated(as principal: Principal) -> ServerContext {
    var copy = self
    copy[PrincipalKey.self] = principal
    return copy
  }
}
