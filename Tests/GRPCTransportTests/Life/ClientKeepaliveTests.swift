import GRPC
import HTTP2
import Logging
import Synchronization
import Testing

@testable import GRPCTransport

@Suite("The life of client connections", .timeLimit(.minutes(10)), .fewAtOnce)
struct ClientKeepaliveTests {
  private typealias Base = HTTP2ClientTransportTests

  private static func configuration(
    interval: Duration, timeout: Duration = .seconds(30), withoutCalls: Bool = false
  ) -> HTTP2ClientTransport.Configuration {
    var configuration = HTTP2ClientTransport.Configuration.defaults
    var keepalive = HTTP2ClientTransport.KeepaliveSettings(
      interval: interval, timeout: timeout, permitsWithoutCalls: withoutCalls)
    keepalive.floor = .milliseconds(1)
    configuration.keepalive = keepalive
    return configuration
  }

  /// Falls silent for ever on a call of `Hang`, and echoes everything else.
  private static let falling: ScriptedServer.Script = { exchange, input in
    if exchange.path.hasSuffix("Hang") {
      exchange.connection.fallSilent()
    } else {
      Base.echo(exchange, input)
    }
  }

  @Test("a server that falls silent fails its calls as UNAVAILABLE, and the next call goes on")
  func serverIsGone() async throws {
    let server = try await ScriptedServer(script: Self.falling)
    let client = Base.client(
      server.target,
      Self.configuration(interval: .milliseconds(500), timeout: .seconds(1)))
    #expect(try await client.call() == [1, 2, 3])
    let error = await failure { _ = try await client.call("Hang", options: .defaults) }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("keepalive") == true, "\(String(describing: error))")
    #expect(try await client.call() == [1, 2, 3])
    try await server.close()
  }

  @Test("a long call is kept up by pings that are answered")
  func answered() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      exchange.connection.onPing = { count in
        guard count == 5 else { return }
        exchange.respond()
        exchange.send([9])
        exchange.finish()
      }
    }
    let client = Base.client(server.target, Self.configuration(interval: .milliseconds(10)))
    #expect(try await client.call() == [9])
    try await server.close()
  }

  @Test("without calls a client pings only when it is permitted to", arguments: [false, true])
  func withoutCalls(isPermitted: Bool) async throws {
    let pings = Mutex(0)
    let server = try await ScriptedServer { exchange, input in
      exchange.connection.onPing = { count in pings.withLock { $0 = count } }
      Base.echo(exchange, input)
    }
    // Long enough for no ping to be due during the call, on a busy machine as well.
    let client = Base.client(
      server.target,
      Self.configuration(interval: .milliseconds(200), withoutCalls: isPermitted))
    #expect(try await client.call() == [1, 2, 3])
    // A call that took longer than the interval has sent a ping, which may still be on its way.
    try await Task.sleep(for: .milliseconds(300))
    let before = pings.withLock { $0 }
    try await Task.sleep(for: .seconds(2))
    if isPermitted {
      while pings.withLock({ $0 }) == before { try await Task.sleep(for: .milliseconds(10)) }
    } else {
      // On a busy machine that one may come later still; pings of the silence would be many.
      #expect(pings.withLock { $0 } <= before + 1)
    }
    // Where the silence was not broken by pings it was long: the next call brings one along.
    let beforeCall = pings.withLock { $0 }
    #expect(try await client.call() == [1, 2, 3])
    if !isPermitted { #expect(pings.withLock { $0 } > beforeCall) }
    try await server.close()
  }

  @Test("a server that objects to the pings is heard: the call fails with its words")
  func objection() async throws {
    let test = try await ServerWireTests.server { router in
      router.unary("Hang") { _, _ in
        try await Task.sleep(for: .seconds(60))
        return []
      }
    }
    guard case .tcp(let host, let port) = test.address else { return }
    let log = TLSServer.Log()
    let transport = HTTP2ClientTransport(
      target: .tcp(host: host, port: port),
      configuration: Self.configuration(interval: .milliseconds(10)),
      logger: Logger(label: "test") { _ in log })
    let client = GRPCClient(transport: transport)
    let error = await failure { _ = try await client.call("Hang", options: .defaults) }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("too_many_pings") == true, "\(String(describing: error))")
    #expect(log.contains("the server finds our keepalive pings too frequent"))
    await transport.shutdown()
    await test.stop()
  }

  @Test("a channel without calls closes its connection, and the next call opens another")
  func idle() async throws {
    let connections = Mutex<[ScriptedConnection]>([])
    let closed = Gate()
    let server = try await ScriptedServer { exchange, input in
      connections.withLock { all in
        if !all.contains(where: { $0 === exchange.connection }) { all.append(exchange.connection) }
      }
      exchange.connection.onClose = { closed.open() }
      Base.echo(exchange, input)
    }
    var configuration = HTTP2ClientTransport.Configuration.defaults
    configuration.idleTimeout = .milliseconds(50)
    let client = Base.client(server.target, configuration)
    let long = client.converse()
    var answers = long.responses.makeAsyncIterator()
    try await long.requests.write([1])
    #expect(try await answers.next() == [1])
    try await Task.sleep(for: .milliseconds(200))
    try await long.requests.write([2])
    #expect(try await answers.next() == [2], "a call keeps the connection")
    long.requests.finish()
    #expect(try await answers.next() == nil)
    await closed.wait()
    #expect(try await client.call() == [1, 2, 3])
    #expect(connections.withLock { $0.count } == 2)
    try await server.close()
  }
}
