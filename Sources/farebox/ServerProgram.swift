import AccountingService
import AuthService
import ChatService
import Contracts
import Conversation
import GRPC
import GRPCTransport
import Identity
import Ledger
import Logging
import NIOPosix
import Observability
import ServiceLifecycle
import StorageSQLite
import WebhookTransport
import Webhooks

/// Builds what `farebox serve` was asked for, runs it, and takes it down in order.
struct ServerProgram: Sendable {
  let settings: Settings
  let parts: [Settings.Listener]
  let logger: Logger
  /// Where metrics are kept; nil = nowhere.
  let metrics: MetricsRegistry?
  private let certificates: Certificates

  /// Reads the certificates. Throws ``StartupError`` when one cannot be used or is missing.
  init(
    settings: Settings, parts: [Settings.Listener], logger: Logger, metrics: MetricsRegistry? = nil
  ) throws {
    self.settings = settings
    self.parts = parts
    self.logger = logger
    self.metrics = metrics
    certificates = try Certificates(settings.tls)
    let chatCallsItself =
      parts.contains(.chat) && parts.contains(.accounting)
      && settings.remoteAccounting == settings.listen[.accounting]?.target
    if certificates.listeners != nil, certificates.remotes == nil, chatCallsItself {
      throw StartupError(
        "remote.tls.authority: chat reaches accounting by TLS here and must know whom to believe; "
          + "\"system\" or a PEM file")
    }
  }

  /// What has to be closed when the listeners have stopped, last opened first.
  private final class Closers {
    var actions: [(String, () async throws -> Void)] = []
    func add(_ name: String, _ action: @escaping () async throws -> Void) {
      actions.append((name, action))
    }
  }

  /// Runs until SIGTERM or SIGINT. Throws when something cannot be opened or listened on.
  func run() async throws {
    let closers = Closers()
    do {
      let listeners = try await build(closers)
      // First: the group stops its services in the reverse order.
      let reload: [any Service] =
        certificates.isEmpty ? [] : [CertificateReload(certificates, logger: logger)]
      let group = ServiceGroup(
        configuration: ServiceGroupConfiguration(
          services: (reload + listeners).map { .init(service: $0) },
          gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
      try await group.run()
    } catch {
      await close(closers)
      throw error
    }
    await close(closers)
  }

  private func close(_ closers: Closers) async {
    for (name, action) in closers.actions.reversed() {
      do { try await action() } catch {
        logger.error("did not close cleanly", metadata: ["part": "\(name)", "error": "\(error)"])
      }
    }
  }

  /// In the order in which listeners start; the group stops them in the reverse order, so that chat
  /// can settle while accounting still answers.
  private func build(_ closers: Closers) async throws -> [any Service] {
    let threads = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
    closers.add("event loops") { try await threads.shutdownGracefully() }
    let memory = Task { await MemoryReturn.run() }
    closers.add("memory") { memory.cancel() }
    let data = Installation(path: settings.dataDirectory)
    var local: LocalIdentity?
    var listeners: [any Service] = []
    if let metrics, let endpoint = settings.metricsListen {
      // Stops last: what happens while the others drain can be read.
      listeners.append(
        MetricsEndpoint(registry: metrics, endpoint: endpoint, group: threads, logger: logger))
    }
    if parts.contains(.auth) {
      try data.prepare()
      let identity = try await LocalIdentity(data)
      closers.add("users") { try identity.store.close() }
      local = identity
    }
    let keys = local.map { KeyRing(fixed: $0.keys) } ?? remoteKeys(threads, closers)
    for part in Settings.Listener.allCases where parts.contains(part) {
      switch part {
      case .auth:
        guard let local else { continue }
        listeners.append(try auth(local, keys, threads))
      case .accounting:
        try data.prepare()
        listeners.append(try await accounting(data, keys, threads, closers))
      case .chat:
        listeners.append(try chat(local, keys, threads, closers))
      }
    }
    return listeners
  }

  /// The limits of a listener.
  private var limits: Limits {
    var limits = settings.limits
    limits.server.lameDuck = settings.drainDelay
    return limits
  }

  private func endpoint(_ part: Settings.Listener) throws -> Endpoint {
    guard let endpoint = settings.listen[part] else {
      throw StartupError("listen.\(part.rawValue) is not set")
    }
    return endpoint
  }

  private func auth(
    _ local: LocalIdentity, _ keys: KeyRing, _ threads: MultiThreadedEventLoopGroup
  ) throws -> ListenerService {
    let api = AuthAPI(
      users: local.users, issuer: local.issuer, keys: local.keys, throttle: LoginThrottle())
    return try ListenerService(
      .auth, serving: Farebox_Auth_V1_AuthService.descriptor, api, at: endpoint(.auth),
      audience: ServiceAudience.auth, keys: keys, tls: certificates.listeners,
      limits: limits, group: threads, logger: logger)
  }

  private func accounting(
    _ data: Installation, _ keys: KeyRing, _ threads: MultiThreadedEventLoopGroup,
    _ closers: Closers
  ) async throws -> ListenerService {
    let directory = try DataDirectory(path: data.ledger)
    let store = try SQLiteLedgerStore(directory: directory)
    let ledger = try CreditLedger(
      store: store, calendar: SystemCalendar(), configuration: settings.limits.ledger)
    let sweeper = Task { await ledger.sweepContinuously() }
    closers.add("ledger") {
      sweeper.cancel()
      await sweeper.value
      try await ledger.shutDown()
    }
    logger.notice(
      "ledger open", metadata: ["seq": "\(ledger.committedSeq)", "epoch": "\(store.epoch)"])
    let outbox = try await outbox(of: ledger, directory, threads, closers)
    return try ListenerService(
      .accounting, serving: Farebox_Accounting_V1_AccountingService.descriptor,
      AccountingAPI(ledger: ledger, outbox: outbox), at: endpoint(.accounting),
      audience: ServiceAudience.accounting, keys: keys, tls: certificates.listeners,
      limits: limits, group: threads, logger: logger)
  }

  /// Starts to deliver events; stops before the ledger does.
  private func outbox(
    of ledger: CreditLedger, _ directory: DataDirectory, _ threads: MultiThreadedEventLoopGroup,
    _ closers: Closers
  ) async throws -> WebhookOutbox {
    let logger = logger
    let poster: HTTPPoster
    do {
      poster = try HTTPPoster(group: threads, authorityFile: settings.webhooksAuthority)
    } catch {
      throw StartupError("webhooks.tls.authority: \(error)")
    }
    let outbox = try await WebhookOutbox(
      ledger: ledger, store: SQLiteWebhookStore(path: directory.file("webhooks.db")),
      poster: poster,
      configuration: WebhookOutbox.Configuration(allowsPlainHTTP: settings.webhooksAllowHTTP)
    ) { trouble in
      logger.warning("webhooks", metadata: ["reason": "\(trouble)"])
    }
    let deliveries = Task { await outbox.run() }
    closers.add("webhooks") {
      deliveries.cancel()
      await deliveries.value
      try await outbox.close()
    }
    return outbox
  }

  private func chat(
    _ local: LocalIdentity?, _ keys: KeyRing, _ threads: MultiThreadedEventLoopGroup,
    _ closers: Closers
  ) throws -> ListenerService {
    let tokens: any ServiceTokens
    if let local {
      tokens = LocalTokens(issuer: local.issuer)
    } else {
      guard let name = settings.chatUsername, let file = settings.chatPasswordFile else {
        throw StartupError(
          "chat without auth in the same process needs chat.username and chat.password.file")
      }
      tokens = LoginTokens(
        client: client(of: settings.remoteAuth, threads, closers), username: name,
        password: try Password.read(file: file))
    }
    let accounting = client(of: settings.remoteAccounting, threads, closers)
    let settlements = PendingSettlements(client: accounting, tokens: tokens, logger: logger)
    let gate = AccountingGate(client: accounting, tokens: tokens, settlements: settlements)
    let logger = logger
    return try ListenerService(
      .chat, serving: Farebox_Chat_V1_ChatService.descriptor,
      ChatAPI(provider: BuiltInProvider(), gate: gate, logger: logger), at: endpoint(.chat),
      audience: ServiceAudience.chat, keys: keys, tls: certificates.listeners,
      limits: limits, group: threads, logger: logger
    ) {
      let left = await settlements.drain(within: .seconds(5))
      if left > 0 {
        logger.error("settlements were not answered", metadata: ["count": "\(left)"])
      }
    }
  }

  private func remoteKeys(
    _ threads: MultiThreadedEventLoopGroup, _ closers: Closers
  ) -> KeyRing {
    KeyRing(source: RemoteKeySource(client: client(of: settings.remoteAuth, threads, closers)))
  }

  private func client(
    of target: HTTP2ClientTransport.Target, _ threads: MultiThreadedEventLoopGroup,
    _ closers: Closers
  ) -> GRPCClient {
    let transport = HTTP2ClientTransport(
      target: target, configuration: .init(tls: certificates.remotes),
      eventLoopGroup: threads, logger: logger)
    closers.add("client of \(target)") { await transport.shutdown() }
    return GRPCClient(
      transport: transport, interceptors: ClientObservation.interceptors(logger: logger))
  }
}

/// The identity of this installation: users and the key that signs their tokens.
private struct LocalIdentity: Sendable {
  let store: SQLiteUserStore
  let users: UserDirectory
  let issuer: TokenIssuer
  let keys: KeySet

  init(_ data: Installation) async throws {
    store = try SQLiteUserStore(path: data.users)
    let key = try SigningKeyFile(path: data.signingKey).loadOrCreate()
    users = UserDirectory(store: store, hasher: try PasswordHasher())
    issuer = try await TokenIssuer(key: key)
    keys = KeySet([key.verificationKey])
  }
}
