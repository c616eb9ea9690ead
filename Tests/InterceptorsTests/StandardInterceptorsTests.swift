import GRPC
import Identity
import Logging
import Observability
import Synchronization
import Testing
import Tracing

@testable import Interceptors

@Suite("The list of interceptors")
struct StandardInterceptorsTests {
  /// Keeps what is logged.
  final class Lines: Sendable {
    let lines = Mutex<[(level: Logger.Level, metadata: Logger.Metadata)]>([])
    var all: [(level: Logger.Level, metadata: Logger.Metadata)] { lines.withLock { $0 } }
  }

  struct Handler: LogHandler {
    let lines: Lines
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      lines.lines.withLock { $0.append((event.level, event.metadata ?? [:])) }
    }
  }

  let lines = Lines()
  let key = SigningKey()

  func makeList(logLevel: Logger.Level = .info) -> [any ServerInterceptor] {
    var handler = Handler(lines: lines)
    handler.logLevel = logLevel
    let verifier = TokenVerifier(
      audience: ServiceAudience.auth, keys: KeyRing(fixed: KeySet([key.verificationKey])))
    return StandardInterceptors.list(
      verifier: verifier, logger: Logger(label: "test") { _ in handler }, accessLogLevel: .info)
  }

  func context(_ path: String, token: String?) -> ServerContext {
    var metadata = Metadata()
    if let token { metadata.addString("Bearer \(token)", forKey: "authorization") }
    return TestCall.context(MethodDescriptor(path: path), metadata: metadata)
  }

  func makeToken(_ roles: RoleSet) async throws -> String {
    let issuer = try await TokenIssuer(key: key)
    let name = try #require(Username("alice"))
    return try await issuer.issue(subject: "usr_1", username: name, roles: roles).token
  }

  @Test("The order is tracing, metrics, log, authentication, authorization")
  func order() {
    let list = makeList()
    #expect(list.count == 5)
    #expect(list[0] is ServerTracingInterceptor<NoOpTracer>)
    #expect(list[1] is ServerMetricsInterceptor)
    #expect(list[2] is AccessLogInterceptor)
    #expect(list[3] is AuthenticationInterceptor)
    #expect(list[4] is AuthorizationInterceptor)
  }

  @Test("Tracing and metrics bind to no method when nobody collects them")
  func unobserved() {
    let method = MethodDescriptor(path: "/farebox.auth.v1.AuthService/CreateUser")
    #expect(makeList().prefix(2).allSatisfy { $0.bound(to: method) == nil })
  }

  @Test("A call is logged with method, peer, caller and outcome, and never with its token")
  func accessLog() async throws {
    let list = makeList()
    let path = "/farebox.auth.v1.AuthService/CreateUser"
    let user = try await makeToken([.user])
    let admin = try await makeToken([.admin])
    let nobody = await outcome {
      try await TestCall.run(list, context(path, token: nil)) { _ in Issue.record("reached") }
    }
    #expect(nobody == .unauthenticated)
    let refused = await outcome {
      try await TestCall.run(list, context(path, token: user)) { _ in Issue.record("reached") }
    }
    #expect(refused == .permissionDenied)
    try await TestCall.run(list, context(path, token: admin)) { context in
      #expect(context.principal?.subject == "usr_1")
    }
    let failed = await outcome {
      try await TestCall.run(list, context(path, token: admin)) { _ in
        throw RPCError(code: .notFound, message: "canary")
      }
    }
    #expect(failed == .notFound)

    #expect(
      lines.all.map { $0.metadata["rpc.status"] } == [
        "UNAUTHENTICATED", "PERMISSION_DENIED", "OK", "NOT_FOUND",
      ])
    #expect(lines.all.map { $0.metadata["subject"] } == [nil, "usr_1", "usr_1", "usr_1"])
    for line in lines.all {
      #expect(line.level == .info)
      #expect(line.metadata["rpc.method"] == "farebox.auth.v1.AuthService/CreateUser")
      #expect(line.metadata["peer"] == "ipv4:127.0.0.1:9")
      let text = "\(line.metadata)"
      for secret in [user, admin, "canary", "Bearer"] { #expect(!text.contains(secret)) }
    }
  }

  @Test("A logger above the level gets nothing")
  func quiet() async throws {
    try await TestCall.run(
      makeList(logLevel: .warning), context("/grpc.health.v1.Health/Check", token: nil)
    ) { context in
      #expect(context[AccessLogNotesKey.self] == nil)
    }
    #expect(lines.all.isEmpty)
  }
}
