import AccountingService
import Contracts
import Foundation
import GRPC
import GRPCServices
import GRPCTransport
import Identity
import Interceptors
import Ledger
import LedgerConformance
import Logging
import StorageSQLite
import Webhooks

/// The accounting service on a loopback port, on a ledger in memory with a clock that tests set.
///
/// Callers name themselves and their roles in the metadata: tokens are tested elsewhere.
struct AccountingFixture {
  typealias Service = Farebox_Accounting_V1_AccountingService

  let client: Service.Client
  /// The same connection without stubs.
  let plain: GRPCClient
  let clock: TestClock
  /// Delivers nothing by itself.
  let outbox: WebhookOutbox
  /// Where the service listens.
  let port: Int

  static func run(
    store: any LedgerStore = MemoryLedgerStore(),
    _ body: (AccountingFixture) async throws -> Void
  ) async throws {
    let clock = TestClock()
    let ledger = try CreditLedger(store: store, clock: clock)
    let webhooks = FileManager.default.temporaryDirectory.path + "/webhooks-\(UUID().uuidString).db"
    defer { try? FileManager.default.removeItem(atPath: webhooks) }
    let outbox = try await WebhookOutbox(
      ledger: ledger, store: SQLiteWebhookStore(path: webhooks), poster: Nobody(), clock: clock)
    var router = RPCRouter()
    AccountingAPI(ledger: ledger, outbox: outbox).registerMethods(with: &router)
    let server = GRPCServer(
      address: .tcp(host: "127.0.0.1", port: 0), router: router,
      interceptors: [NamedCaller(), AuthorizationInterceptor()])
    guard case .tcp(_, let port) = try await server.start() else { return }
    let transport = HTTP2ClientTransport(
      target: .tcp(host: "127.0.0.1", port: port), logger: Logger(label: "test"))
    let fixture = AccountingFixture(
      client: Service.Client(wrapping: GRPCClient(transport: transport)),
      plain: GRPCClient(transport: transport), clock: clock, outbox: outbox, port: port)
    let result: Result<Void, any Error>
    do { result = .success(try await body(fixture)) } catch { result = .failure(error) }
    await transport.shutdown()
    server.beginGracefulShutdown()
    await server.waitUntilStopped()
    try await outbox.close()
    try await ledger.shutDown()
    try result.get()
  }

  /// Metadata of an administrator, a service, an auditor, or a user of that name.
  static func caller(_ name: String) -> Metadata {
    var metadata = Metadata()
    metadata.addString(name, forKey: "x-caller")
    return metadata
  }

  static let admin = caller("admin")
  static let service = caller("service")

  /// Grants micro-credits.
  @discardableResult
  func allocate(
    _ micros: Int64, to account: String, key: String,
    _ edit: (inout Farebox_Accounting_V1_AllocateCreditsRequest) -> Void = { _ in }
  ) async throws -> Farebox_Accounting_V1_AllocateCreditsResponse {
    var request = Farebox_Accounting_V1_AllocateCreditsRequest()
    request.idempotencyKey = key
    request.accountID = account
    request.amount = .creditMicros(micros)
    edit(&request)
    return try await client.allocateCredits(request, metadata: Self.admin)
  }

  /// Puts a price of 1 micro-credit per input token and 2 per output token.
  func putPrice(of model: String) async throws {
    var request = Farebox_Accounting_V1_PutPriceRequest()
    request.idempotencyKey = "price-" + model
    var price = Farebox_Accounting_V1_Price()
    price.model = model
    price.inputMicrosPerMillion = 1_000_000
    price.outputMicrosPerMillion = 2_000_000
    request.price = price
    _ = try await client.putPrice(request, metadata: Self.admin)
  }

  func usage(_ input: Int64, _ output: Int64) -> Farebox_Accounting_V1_TokenUsage {
    var usage = Farebox_Accounting_V1_TokenUsage()
    usage.model = "m"
    usage.inputTokens = input
    usage.outputTokens = output
    return usage
  }
}

/// A receiver that is not there.
private struct Nobody: WebhookPoster {
  func post(_ request: WebhookRequest) async -> AttemptResult { .failed("nobody is there") }
}

/// Believes the `x-caller` metadata: the role is the name, and any other name is a user.
private struct NamedCaller: ServerInterceptor {
  func intercept(
    _ context: ServerContext, next: (ServerContext) async throws -> Void
  ) async throws {
    let name = context.metadata.firstString(forKey: "x-caller") ?? ""
    let roles: RoleSet =
      switch name {
      case "admin": [.admin]
      case "service": [.service]
      case "auditor": [.auditor]
      case "root": [.admin, .service, .auditor, .user]
      default: [.user]
      }
    let principal = Principal(
      subject: name, username: name, roles: roles, tokenID: "t", expiresAt: .max)
    try await next(context.authenticated(as: principal))
  }
}

/// What a call failed with: code, reason and fields; nil when it succeeded.
func failure(
  _ call: () async throws -> some Sendable
) async -> (code: Status.Code, reason: String, field: String)? {
  do {
    _ = try await call()
    return nil
  } catch {
    let error = RPCError(wrapping: error)
    return (
      error.code, error.errorInfo?.reason ?? "", error.fieldViolations.first?.field ?? ""
    )
  }
}
