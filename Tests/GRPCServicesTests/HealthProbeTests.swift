import GRPC
import GRPCServices
import GRPCTransport
import Logging
import Testing

@Suite("Watching the health of servers", .timeLimit(.minutes(10)))
struct HealthProbeTests {
  private static let app = "test.App"

  /// A server that knows its own name: Check of another name is NOT_FOUND.
  private struct Server {
    let name: String
    let health = HealthStatus()
    let target: HTTP2ClientTransport.Target
    private let server: GRPCServer

    init(_ name: String, hasHealth: Bool = true, serves: Bool = true) async throws {
      self.name = name
      health.set(.serving, forService: name)
      health.set(serves ? .serving : .notServing, forService: HealthProbeTests.app)
      var router = RPCRouter()
      if hasHealth { HealthService(status: health).registerMethods(with: &router) }
      server = GRPCServer(
        address: .tcp(host: "127.0.0.1", port: 0), router: router, logger: HealthProbeTests.logger)
      guard case .tcp(let host, let port) = try await server.start() else {
        preconditionFailure("a TCP listener has a port")
      }
      target = .tcp(host: host, port: port)
    }

    func stop() async {
      server.beginGracefulShutdown()
      await server.waitUntilStopped()
    }
  }

  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private static func transport(
    _ servers: [Server], _ balancing: LoadBalancing = .roundRobin
  ) throws -> HTTP2ClientTransport {
    HTTP2ClientTransport(
      target: .list(servers.map(\.target)),
      configuration: .init(
        balancing: balancing, healthProbe: try .health(ofService: app)),
      logger: logger)
  }

  /// Whether the server that took the call has this name; throws when no server took it.
  private static func reaches(
    _ name: String, _ transport: HTTP2ClientTransport, waitForReady: Bool = false
  ) async throws -> Bool {
    let client = Grpc_Health_V1_Health.Client(wrapping: GRPCClient(transport: transport))
    var request = Grpc_Health_V1_HealthCheckRequest()
    request.service = name
    do {
      _ = try await client.check(
        request, options: CallOptions(timeout: .seconds(100), waitForReady: waitForReady))
      return true
    } catch let error as RPCError where error.code == .notFound {
      return false
    }
  }

  /// Calls until so many in a row were taken by the same server.
  private static func untilAllReach(
    _ name: String, _ transport: HTTP2ClientTransport
  ) async throws {
    var row = 0
    while row < 20 {
      row = try await reaches(name, transport) ? row + 1 : 0
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  private static func untilReached(
    _ name: String, _ transport: HTTP2ClientTransport
  ) async throws {
    while try await !reaches(name, transport) { try await Task.sleep(for: .milliseconds(2)) }
  }

  @Test("round robin passes over a server while it says that it does not serve")
  func passesOver() async throws {
    let one = try await Server("one")
    let two = try await Server("two")
    let transport = try Self.transport([one, two])
    try await Self.untilReached("one", transport)
    try await Self.untilReached("two", transport)
    two.health.set(.notServing, forService: Self.app)
    try await Self.untilAllReach("one", transport)
    two.health.set(.serving, forService: Self.app)
    try await Self.untilReached("two", transport)
    one.health.set(.notServing, forService: Self.app)
    try await Self.untilAllReach("two", transport)
    await transport.shutdown()
    await one.stop()
    await two.stop()
  }

  @Test("when no server serves calls fail and say why, and those that wait for ready wait")
  func nobody() async throws {
    let server = try await Server("one", serves: false)
    let transport = try Self.transport([server])
    let error = await #expect(throws: RPCError.self) {
      _ = try await Self.reaches("one", transport)
    }
    #expect(error?.code == .unavailable)
    #expect(
      error?.message == "the server at \(server.target) says that it does not serve \(Self.app)")
    async let waiting = Self.reaches("one", transport, waitForReady: true)
    await #expect(throws: RPCError.self) { _ = try await Self.reaches("one", transport) }
    server.health.set(.serving, forService: Self.app)
    #expect(try await waiting)
    await transport.shutdown()
    await server.stop()
  }

  @Test("a server without the health service is believed to be well")
  func unimplemented() async throws {
    let server = try await Server("one", hasHealth: false)
    let transport = try Self.transport([server])
    let error = await #expect(throws: RPCError.self) {
      _ = try await Self.reaches("one", transport)
    }
    #expect(error?.code == .unimplemented, "the call reached the server")
    await transport.shutdown()
    await server.stop()
  }

  @Test("pick first has no choice and does not ask")
  func pickFirst() async throws {
    let server = try await Server("one", serves: false)
    let transport = try Self.transport([server], .pickFirst)
    #expect(try await Self.reaches("one", transport))
    await transport.shutdown()
    await server.stop()
  }

  @Test("a drain of the server ends the watch, and the connection")
  func drain() async throws {
    let one = try await Server("one")
    let two = try await Server("two")
    let transport = try Self.transport([one, two])
    try await Self.untilReached("one", transport)
    try await Self.untilReached("two", transport)
    two.health.setAllNotServing()
    await two.stop()
    for _ in 0..<20 { #expect(try await Self.reaches("one", transport)) }
    await transport.shutdown()
    await one.stop()
  }

  @Test("answers that cannot be read, and other states, do not say that the server serves")
  func answers() throws {
    let probe = try HealthProbe.health(ofService: "a")
    #expect(probe.framedRequest == [0, 0, 0, 0, 3, 0x0A, 1, UInt8(ascii: "a")])
    let cases: [([UInt8], Bool)] = [
      ([0x08, 1], true), ([0x08, 2], false), ([0x08, 3], false), ([], false), ([0xFF], false),
    ]
    for (message, serves) in cases { #expect(probe.isServing(message) == serves, "\(message)") }
  }
}
