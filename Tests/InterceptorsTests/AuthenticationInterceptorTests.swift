import GRPC
import GRPCServices
import Identity
import Synchronization
import Testing

@testable import Interceptors

@Suite("Finding out who calls")
struct AuthenticationInterceptorTests {
  static let whoAmI = MethodDescriptor(path: "/farebox.auth.v1.AuthService/WhoAmI")
  static let login = MethodDescriptor(path: "/farebox.auth.v1.AuthService/Login")

  let key = SigningKey()

  /// One moment for issuer and verifier, that a test can move.
  final class Moment: Sendable {
    let seconds = Atomic<Int64>(1_800_000_000)
    var clock: UnixClock { UnixClock { self.seconds.load(ordering: .relaxed) } }
  }

  let moment = Moment()

  func makeInterceptor(audience: String = ServiceAudience.auth) -> AuthenticationInterceptor {
    let keys = KeyRing(fixed: KeySet([key.verificationKey]))
    return AuthenticationInterceptor(
      verifier: TokenVerifier(audience: audience, keys: keys, clock: moment.clock))
  }

  func makeToken(audience: [String] = ServiceAudience.all) async throws -> String {
    let issuer = try await TokenIssuer(key: key, audience: audience, clock: moment.clock)
    let name = try #require(Username("alice"))
    return try await issuer.issue(subject: "usr_1", username: name, roles: [.user]).token
  }

  /// The principal that reaches the handler, or the failure.
  func call(
    _ interceptor: AuthenticationInterceptor, _ authorization: String?,
    method: MethodDescriptor = whoAmI
  ) async -> Result<Principal?, RPCError> {
    var metadata = Metadata()
    metadata.addString("x", forKey: "before")
    if let authorization { metadata.addString(authorization, forKey: "authorization") }
    let seen = Mutex<Principal?>(nil)
    do {
      try await TestCall.run([interceptor], TestCall.context(method, metadata: metadata)) { context in
        let principal = context.principal
        seen.withLock { $0 = principal }
      }
      return .success(seen.withLock { $0 })
    } catch {
      return .failure(RPCError(wrapping: error))
    }
  }

  @Test("A valid token makes its principal known, the first time and from the cache")
  func valid() async throws {
    let interceptor = makeInterceptor()
    let token = try await makeToken()
    for scheme in ["Bearer ", "bearer ", "BEARER   "] {
      let principal = try await call(interceptor, scheme + token).get()
      #expect(principal?.subject == "usr_1")
      #expect(principal?.roles == [.user])
    }
    let first = try await call(interceptor, "Bearer " + token).get()
    let second = try await call(interceptor, "Bearer " + token).get()
    #expect(first === second)
  }

  @Test("A token that was seen before is admitted at once, a new one has to wait")
  func admission() async throws {
    let interceptor = makeInterceptor()
    var metadata = Metadata()
    metadata.addString("Bearer " + (try await makeToken()), forKey: "authorization")
    var context = TestCall.context(Self.whoAmI, metadata: metadata)
    #expect(try interceptor.admit(&context) == .mustWait)
    #expect(context.principal == nil)
    try await interceptor.intercept(context) { _ in }
    #expect(try interceptor.admit(&context) == .admitted)
    #expect(context.principal?.subject == "usr_1")
    var bare = TestCall.context(Self.whoAmI)
    #expect(throws: RPCError.self) { try interceptor.admit(&bare) }
  }

  @Test("Where everybody may call, neither interceptor has anything to do")
  func open() {
    #expect(makeInterceptor().bound(to: Self.login) == nil)
    #expect(AuthorizationInterceptor().bound(to: Self.login) == nil)
    #expect(makeInterceptor().bound(to: Self.whoAmI) != nil)
    let unknown = MethodDescriptor(path: "/nobody.Knows/This")
    #expect(AuthorizationInterceptor().bound(to: unknown) != nil, "no rule denies")
  }

  @Test("Each way to be unknown is UNAUTHENTICATED, and says which it is")
  func refusals() async throws {
    let interceptor = makeInterceptor()
    let token = try await makeToken()
    let foreign = try await makeToken(audience: [ServiceAudience.chat])
    let rows: [(String?, String, String)] = [
      (nil, "TOKEN_MISSING", "required"),
      ("", "TOKEN_MALFORMED", "not \"Bearer"),
      ("Bearer", "TOKEN_MALFORMED", "not \"Bearer"),
      ("Bearer ", "TOKEN_MALFORMED", "not \"Bearer"),
      ("Bearer\t\(token)", "TOKEN_MALFORMED", "not \"Bearer"),
      ("Basic YWxpY2U6c2VjcmV0", "TOKEN_MALFORMED", "not \"Bearer"),
      (token, "TOKEN_MALFORMED", "not \"Bearer"),
      ("Bearer x", "TOKEN_MALFORMED", "three parts"),
      ("Bearer \(token) x", "TOKEN_MALFORMED", "malformed"),
      ("Bearer \(token)\(String(repeating: "a", count: 9000))", "TOKEN_MALFORMED", "longer"),
      ("Bearer \(token.dropLast(4))AAAA", "TOKEN_INVALID", "signature"),
      ("Bearer \(foreign)", "TOKEN_INVALID", "not for this service"),
    ]
    for (authorization, reason, text) in rows {
      guard case .failure(let error) = await call(interceptor, authorization) else {
        Issue.record("accepted \(authorization ?? "nothing")")
        continue
      }
      #expect(error.code == .unauthenticated)
      #expect(error.errorInfo?.reason == reason, "\(authorization ?? "nothing")")
      #expect(error.errorInfo?.domain == "farebox")
      #expect(error.message.contains(text), "\(error.message)")
      #expect(!error.message.contains(token))
    }
  }

  @Test("A token that was accepted is refused once it has expired, as expired")
  func expiry() async throws {
    let interceptor = makeInterceptor()
    let token = try await makeToken()
    #expect(try await call(interceptor, "Bearer " + token).get() != nil)
    moment.seconds.add(630, ordering: .relaxed)
    guard case .failure(let error) = await call(interceptor, "Bearer " + token) else {
      Issue.record("accepted")
      return
    }
    #expect(error.errorInfo?.reason == "TOKEN_EXPIRED")
    #expect(error.message == "the access token has expired")
  }

  @Test("Methods open to everybody look at no token, not even at a bad one")
  func open() async throws {
    let interceptor = makeInterceptor()
    for authorization in [nil, "Bearer rubbish", "Basic x"] {
      #expect(try await call(interceptor, authorization, method: Self.login).get() == nil)
    }
  }

  @Test("When the keys cannot be fetched the call may be retried: UNAVAILABLE")
  func keysUnavailable() async throws {
    struct Down: KeySource {
      struct Unreachable: Error {}
      func fetchKeys() async throws -> KeySet { throw Unreachable() }
    }
    let interceptor = AuthenticationInterceptor(
      verifier: TokenVerifier(
        audience: ServiceAudience.auth, keys: KeyRing(source: Down(), clock: moment.clock),
        clock: moment.clock))
    guard case .failure(let error) = await call(interceptor, "Bearer " + (try await makeToken()))
    else {
      Issue.record("accepted")
      return
    }
    #expect(error.code == .unavailable)
    #expect(error.errorInfo?.reason == "KEYS_UNAVAILABLE")
  }

  @Test("Without the interceptor there is no principal, and asking for one refuses")
  func missingInterceptor() {
    #expect(throws: RPCError.self) { try TestCall.context(Self.whoAmI).requirePrincipal() }
  }

  @Test("A refused account is PERMISSION_DENIED, the same whatever the account")
  func accessDenied() {
    let error = RPCError(wrapping: AccessDenied())
    #expect(error.code == .permissionDenied)
    #expect(error.errorInfo?.reason == "ACCOUNT_FORBIDDEN")
  }
}
