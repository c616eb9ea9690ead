import ArgumentParser
import Foundation
import Logging
import Metrics
import Observability

/// `farebox serve [SERVICE]`: runs the services until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Run auth, accounting and chat, or one of them.",
    discussion: """
      Each option can also be set as an environment variable (--listen-auth is \
      FAREBOX_LISTEN_AUTH) or in the JSON file that --config names; options win over variables, \
      variables over the file. Addresses are HOST:PORT or unix:PATH. SIGHUP reads the certificates \
      again.
      """)

  @Argument(help: "auth, accounting or chat; left out: all three in one process.")
  var service: Settings.Listener?

  @Option(name: .customLong("config"), help: "A JSON file with settings.")
  var config: String?

  @Option(name: .customLong("data"), help: "The data directory (default ./farebox-data).")
  var data: String?

  @Option(help: "Where auth listens (default 127.0.0.1:7001).")
  var listenAuth: String?

  @Option(help: "Where accounting listens (default 127.0.0.1:7002).")
  var listenAccounting: String?

  @Option(help: "Where chat listens (default 127.0.0.1:7003).")
  var listenChat: String?

  @Option(help: "Where to reach auth when it runs elsewhere (default: where auth listens).")
  var remoteAuth: String?

  @Option(help: "Where chat reaches accounting (default: where accounting listens).")
  var remoteAccounting: String?

  @Option(help: "The name that chat logs in with when auth runs elsewhere; a SERVICE user.")
  var chatUsername: String?

  @Option(help: "A file whose first line is the password of --chat-username.")
  var chatPasswordFile: String?

  @Option(help: "The listeners' certificate and those below its root (PEM): makes them speak TLS.")
  var tlsCertificate: String?

  @Option(help: "The key of --tls-certificate (PEM).")
  var tlsKey: String?

  @Option(help: "The authorities (PEM) that clients' certificates must come from.")
  var tlsClientAuthority: String?

  @Option(
    help: "Call auth and accounting by TLS; believe these authorities (PEM), or \"system\".")
  var remoteTlsAuthority: String?

  @Option(help: "Our certificate (PEM) for auth and accounting, when they demand one.")
  var remoteTlsCertificate: String?

  @Option(help: "The key of --remote-tls-certificate (PEM).")
  var remoteTlsKey: String?

  @Option(help: "The name that their certificates must bear (default: the host of the address).")
  var remoteTlsName: String?

  @Option(help: "Whether webhooks may be posted to other machines by plain http (default false).")
  var webhooksAllowHttp: String?

  @Option(help: "The authorities (PEM) of webhook receivers (default: those of the system).")
  var webhooksTlsAuthority: String?

  @Option(help: "Milliseconds between NOT_SERVING and the end of accepting calls (default 0).")
  var drainDelayMs: String?

  @Option(help: "Where GET /metrics is answered, without a login (default: nowhere).")
  var metricsListen: String?

  @OptionGroup var limits: LimitOptions

  @Option(help: "trace, debug, info, notice, warning, error (default info).")
  var logLevel: String?

  @Option(help: "Event-loop threads (default: one per core that the process may use).")
  var threads: String?

  func run() async throws {
    let settings = try await Settings.load(
      flags: flags.merging(try limits.flags) { flag, _ in flag }, file: config,
      environment: ProcessInfo.processInfo.environment,
      cores: UsableCores.count)
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    var logger = Logger(label: "farebox")
    logger.logLevel = settings.logLevel
    let parts = service.map { [$0] } ?? Settings.Listener.allCases
    let metrics = settings.metricsListen.map { _ in MetricsRegistry() }
    if let metrics { MetricsSystem.bootstrap(metrics) }
    try await ServerProgram(
      settings: settings, parts: parts, logger: logger, metrics: metrics
    ).run()
  }

  /// The options that were given, by settings key.
  private var flags: [String: String] {
    let all: [(String, String?)] = [
      ("data.directory", data), ("listen.auth", listenAuth),
      ("listen.accounting", listenAccounting), ("listen.chat", listenChat),
      ("remote.auth", remoteAuth), ("remote.accounting", remoteAccounting),
      ("chat.username", chatUsername), ("chat.password.file", chatPasswordFile),
      ("log.level", logLevel), ("threads", threads), ("drain.delay.ms", drainDelayMs),
      ("tls.certificate", tlsCertificate), ("tls.key", tlsKey),
      ("tls.client.authority", tlsClientAuthority),
      ("remote.tls.authority", remoteTlsAuthority),
      ("remote.tls.certificate", remoteTlsCertificate), ("remote.tls.key", remoteTlsKey),
      ("remote.tls.name", remoteTlsName), ("webhooks.allow.http", webhooksAllowHttp),
      ("webhooks.tls.authority", webhooksTlsAuthority), ("metrics.listen", metricsListen),
    ]
    return Dictionary(
      uniqueKeysWithValues: all.compactMap { key, value in value.map { (key, $0) } })
  }
}

extension Settings.Listener: ExpressibleByArgument {}
