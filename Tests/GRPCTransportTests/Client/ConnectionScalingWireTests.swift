import GRPC
import HTTP2
import Synchronization
import Testing

@testable import GRPCTransport

@Suite("Several connections to one address", .timeLimit(.minutes(10)), .fewAtOnce)
struct ConnectionScalingWireTests {
  private typealias Base = HTTP2ClientTransportTests

  /// A server that keeps `Watch` calls open after one response, and numbers its connections.
  private final class Crowd: Sendable {
    private struct State {
      var connections: [ScriptedConnection] = []
      var held: [(exchange: ScriptedExchange, connection: Int)] = []
      var closed = 0
    }

    private let state = Mutex(State())
    let server: ScriptedServer

    init(streamsMax: UInt32) async throws {
      var configuration = SessionConfiguration()
      configuration.maxConcurrentStreams = streamsMax
      let hear = Mutex<ScriptedServer.Script?>(nil)
      server = try await ScriptedServer(configuration: configuration) { exchange, input in
        hear.withLock { $0 }?(exchange, input)
      }
      hear.withLock { $0 = { [weak self] in self?.hear($0, $1) } }
    }

    /// Each `Watch` tells the number of its connection; each `Unary` is answered with it.
    private func hear(_ exchange: ScriptedExchange, _ input: ScriptedServer.Input) {
      let isWatch = exchange.path.hasSuffix("Watch")
      guard case .end = input else { return }
      let number = number(of: exchange.connection)
      exchange.respond()
      exchange.send([UInt8(number)])
      if isWatch {
        state.withLock { $0.held.append((exchange, number)) }
      } else {
        exchange.finish()
      }
    }

    private func number(of connection: ScriptedConnection) -> Int {
      let (number, isNew) = state.withLock { state in
        if let known = state.connections.firstIndex(where: { $0 === connection }) {
          return (known, false)
        }
        state.connections.append(connection)
        return (state.connections.count - 1, true)
      }
      if isNew {
        connection.onClose = { [weak self] in self?.state.withLock { $0.closed += 1 } }
      }
      return number
    }

    var connectionCount: Int { state.withLock { $0.connections.count } }
    var closedCount: Int { state.withLock { $0.closed } }

    /// Ends the oldest call that is held on a connection.
    func release(on connection: Int) {
      let exchange = state.withLock { state -> ScriptedExchange? in
        guard let place = state.held.firstIndex(where: { $0.connection == connection }) else {
          return nil
        }
        return state.held.remove(at: place).exchange
      }
      exchange?.connection.onLoop { exchange?.finish() }
    }

    func goAway(on connection: Int) {
      let exchange = state.withLock { $0.held.first { $0.connection == connection }?.exchange }
      exchange?.connection.onLoop { exchange?.goAway() }
    }

    func close(_ number: Int) {
      let connection = state.withLock { $0.connections[number] }
      connection.onLoop { connection.close() }
    }
  }

  private static func client(
    _ crowd: Crowd, connectionsMax: Int, idleTimeout: Duration? = nil
  ) -> GRPCClient {
    var configuration = HTTP2ClientTransport.Configuration.defaults
    configuration.maxConnectionsPerAddress = connectionsMax
    configuration.idleTimeout = idleTimeout
    return Base.client(crowd.server.target, configuration)
  }

  private static func until(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(2)) }
  }

  private static let patience = CallOptions.timeout(.seconds(60))

  @Test("where one stream is allowed each call in flight gets a connection, up to the limit")
  func oneStream() async throws {
    let crowd = try await Crowd(streamsMax: 1)
    let client = Self.client(crowd, connectionsMax: 3)
    var watches: [ServerStreamingCall<[UInt8]>] = []
    for number in 0..<3 {
      let watch = client.watch(options: Self.patience)
      #expect(try await watch.first() == [UInt8(number)])
      watches.append(watch)
    }
    async let fourth = client.call(options: Self.patience)
    crowd.release(on: 1)
    #expect(try await fourth == [1], "the call waits for a stream, since there may be no more")
    #expect(crowd.connectionCount == 3)
    withExtendedLifetime(watches) {}
  }

  @Test("where two streams are allowed the third call in flight gets another connection")
  func twoStreams() async throws {
    let crowd = try await Crowd(streamsMax: 2)
    let client = Self.client(crowd, connectionsMax: 2)
    var watches: [ServerStreamingCall<[UInt8]>] = []
    for number: UInt8 in [0, 0, 1, 1] {
      let watch = client.watch(options: Self.patience)
      #expect(try await watch.first() == [number])
      watches.append(watch)
    }
    crowd.release(on: 0)
    #expect(try await watches[0].rest() == [])
    #expect(try await client.call(options: Self.patience) == [0], "the oldest is filled first")
    withExtendedLifetime(watches) {}
  }

  @Test("by default there is one connection, and calls beyond its streams wait")
  func byDefault() async throws {
    let crowd = try await Crowd(streamsMax: 1)
    let client = Self.client(crowd, connectionsMax: 1)
    let watch = client.watch(options: Self.patience)
    #expect(try await watch.first() == [0])
    let error = await failure {
      _ = try await client.call(options: .timeout(.milliseconds(200)))
    }
    #expect(error?.code == .deadlineExceeded)
    crowd.release(on: 0)
    #expect(try await client.call(options: Self.patience) == [0])
    #expect(crowd.connectionCount == 1)
    withExtendedLifetime(watch) {}
  }

  @Test("the loss of the oldest connection leaves the address to the next one")
  func loss() async throws {
    let crowd = try await Crowd(streamsMax: 1)
    let client = Self.client(crowd, connectionsMax: 2)
    let first = client.watch(options: Self.patience)
    #expect(try await first.first() == [0])
    let second = client.watch(options: Self.patience)
    #expect(try await second.first() == [1])
    crowd.close(0)
    let error = await failure { _ = try await first.rest() }
    #expect(error?.code == .unavailable)
    #expect(try await client.call(options: Self.patience) == [2], "the next one is full")
    crowd.release(on: 1)
    #expect(try await second.rest() == [], "the call on the other connection went on")
    #expect(try await client.call(options: Self.patience) == [1], "now the oldest")
  }

  @Test("GOAWAY on an additional connection costs nothing but that connection")
  func goAway() async throws {
    let crowd = try await Crowd(streamsMax: 1)
    let client = Self.client(crowd, connectionsMax: 2)
    let first = client.watch(options: Self.patience)
    #expect(try await first.first() == [0])
    let second = client.watch(options: Self.patience)
    #expect(try await second.first() == [1])
    crowd.goAway(on: 1)
    #expect(try await client.call(options: Self.patience) == [2], "it makes room for another")
    crowd.release(on: 1)
    #expect(try await second.rest() == [])
    crowd.release(on: 0)
    #expect(try await first.rest() == [])
    #expect(try await client.call(options: Self.patience) == [0])
  }

  @Test(
    "an additional connection without calls is closed when idle, also by those who keep the first",
    arguments: [LoadBalancing.pickFirst, .roundRobin])
  func idle(balancing: LoadBalancing) async throws {
    let crowd = try await Crowd(streamsMax: 1)
    var configuration = HTTP2ClientTransport.Configuration.defaults
    configuration.maxConnectionsPerAddress = 2
    configuration.idleTimeout = .milliseconds(100)
    configuration.balancing = balancing
    let client = Base.client(crowd.server.target, configuration)
    let first = client.watch(options: Self.patience)
    #expect(try await first.first() == [0])
    #expect(try await client.call(options: Self.patience) == [1])
    try await Self.until { crowd.closedCount == 1 }
    crowd.release(on: 0)
    #expect(try await first.rest() == [], "the first had a call, and is there")
  }

  @Test("a server that stops listening takes nothing from the connections that are there")
  func refused() async throws {
    let crowd = try await Crowd(streamsMax: 1)
    let client = Self.client(crowd, connectionsMax: 2)
    let first = client.watch(options: Self.patience)
    #expect(try await first.first() == [0])
    try await crowd.server.close()
    async let second = client.call(options: Self.patience)
    try await Task.sleep(for: .milliseconds(50))
    crowd.release(on: 0)
    #expect(try await second == [0], "the attempt failed, the call waited for the stream")
    #expect(try await first.rest() == [])
  }
}

extension ServerStreamingCall<[UInt8]> {
  /// The next response.
  fileprivate func first() async throws -> [UInt8]? {
    var responses = makeAsyncIterator()
    return try await responses.next()
  }

  /// What comes until the end of the call.
  fileprivate func rest() async throws -> [[UInt8]] {
    var rest: [[UInt8]] = []
    for try await response in self { rest.append(response) }
    return rest
  }
}
