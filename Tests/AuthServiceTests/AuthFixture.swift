import Contracts
import Foundation
import GRPC
import GRPCTransport
import Interceptors
import Logging
import StorageSQLite
import Synchronization

@testable import AuthService
@testable import Identity

/// A clock that tests set.
final class ManualClock: Sendable {
  private let time: Atomic<Int64>
  init(_ time: Int64 = 1_800_000_000) { self.time = Atomic(time) }
  func advance(_ seconds: Int64) { time.add(seconds, ordering: .relaxed) }
  var now: Int64 { time.load(ordering: .relaxed) }
  var clock: UnixClock { UnixClock { self.now } }
}

/// The auth service on a loopback port with real interceptors and a real user database.
struct AuthFixture {
  let client: Farebox_Auth_V1_AuthService.Client
  let users: UserDirectory
  let issuer: TokenIssuer
  let keys: KeySet
  let time: ManualClock

  /// Starts the service with a user `alice` (USER) and an administrator `root`, both with the
  /// password `correct horse`, runs `body`, and stops everything.
  static func run(_ body: (AuthFixture) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("auth-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }

    let time = ManualClock()
    let store = try SQLiteUserStore(path: directory.appendingPathComponent("identity.db").path)
    let hasher = try PasswordHasher(cost: .init(memoryKiB: 64, passes: 1, lanes: 1))
    let users = UserDirectory(store: store, hasher: hasher, clock: time.clock)
    _ = try await users.addUser(name: "alice", password: "correct horse", roles: [.user])
    _ = try await users.addUser(name: "root", password: "correct horse", roles: [.user, .admin])

    let key = SigningKey()
    let keys = KeySet([key.verificationKey])
    let issuer = try await TokenIssuer(key: key, clock: time.clock)
    let service = AuthAPI(
      users: users, issuer: issuer, keys: keys, throttle: LoginThrottle(clock: time.clock))
    var router = RPCRouter()
    service.registerMethods(with: &router)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let verifier = TokenVerifier(
      audience: ServiceAudience.auth, keys: KeyRing(fixed: keys), clock: time.clock)
    let server = GRPCServer(
      address: .tcp(host: "127.0.0.1", port: 0), router: router,
      interceptors: StandardInterceptors.list(verifier: verifier, logger: logger), logger: logger)
    guard case .tcp(_, let port) = try await server.start() else { return }
    let transport = HTTP2ClientTransport(
      target: .tcp(host: "127.0.0.1", port: port), logger: logger)

    let fixture = AuthFixture(
      client: .init(wrapping: GRPCClient(transport: transport)), users: users, issuer: issuer,
      keys: keys, time: time)
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(fixture))
    } catch {
      result = .failure(error)
    }
    await transport.shutdown()
    server.beginGracefulShutdown()
    await server.waitUntilStopped()
    try store.close()
    try result.get()
  }

  func login(
    _ username: String, _ password: String
  ) async throws -> Farebox_Auth_V1_LoginResponse {
    var request = Farebox_Auth_V1_LoginRequest()
    request.username = username
    request.password = password
    return try await client.login(request, metadata: Metadata(), options: .defaults)
  }

  /// Metadata with a fresh token of that user.
  func token(of username: String) async throws -> Metadata {
    let response = try await login(username, "correct horse")
    return ["authorization": .string("Bearer \(response.accessToken)")]
  }
}

/// The failure that `body` ends with; nil when it succeeds.
func failure(_ body: () async throws -> Void) async -> RPCError? {
  do {
    try await body()
    return nil
  } catch {
    return RPCError(wrapping: error)
  }
}
