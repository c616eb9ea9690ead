import Configuration
import GRPCTransport
import Logging

/// What one run of the server is told: flags first, then `FAREBOX_…` variables, then a file.
///
/// Keys, with their defaults; a variable is the key in upper case with underscores, such as
/// `FAREBOX_LISTEN_AUTH`; the file is JSON with the same keys nested below `farebox`:
/// ```
/// data.directory        ./farebox-data     listen.auth        127.0.0.1:7001
/// listen.accounting     127.0.0.1:7002     listen.chat        127.0.0.1:7003
/// remote.auth           = listen.auth      remote.accounting  = listen.accounting
/// log.level             info               threads            cores it may use
/// chat.username         (none)             chat.password.file (none)
/// tls.certificate       (none)             tls.key            (none)
/// tls.client.authority  (none)             drain.delay.ms     0
/// webhooks.allow.http   false              webhooks.tls.authority (the system's)
/// remote.tls.authority  (none)             remote.tls.name    (the host)
/// remote.tls.certificate (none)            remote.tls.key     (none)
/// metrics.listen        (none)             limits.…           see LimitSetting
/// ```
/// Services listen at HOST:PORT or unix:PATH, and are reached there too, by dns:///NAME:PORT, or at
/// several of these between commas: the first one that answers.
struct Settings: Sendable {
  /// Where the databases and the signing key live.
  var dataDirectory: String
  /// Where each service listens.
  var listen: [Listener: Endpoint]
  /// Where a service that runs alone reaches auth.
  var remoteAuth: HTTP2ClientTransport.Target
  /// Where chat reaches accounting: also in one process, over a socket.
  var remoteAccounting: HTTP2ClientTransport.Target
  /// Least severe level that is logged.
  var logLevel: Logger.Level
  /// Event-loop threads.
  var threads: Int
  /// Chat's own login, when auth runs elsewhere.
  var chatUsername: String?
  /// The file with chat's password: its first line.
  var chatPasswordFile: String?
  /// Certificates; none = plaintext.
  var tls: TLSSettings
  /// Whether webhooks may be posted to other machines by plain http.
  var webhooksAllowHTTP: Bool
  /// The authorities (PEM) of webhook receivers' certificates; nil = those of the system.
  var webhooksAuthority: String?
  /// How long calls are still accepted after a stop was asked for and health has said NOT_SERVING.
  var drainDelay: Duration
  /// Where metrics can be read; nil = none are kept.
  var metricsListen: Endpoint?
  /// What clients may cost.
  var limits: Limits

  /// The three listeners, in the order in which they start.
  enum Listener: String, CaseIterable, Sendable {
    case auth, accounting, chat

    var defaultPort: Int {
      switch self {
      case .auth: 7001
      case .accounting: 7002
      case .chat: 7003
      }
    }
  }

  /// Reads the settings.
  ///
  /// - Parameters:
  ///   - flags: key to text, as given on the command line.
  ///   - file: the path of a JSON file, or nil.
  /// - Throws: ``StartupError`` naming the key that cannot be used, or what the file's reader
  ///   throws.
  static func load(
    flags: [String: String], file: String?, environment: [String: String], cores: Int
  ) async throws -> Settings {
    var providers: [any ConfigProvider] = [
      InMemoryProvider(
        name: "flags",
        values: Dictionary(
          uniqueKeysWithValues: flags.map { key, value in
            let path = ["farebox"] + key.split(separator: ".").map(String.init)
            return (AbsoluteConfigKey(path), ConfigValue(.string(value), isSecret: false))
          })),
      EnvironmentVariablesProvider(environmentVariables: environment),
    ]
    if let file {
      providers.append(try await FileProvider<JSONSnapshot>(filePath: .init(file)))
    }
    let limitsGiven =
      flags.keys.filter { $0.hasPrefix("limits.") }
      + environment.keys.filter { $0.hasPrefix("FAREBOX_LIMITS_") }
    return try Settings(
      ConfigReader(providers: providers).scoped(to: "farebox"), cores: cores,
      limitsGiven: limitsGiven.sorted())
  }

  private init(_ config: ConfigReader, cores: Int, limitsGiven: [String]) throws {
    func text(_ key: String) -> String? {
      let key = ConfigKey(key)
      // In a file a figure may be a number, and a choice true or false.
      return config.string(forKey: key) ?? config.int(forKey: key).map { String($0) }
        ?? config.bool(forKey: key).map { String($0) }
    }
    func endpoint(_ key: String, _ fallback: String) throws -> Endpoint {
      let value = text(key) ?? fallback
      guard let endpoint = Endpoint(value) else {
        throw StartupError("\(key): \"\(value)\" is neither HOST:PORT nor unix:PATH")
      }
      return endpoint
    }
    var listen: [Listener: Endpoint] = [:]
    for listener in Listener.allCases {
      listen[listener] = try endpoint(
        "listen.\(listener.rawValue)", "127.0.0.1:\(listener.defaultPort)")
    }
    self.listen = listen
    func remote(_ key: String, _ listener: Listener) throws -> HTTP2ClientTransport.Target {
      guard let value = text(key) else { return listen[listener]?.target ?? .list([]) }
      do {
        return try HTTP2ClientTransport.Target(parsing: value)
      } catch {
        throw StartupError("\(key): \(error)")
      }
    }
    dataDirectory = text("data.directory") ?? "./farebox-data"
    remoteAuth = try remote("remote.auth", .auth)
    remoteAccounting = try remote("remote.accounting", .accounting)
    let level = text("log.level") ?? "info"
    guard let parsed = Logger.Level(rawValue: level) else {
      throw StartupError(
        "log.level: \"\(level)\" is not trace, debug, info, notice, warning or error")
    }
    logLevel = parsed
    let count = text("threads") ?? String(cores)
    guard let threads = Int(count), (1...64).contains(threads) else {
      throw StartupError("threads: \"\(count)\" is not 1 to 64")
    }
    self.threads = threads
    chatUsername = text("chat.username")
    chatPasswordFile = text("chat.password.file")
    tls = try TLSSettings(text)
    let allowed = text("webhooks.allow.http") ?? "false"
    guard let allowsHTTP = Bool(allowed) else {
      throw StartupError("webhooks.allow.http: \"\(allowed)\" is neither true nor false")
    }
    webhooksAllowHTTP = allowsHTTP
    webhooksAuthority = text("webhooks.tls.authority")
    let delay = text("drain.delay.ms") ?? "0"
    guard let milliseconds = Int(delay), (0...600_000).contains(milliseconds) else {
      throw StartupError("drain.delay.ms: \"\(delay)\" is not 0 to 600000")
    }
    drainDelay = .milliseconds(milliseconds)
    metricsListen = try text("metrics.listen").map { try endpoint("metrics.listen", $0) }
    limits = try Limits(text, given: limitsGiven)
  }
}

/// Why this process cannot start. Printed, not logged: it is for the person who started it.
struct StartupError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Where a service listens or is reached: `HOST:PORT` or `unix:PATH`.
struct Endpoint: Sendable, Hashable, CustomStringConvertible {
  enum Kind: Sendable, Hashable {
    case tcp(host: String, port: Int)
    case unix(path: String)
  }

  let kind: Kind

  /// Reads `HOST:PORT` (also `[::1]:PORT`) or `unix:PATH`; nil when it is neither.
  init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard !path.isEmpty else { return nil }
      kind = .unix(path: path)
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { return nil }
    kind = .tcp(host: String(host), port: port)
  }

  var description: String {
    switch kind {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}
