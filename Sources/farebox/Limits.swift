import GRPCTransport
import Ledger

/// What one client, or all together, may cost a process. Every default is stated with its number.
struct Limits: Sendable {
  /// Those of each listener: connections, streams, timers, floods.
  var server = Self.serverDefaults
  /// Bytes in a request message: 64 KiB.
  var messageBytes = 64 * 1024
  /// Bytes in a prompt, and in a batch of charges: 1 MiB.
  var largeMessageBytes = 1024 * 1024
  /// Those of the ledger: what waits, what is in memory.
  var ledger = CreditLedger.Configuration.defaults

  /// Two commits full of mutations from each thread: more make the ledger slower, not busier.
  private static var serverDefaults: ServerLimits {
    var limits = ServerLimits()
    limits.maxUnaryHandlersPerLoop = 1024
    return limits
  }
}

/// One figure of ``Limits`` that an operator may set: `limits.<key>`.
struct LimitSetting: Sendable {
  /// The key below `limits`, unit last.
  let key: String
  /// What can be chosen.
  let range: ClosedRange<Int>
  /// Whether 0, which is below the range otherwise, turns the limit off.
  let isOptional: Bool
  /// What it limits and what happens there.
  let meaning: String
  /// The figure in force; nil = no limit.
  let read: @Sendable (Limits) -> Int?
  fileprivate let write: @Sendable (inout Limits, Int?) -> Void

  /// The variable of the environment.
  var variable: String { "FAREBOX_LIMITS_" + key.uppercased().replacing(".", with: "_") }

  /// The range for people.
  var choice: String {
    "\(isOptional ? "0, " : "")\(range.lowerBound)…\(range.upperBound)"
  }

  /// Reads a figure.
  ///
  /// Throws ``StartupError`` naming the key when the text is not one, or not one to choose.
  func set(_ text: String, in limits: inout Limits) throws(StartupError) {
    let figure = Int(text)
    if isOptional, figure == 0 { return write(&limits, nil) }
    guard let figure, range.contains(figure) else {
      let orNone = isOptional ? ", or 0 for none" : ""
      throw StartupError(
        "limits.\(key): \"\(text)\" is not \(range.lowerBound) to \(range.upperBound)\(orNone)")
    }
    write(&limits, figure)
  }
}

extension LimitSetting {
  fileprivate static func count<Number: BinaryInteger & Sendable>(
    _ key: String, _ path: WritableKeyPath<Limits, Number> & Sendable, _ range: ClosedRange<Int>,
    _ meaning: String
  ) -> LimitSetting {
    LimitSetting(
      key: key, range: range, isOptional: false, meaning: meaning,
      read: { Int(clamping: $0[keyPath: path]) },
      write: { limits, figure in
        if let figure { limits[keyPath: path] = Number(clamping: figure) }
      })
  }

  /// A figure that the session keeps as a fraction, for its arithmetic.
  fileprivate static func rate(
    _ key: String, _ path: WritableKeyPath<Limits, Double> & Sendable, _ range: ClosedRange<Int>,
    _ meaning: String
  ) -> LimitSetting {
    LimitSetting(
      key: key, range: range, isOptional: false, meaning: meaning,
      read: { Int($0[keyPath: path]) },
      write: { limits, figure in
        if let figure { limits[keyPath: path] = Double(figure) }
      })
  }

  fileprivate static func time(
    _ key: String, _ path: WritableKeyPath<Limits, Duration> & Sendable, _ meaning: String
  ) -> LimitSetting {
    LimitSetting(
      key: key, range: timeRange, isOptional: false, meaning: meaning,
      read: { $0[keyPath: path].milliseconds },
      write: { limits, figure in
        if let figure { limits[keyPath: path] = .milliseconds(figure) }
      })
  }

  fileprivate static func timeOrNone(
    _ key: String, _ path: WritableKeyPath<Limits, Duration?> & Sendable, _ meaning: String
  ) -> LimitSetting {
    LimitSetting(
      key: key, range: timeRange, isOptional: true, meaning: meaning,
      read: { $0[keyPath: path]?.milliseconds },
      write: { limits, figure in limits[keyPath: path] = figure.map { .milliseconds($0) } })
  }

  /// 1 ms to 1 week.
  private static let timeRange = 1...604_800_000
}

extension LimitSetting {
  private static let figures = 1...1_000_000
  private static let bytes = 1024...1 << 30

  /// All of them. No key is the beginning of another: a file nests them.
  static let all = connections + messages + floods + times + ledger

  private static let connections: [LimitSetting] = [
    .count(
      "connections.total", \.server.maxConnections, figures,
      "connections of a listener; further ones are closed"),
    .count(
      "connections.per.address", \.server.maxConnectionsPerAddress, figures,
      "those from one IPv4 address, or IPv6 /64; further ones are closed"),
    .count(
      "fruitless.burst", \.server.fruitlessBurst, figures,
      "an address's connections of no use, at once; then new ones from there wait"),
    .count(
      "fruitless.per.second", \.server.fruitlessPerSecond, figures,
      "the same after the burst"),
    .time(
      "fruitless.wait.ms", \.server.fruitlessWait,
      "how long such a connection waits, unread, or is shut out when 50 of its address do"),
    LimitSetting(
      key: "descriptors.reserve", range: figures, isOptional: true,
      meaning: "file descriptors kept from connections; 0 = a twentieth, at least 32",
      read: { $0.server.descriptorReserve }, write: { $0.server.descriptorReserve = $1 }),
    .count(
      "streams.per.connection", \.server.session.maxConcurrentStreams, 1...100_000,
      "open streams of a connection; further ones end it"),
    .count(
      "handlers.per.connection", \.server.maxRunningHandlers, 1...100_000,
      "running handlers of a connection; further calls are refused, to be tried again"),
    LimitSetting(
      key: "handlers.per.thread", range: figures, isOptional: true,
      meaning: "running handlers of unary calls; further ones wait, or are RESOURCE_EXHAUSTED",
      read: { $0.server.maxUnaryHandlersPerLoop },
      write: { $0.server.maxUnaryHandlersPerLoop = $1 }),
    .count(
      "window.stream.bytes", \.server.session.streamWindowBytes, 65_535...1 << 30,
      "request bytes of a stream on their way"),
    .count(
      "window.connection.bytes", \.server.session.connectionWindowBytes, 65_535...1 << 30,
      "request bytes of a connection on their way"),
    .count(
      "output.stream.bytes", \.server.session.streamHighWaterBytes, bytes,
      "response bytes of a stream that wait before its handler does"),
    .count(
      "output.connection.bytes", \.server.session.connectionHighWaterBytes, bytes,
      "the same of all streams of a connection"),
  ]

  private static let messages: [LimitSetting] = [
    .count(
      "header.list.bytes", \.server.session.maxHeaderListBytes, 1024...1 << 20,
      "a call's header fields, 32 more for each; answered with 431"),
    .count(
      "header.fields", \.server.session.maxHeaderFields, 16...10_000,
      "header fields of a call; answered with 431"),
    .count(
      "header.field.bytes", \.server.session.maxHeaderFieldBytes, 256...65_536,
      "name or value of a header field; answered with 431"),
    .count(
      "message.bytes", \.messageBytes, bytes, "a request message; RESOURCE_EXHAUSTED"),
    .count(
      "message.large.bytes", \.largeMessageBytes, bytes,
      "a prompt, or a batch of charges; RESOURCE_EXHAUSTED"),
    .count(
      "message.held.bytes", \.server.maxHeldRequestBytes, bytes,
      "requests that a connection's calls hold; RESOURCE_EXHAUSTED"),
  ]

  private static let floods: [LimitSetting] = [
    .count(
      "resets.burst", \.server.rapidResetBurst, figures,
      "calls reset right after they began, at once; then the connection ends"),
    .count(
      "resets.per.second", \.server.rapidResetsPerSecond, figures, "the same after the burst"),
    .time("resets.lifetime.ms", \.server.rapidResetLifetime, "age from which a reset is usual"),
    .rate(
      "provoked.resets.burst", \.server.session.provokedResetBurst, figures,
      "malformed calls, at once; then the connection ends"),
    .rate(
      "provoked.resets.per.second", \.server.session.provokedResetsPerSecond, figures,
      "the same after the burst"),
    .rate(
      "idle.frames.burst", \.server.session.idleFrameBurst, figures,
      "frames that lead to nothing, at once; then the connection ends"),
    .rate(
      "idle.frames.per.second", \.server.session.idleFramesPerSecond, figures,
      "the same after the burst"),
    .rate(
      "oversized.headers.burst", \.server.session.oversizedHeaderBurst, figures,
      "calls with too many header fields, at once; then the connection ends"),
    .count(
      "ping.strikes", \.server.maxPingStrikes, figures,
      "pings that come too soon; then the connection ends"),
  ]

  private static let times: [LimitSetting] = [
    .time("timeout.preface.ms", \.server.prefaceTimeout, "TLS and the beginning of HTTP/2"),
    .time("timeout.headers.ms", \.server.headerTimeout, "a header block from first to last byte"),
    .time("timeout.request.ms", \.server.requestTimeout, "a request of one message"),
    .time("timeout.call.ms", \.server.maxCallDuration, "a call, whatever its deadline"),
    .count(
      "stall.bytes", \.server.stallBytes, figures,
      "bytes of a response to be taken within stall.window.ms, or it is reset"),
    .timeOrNone("stall.window.ms", \.server.stallWindow, "the time for that"),
    .timeOrNone(
      "keepalive.interval.ms", \.server.keepaliveInterval,
      "silence after which a client is pinged"),
    .time("keepalive.timeout.ms", \.server.keepaliveTimeout, "time to answer that"),
    .time("ping.interval.ms", \.server.minPingInterval, "between the pings of a client"),
    .timeOrNone(
      "connection.idle.ms", \.server.maxConnectionIdle, "a connection without calls; drained"),
    .timeOrNone("connection.age.ms", \.server.maxConnectionAge, "any connection; drained"),
    .timeOrNone(
      "connection.grace.ms", \.server.maxConnectionAgeGrace,
      "time for the calls of a connection that is drained for its age"),
    .time(
      "drain.grace.ms", \.server.shutdownGrace, "time for the calls under way when stopping"),
  ]

  private static let ledger: [LimitSetting] = [
    .count(
      "ledger.accounts", \.ledger.accountsInMemoryMax, 3...100_000_000,
      "accounts in memory; the one used longest ago leaves, and is loaded when asked for"),
    .count(
      "ledger.waiting.commands", \.ledger.waitingCommandsMax, 1...10_000_000,
      "mutations that wait; further ones are refused as overloaded"),
    .count(
      "ledger.commands.per.commit", \.ledger.commandsPerCommitMax, 1...1_000_000,
      "mutations that share a commit"),
  ]
}

extension Duration {
  fileprivate var milliseconds: Int {
    Int(clamping: components.seconds) * 1000
      + Int(components.attoseconds / 1_000_000_000_000_000)
  }
}
