import GRPC
import Identity

/// Finds out who is calling, from the access token in `authorization` metadata.
///
/// Leaves the `Principal` in the context for what runs inside it. Methods that are open to
/// everybody get no principal, and a bad token does not keep anybody from them. A token that was
/// seen before costs a look-up in the cache, without a String and without suspending.
public struct AuthenticationInterceptor: AdmittingInterceptor {
  private let verifier: TokenVerifier
  private let table: AuthorizationTable

  /// Makes the interceptor of one service; `table` tells which methods need no token.
  public init(verifier: TokenVerifier, table: AuthorizationTable = .farebox) {
    self.verifier = verifier
    self.table = table
  }

  /// Nil for methods that are open to everybody: no token is looked at there.
  public func bound(to method: MethodDescriptor) -> (any ServerInterceptor)? {
    table.rule(for: method) == .open ? nil : self
  }

  /// Admits callers whose token was seen before; waits for the verification of others.
  ///
  /// Only for methods that are not open to everybody, see ``bound(to:)``.
  public func admit(_ context: inout ServerContext) throws -> Admission {
    switch credentials(in: context.metadata) {
    case .known(let principal):
      context[AccessLogNotesKey.self]?.setSubject(principal.subject)
      context[PrincipalKey.self] = principal
      return .admitted
    case .unknown: return .mustWait
    case .refused(let refusal): throw RPCError.unauthenticated(refusal)
    }
  }

  /// Calls `next` with the principal, or throws UNAUTHENTICATED saying what is wrong with the
  /// token.
  public func intercept(
    _ context: ServerContext, next: (ServerContext) async throws -> Void
  ) async throws {
    if table.rule(for: context.descriptor) == .open {
      return try await next(context)
    }
    let principal: Principal
    switch credentials(in: context.metadata) {
    case .known(let known): principal = known
    case .unknown(let token): principal = try await verify(token)
    case .refused(let refusal): throw RPCError.unauthenticated(refusal)
    }
    context[AccessLogNotesKey.self]?.setSubject(principal.subject)
    try await next(context.authenticated(as: principal))
  }

  private enum Credentials {
    case known(Principal)
    case unknown([UInt8])
    case refused(AuthenticationRefusal)
  }

  /// The first `authorization` field counts; others are not looked at.
  private func credentials(in metadata: Metadata) -> Credentials {
    let found = metadata.withFirstWireValue(forKey: "authorization") { value -> Credentials in
      guard let token = Self.bearerToken(in: value) else { return .refused(.notBearer) }
      if let principal = verifier.verifyCached(token) { return .known(principal) }
      guard token.count <= TokenVerifier.tokenBytesMax else { return .refused(.token(.tooLong)) }
      return .unknown(Array(token))
    }
    return found ?? .refused(.missing)
  }

  private func verify(_ token: [UInt8]) async throws -> Principal {
    do throws(TokenError) {
      return try await verifier.verify(token)
    } catch {
      throw RPCError.unauthenticated(.token(error))
    }
  }

  /// What follows `Bearer` and blanks (RFC 6750, section 2.1); the scheme's case does not matter
  /// (RFC 9110, section 11.1).
  static func bearerToken(
    in value: UnsafeBufferPointer<UInt8>
  ) -> UnsafeBufferPointer<UInt8>? {
    let scheme: StaticString = "bearer"
    let schemeCount = scheme.utf8CodeUnitCount
    guard value.count > schemeCount + 1, value[schemeCount] == UInt8(ascii: " ") else { return nil }
    let isBearer = scheme.withUTF8Buffer { scheme in
      // Setting bit 5 lowers letters; no other byte becomes one of these letters by it.
      zip(value, scheme).allSatisfy { $0 | 0x20 == $1 }
    }
    guard isBearer else { return nil }
    let token = value[schemeCount...].drop { $0 == UInt8(ascii: " ") }
    return token.isEmpty ? nil : UnsafeBufferPointer(rebasing: token)
  }
}
