import Contracts
import GRPC
import GRPCServices
import GRPCTransport
import Identity
import Interceptors
import Logging
import NIOCore
import Observability
import ServiceLifecycle

/// One listener: a service, and what every listener offers beside it.
struct ListenerService: Service {
  private let server: GRPCServer
  private let name: String
  private let endpoint: Endpoint
  private let logger: Logger
  private let afterDrain: @Sendable () async -> Void

  /// The methods whose requests are large: a prompt, and a batch of up to 1,000 charges.
  private static let large = [
    Farebox_Chat_V1_ChatService.Method.Chat.descriptor,
    Farebox_Accounting_V1_AccountingService.Method.RecordUsage.descriptor,
  ]

  /// - Parameters:
  ///   - name: "auth", "accounting" or "chat".
  ///   - service: the service's descriptor, named in health answers.
  ///   - audience: who tokens must be for.
  ///   - tls: the certificates; nil = plaintext.
  ///   - limits: what clients may cost.
  ///   - afterDrain: runs when the last call has ended, before the listeners below stop.
  init(
    _ name: Settings.Listener, serving service: ServiceDescriptor,
    _ implementation: any RegistrableRPCService, at endpoint: Endpoint, audience: String,
    keys: KeyRing, tls: ServerTLS?, limits: Limits, group: any EventLoopGroup,
    logger: Logger,
    afterDrain: @escaping @Sendable () async -> Void = {}
  ) throws {
    let health = HealthStatus()
    var router = RPCRouter()
    implementation.registerMethods(with: &router)
    VersionService(name: name.rawValue).registerMethods(with: &router)
    HealthService(status: health).registerMethods(with: &router)
    ReflectionService.register(with: &router)
    for service in Set(router.methods.map(\.service)) {
      router.setMaxRequestBytes(limits.messageBytes, for: service)
    }
    for method in Self.large { router.setMaxRequestBytes(limits.largeMessageBytes, for: method) }
    let uncovered = AuthorizationTable.farebox.methodsWithoutRow(among: router.methods)
    guard uncovered.isEmpty else {
      throw StartupError("no authorization row for \(uncovered.map(\.path))")
    }
    var logger = logger
    logger[metadataKey: "listener"] = "\(name.rawValue)"
    health.set(.serving, forService: HealthStatus.wholeServer)
    health.set(.serving, forService: service.fullyQualifiedService)
    self.name = name.rawValue
    self.endpoint = endpoint
    self.logger = logger
    self.afterDrain = afterDrain
    var configuration = GRPCServer.Configuration()
    configuration.tls = tls
    configuration.limits = limits.server
    configuration.onLimitBreach = LimitBreachCounters().count
    configuration.beforeDrain = { health.setAllNotServing() }
    self.server = GRPCServer(
      address: endpoint.serverAddress, router: router,
      interceptors: StandardInterceptors.list(
        verifier: TokenVerifier(audience: audience, keys: keys), logger: logger,
        accessLogLevel: .debug),
      configuration: configuration, logger: logger, eventLoopGroup: group)
  }

  /// Listens until the process is told to stop, then lets the calls under way end.
  ///
  /// Throws ``StartupError`` naming the listener when its address cannot be had. The group then
  /// cancels the other listeners, which end in the same way as when told to stop.
  func run() async throws {
    let address: ServerAddress
    do {
      address = try await server.start()
    } catch {
      throw StartupError("listen.\(name): cannot listen on \(endpoint): \(error)")
    }
    logger.notice("listening", metadata: ["address": "\(address)"])
    await withTaskCancellationOrGracefulShutdownHandler {
      await server.waitUntilStopped()
    } onCancelOrGracefulShutdown: {
      server.beginGracefulShutdown()
    }
    await afterDrain()
    logger.notice("stopped")
  }
}

extension Endpoint {
  fileprivate var serverAddress: ServerAddress {
    switch kind {
    case .tcp(let host, let port): .tcp(host: host, port: port)
    case .unix(let path): .unix(path: path)
    }
  }

  /// The endpoint as a client's target.
  var target: HTTP2ClientTransport.Target {
    switch kind {
    case .tcp(let host, let port): .tcp(host: host, port: port)
    case .unix(let path): .unix(path: path)
    }
  }
}
