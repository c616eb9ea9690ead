import GRPC
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import GRPCTransport

@Suite("Looking names up", .timeLimit(.minutes(10)), .fewAtOnce)
struct NameResolutionTests {
  private typealias Base = HTTP2ClientTransportTests

  private static func client(
    _ resolver: ScriptedResolver, resolutionIntervalMin: Duration = .seconds(30)
  ) -> GRPCClient {
    var configuration = HTTP2ClientTransport.Configuration.defaults
    configuration.resolutionIntervalMin = resolutionIntervalMin
    return GRPCClient(
      transport: HTTP2ClientTransport(
        target: .tcp(host: "service.test", port: 1), configuration: configuration,
        resolver: resolver, eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
        logger: Logger(label: "test")))
  }

  @Test("happens when the first call needs it, once")
  func once() async throws {
    let server = try await ScriptedServer(script: Base.echo)
    let port = server.port
    let resolver = ScriptedResolver { _ in try ScriptedResolver.loopback(port) }
    let client = Self.client(resolver)
    #expect(resolver.lookups == 0)
    for _ in 0..<5 { #expect(try await client.call() == [1, 2, 3]) }
    #expect(resolver.lookups == 1)
  }

  @Test("a name without addresses is UNAVAILABLE, in words, whatever the resolver said")
  func failures() async throws {
    let resolver = ScriptedResolver { number in
      switch number {
      case 1: throw ResolutionFailure(description: "no such host name")
      case 2: throw RPCError(code: .notFound, message: "nobody")
      default: return []
      }
    }
    let client = Self.client(resolver)
    for words in ["no such host name", "nobody", "service.test:1"] {
      let error = await failure { _ = try await client.call() }
      #expect(error?.code == .unavailable)
      #expect(error?.message.hasPrefix("cannot resolve service.test:1: ") == true)
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }
    #expect(resolver.lookups == 3)
  }

  @Test("a call that waits for ready waits for the name too")
  func waitForReady() async throws {
    let server = try await ScriptedServer(script: Base.echo)
    let port = server.port
    let resolver = ScriptedResolver { number in
      if number == 1 { throw ResolutionFailure(description: "no such host name") }
      return try ScriptedResolver.loopback(port)
    }
    let options = CallOptions(timeout: .seconds(30), waitForReady: true)
    #expect(try await Self.client(resolver).call(options: options) == [1, 2, 3])
    #expect(resolver.lookups == 2)
  }

  @Test("the deadline runs while a name is looked up")
  func slow() async throws {
    final class Silent: NameResolver {
      func addresses(
        of host: String, port: Int, on eventLoop: any EventLoop
      ) -> EventLoopFuture<[SocketAddress]> {
        eventLoop.scheduleTask(in: .seconds(5)) { [] }.futureResult
      }
    }
    let transport = HTTP2ClientTransport(
      target: .tcp(host: "service.test", port: 1), configuration: .defaults, resolver: Silent(),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test"))
    let error = await failure {
      _ = try await GRPCClient(transport: transport).call(options: .timeout(.milliseconds(50)))
    }
    #expect(error?.code == .deadlineExceeded)
    await transport.shutdown()
  }

  @Test("happens again when the connection is lost, and calls follow the name")
  func again() async throws {
    let script: ScriptedServer.Script = { exchange, input in
      if exchange.path.hasSuffix("Close") {
        exchange.connection.close()
      } else {
        Base.echo(exchange, input)
      }
    }
    let old = try await ScriptedServer(script: script)
    let new = try await ScriptedServer(script: script)
    let (oldPort, newPort) = (old.port, new.port)
    let resolver = ScriptedResolver { number in
      try ScriptedResolver.loopback(number == 1 ? oldPort : newPort)
    }
    let client = Self.client(resolver, resolutionIntervalMin: .zero)
    #expect(try await client.call() == [1, 2, 3])
    try await old.close()
    let error = await failure { _ = try await client.call("Close") }
    #expect(error?.code == .unavailable)
    #expect(
      try await client.call(options: CallOptions(timeout: .seconds(100), waitForReady: true))
        == [1, 2, 3])
    #expect(resolver.lookups >= 2)
  }

  @Test("does not happen more often than the interval says")
  func interval() async throws {
    let server = try await ScriptedServer { exchange, _ in exchange.connection.close() }
    let port = server.port
    let resolver = ScriptedResolver { _ in try ScriptedResolver.loopback(port) }
    let client = Self.client(resolver, resolutionIntervalMin: .seconds(3600))
    for _ in 0..<10 {
      let error = await failure { _ = try await client.call() }
      #expect(error?.code == .unavailable)
    }
    #expect(resolver.lookups == 1)
  }

  @Test("the operating system knows this machine, and says what it does not know")
  func system() async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let found = try await SystemResolver().addresses(of: "localhost", port: 7, on: loop).get()
    #expect(!found.isEmpty)
    #expect(found.allSatisfy { $0.port == 7 && ["127.0.0.1", "::1"].contains($0.ipAddress) })
    await #expect(throws: ResolutionFailure.self) {
      _ = try await SystemResolver().addresses(of: "no.such.host.invalid", port: 7, on: loop).get()
    }
  }

  @Test("a server is found by its name")
  func byName() async throws {
    let server = try await ScriptedServer(script: Base.echo)
    let client = Base.client(try .init(parsing: "dns:///localhost:\(server.port)"))
    #expect(try await client.call() == [1, 2, 3])
  }
}
