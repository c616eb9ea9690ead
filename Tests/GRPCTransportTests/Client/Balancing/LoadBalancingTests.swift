import GRPC
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import GRPCTransport

@Suite("Calls over several servers", .timeLimit(.minutes(10)), .fewAtOnce)
struct LoadBalancingTests {
  private typealias Base = HTTP2ClientTransportTests
  private typealias Configuration = HTTP2ClientTransport.Configuration

  /// Echoes, and answers `Who` with its number; `Close` loses the connection.
  private static func server(_ number: UInt8, port: Int = 0) async throws -> ScriptedServer {
    try await ScriptedServer(port: port) { exchange, input in
      switch (exchange.path.split(separator: "/").last, input) {
      case ("Who", .end):
        exchange.respond()
        exchange.send([number])
        exchange.finish()
      case ("Who", _): break
      case ("Close", _): exchange.connection.close()
      case ("GoAway", .end):
        exchange.goAway()
        exchange.respond()
        exchange.send([])
        exchange.finish()
      case ("GoAway", _): break
      default: Base.echo(exchange, input)
      }
    }
  }

  /// A port where nobody listens.
  private static func closedPort() async throws -> Int {
    let server = try await server(0)
    try await server.close()
    return server.port
  }

  private static func target(_ ports: [Int]) -> HTTP2ClientTransport.Target {
    .list(ports.map { .tcp(host: "127.0.0.1", port: $0) })
  }

  /// Calls until these servers have answered, each at least once.
  private static func meet(_ numbers: Set<UInt8>, _ client: GRPCClient) async throws {
    var met: Set<UInt8> = []
    while met != numbers {
      met.formUnion(try await client.call("Who"))
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  @Test("round robin gives each server its share")
  func shares() async throws {
    var servers: [ScriptedServer] = []
    for number in 0..<3 { servers.append(try await Self.server(UInt8(number))) }
    let client = Base.client(
      Self.target(servers.map(\.port)), Configuration(balancing: .roundRobin))
    try await Self.meet([0, 1, 2], client)
    var counts = [0, 0, 0]
    for _ in 0..<30 { counts[Int(try await client.call("Who")[0])] += 1 }
    #expect(counts == [10, 10, 10])
  }

  @Test("round robin goes on while a server is away, and takes it back")
  func away() async throws {
    let one = try await Self.server(1)
    let two = try await Self.server(2)
    let client = Base.client(
      Self.target([one.port, two.port]), Configuration(balancing: .roundRobin))
    try await Self.meet([1, 2], client)
    try await two.close()
    // One of two calls reaches the second server, which then is gone.
    for _ in 0..<2 { _ = await failure { _ = try await client.call("Close") } }
    let options = CallOptions(timeout: .seconds(100), waitForReady: true)
    for _ in 0..<20 { #expect(try await client.call("Who", options: options) == [1]) }
    let back = try await Self.server(3, port: two.port)
    try await Self.meet([1, 3], client)
    try await back.close()
  }

  @Test("GOAWAY of one server is not noticed", arguments: [LoadBalancing.pickFirst, .roundRobin])
  func goAway(balancing: LoadBalancing) async throws {
    let one = try await Self.server(1)
    let two = try await Self.server(2)
    let client = Base.client(
      Self.target([one.port, two.port]), Configuration(balancing: balancing))
    for _ in 0..<10 {
      #expect(try await client.call("GoAway", []) == [])
      for _ in 0..<5 { #expect(try await client.call() == [1, 2, 3]) }
    }
  }

  @Test("pick first takes the first server that answers, and stays with it")
  func first() async throws {
    let one = try await Self.server(1)
    let two = try await Self.server(2)
    let client = Base.client(Self.target([try await Self.closedPort(), one.port, two.port]))
    // On a slow machine the first one that answers may be the second one of the list.
    let first = try await client.call("Who")
    #expect(first == [1] || first == [2])
    for _ in 0..<10 { #expect(try await client.call("Who") == first) }
  }

  @Test("pick first does not wait for a server that accepts and says nothing")
  func silent() async throws {
    let hole = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let two = try await Self.server(2)
    let port = try #require(hole.localAddress?.port)
    // The silent one would have 20 s for its settings.
    let client = Base.client(Self.target([port, two.port]))
    #expect(try await client.call("Who", options: .timeout(.seconds(15))) == [2])
    try await hole.close()
  }

  @Test(
    "when no server can be reached the failure says so, with the last reason",
    arguments: [LoadBalancing.pickFirst, .roundRobin])
  func none(balancing: LoadBalancing) async throws {
    let ports = [try await Self.closedPort(), try await Self.closedPort()]
    let client = Base.client(Self.target(ports), Configuration(balancing: balancing))
    for _ in 0..<3 {
      let error = await failure { _ = try await client.call(options: .defaults) }
      #expect(error?.code == .unavailable)
      let message = error?.message ?? ""
      #expect(message.hasPrefix("none of the 2 addresses of 127.0.0.1:\(ports[0]),"), "\(message)")
      #expect(message.hasSuffix(": connection refused"), "\(message)")
    }
    let server = try await Self.server(1, port: ports[1])
    let options = CallOptions(timeout: .seconds(100), waitForReady: true)
    #expect(try await client.call("Who", options: options) == [1])
    try await server.close()
  }

  @Test("a list of nothing, and a path too long for a socket, are UNAVAILABLE")
  func noAddress() async throws {
    let path = String(repeating: "a", count: 300)
    for target in [HTTP2ClientTransport.Target.list([]), .unix(path: path)] {
      let error = await failure { _ = try await Base.client(target).call() }
      #expect(error?.code == .unavailable)
      #expect(error?.message.hasPrefix("cannot resolve") == true)
    }
  }

  @Test(
    "failures to connect name the address and the reason",
    arguments: [LoadBalancing.pickFirst, .roundRobin])
  func words(balancing: LoadBalancing) async throws {
    let port = try await Self.closedPort()
    let cases: [(HTTP2ClientTransport.Target, String)] = [
      (.tcp(host: "127.0.0.1", port: port),
        "cannot connect to 127.0.0.1:\(port): connection refused"),
      (.unix(path: "/nonexistent/socket"),
        "cannot connect to unix:/nonexistent/socket: there is no such socket"),
      (.tcp(host: "no.such.host.invalid", port: 1), "cannot resolve no.such.host.invalid:1: "),
    ]
    for (target, words) in cases {
      let client = Base.client(target, Configuration(balancing: balancing))
      let error = await failure { _ = try await client.call() }
      #expect(error?.code == .unavailable)
      #expect(error?.message.hasPrefix(words) == true, "\(error?.message ?? "")")
    }
  }

  @Test("shutdown does not wait for attempts or pauses")
  func shutdown() async throws {
    let hole = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(hole.localAddress?.port)
    let transport = Base.transport(
      Self.target([port, try await Self.closedPort()]), Configuration(balancing: .roundRobin))
    let call = Task {
      await failure { _ = try await GRPCClient(transport: transport).call() }
    }
    try await Task.sleep(for: .milliseconds(50))
    await transport.shutdown()
    #expect(await call.value?.code == .unavailable)
    try await hole.close()
  }
}
