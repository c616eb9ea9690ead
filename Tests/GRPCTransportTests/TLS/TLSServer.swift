import GRPC
import GRPCTransport
import Logging
import NIOPosix
import Synchronization

/// A server with or without TLS on a port of its own, and clients for it.
final class TLSServer: Sendable {
  let port: Int
  private let server: GRPCServer
  private let log: Log

  /// Keeps what the server logged.
  final class Log: LogHandler, @unchecked Sendable {
    private let lines = Mutex<[String]>([])
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { nil }
      set {}
    }

    func log(event: LogEvent) {
      lines.withLock { $0.append("\(event.level): \(event.message) \(event.metadata ?? [:])") }
    }

    func count(_ text: String) -> Int {
      lines.withLock { $0.count { $0.contains(text) } }
    }

    func contains(_ text: String) -> Bool { lines.withLock { $0.contains { $0.contains(text) } } }
  }

  init(_ tls: ServerTLS?) async throws {
    var router = RPCRouter()
    router.unary("Echo") { input, _ in input }
    router.unary("Names") { _, context in
      Array(context.peerCertificateNames.joined(separator: " ").utf8)
    }
    router.bidirectional("Converse") { input, output, _ in
      for try await message in input { try await output.write(message) }
    }
    var configuration = GRPCServer.Configuration()
    configuration.tls = tls
    configuration.limits = .unhurried
    let log = Log()
    self.log = log
    server = GRPCServer(
      address: .tcp(host: "127.0.0.1", port: 0), router: router, configuration: configuration,
      logger: Logger(label: "test") { _ in log })
    guard case .tcp(_, let port) = try await server.start() else { fatalError("not a TCP port") }
    self.port = port
  }

  /// How many lines of the log hold this text.
  func logCount(_ text: String) -> Int { log.count(text) }

  /// Whether the server logs this text, now or soon.
  func logs(_ text: String) async -> Bool {
    for _ in 0..<6000 {
      if log.contains(text) { return true }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  /// Gives a client for the time of `body`.
  func with<Result>(
    _ tls: ClientTLS?, host: String = "127.0.0.1", _ body: (GRPCClient) async throws -> Result
  ) async throws -> Result {
    let transport = HTTP2ClientTransport(
      target: .tcp(host: host, port: port), configuration: .init(tls: tls),
      logger: Logger(label: "test"))
    do {
      let result = try await body(GRPCClient(transport: transport))
      await transport.shutdown()
      return result
    } catch {
      await transport.shutdown()
      throw error
    }
  }

  /// How a call fails; nil when it does not.
  func failure(_ tls: ClientTLS?, host: String = "127.0.0.1") async -> RPCError? {
    do {
      _ = try await with(tls, host: host) { try await $0.call("Echo") }
      return nil
    } catch {
      return error as? RPCError
    }
  }

  func stop() async {
    server.beginGracefulShutdown()
    await server.waitUntilStopped()
  }
}
