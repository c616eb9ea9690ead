import GRPC
import HTTP2
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import GRPCTransport

@Suite("Life and death of client calls", .timeLimit(.minutes(10)), .fewAtOnce)
struct ClientLifeTests {
  private typealias Base = HTTP2ClientTransportTests

  /// A socket that accepts connections and never says a word.
  private static func blackHole() async throws -> any Channel {
    try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
  }

  /// A server that answers everything with the same bytes.
  private static func stubborn(_ answer: String) async throws -> any Channel {
    try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Answering(answer))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  private final class Answering: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    let answer: String
    init(_ answer: String) { self.answer = answer }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if answer.isEmpty {
        context.close(promise: nil)
      } else {
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
      }
    }
  }

  private static func target(_ channel: any Channel) -> HTTP2ClientTransport.Target {
    .tcp(host: "127.0.0.1", port: channel.localAddress?.port ?? 0)
  }

  @Test("a server that never answers costs the deadline and not more, waiting for ready or not")
  func blackHole() async throws {
    let hole = try await Self.blackHole()
    let client = Base.client(Self.target(hole))
    for waitForReady in [false, true] {
      let options = CallOptions(timeout: .milliseconds(50), waitForReady: waitForReady)
      let error = await failure { _ = try await client.call(options: options) }
      #expect(error?.code == .deadlineExceeded)
      let stream = client.watch(options: options)
      let other = await failure { for try await _ in stream.responses {} }
      #expect(other?.code == .deadlineExceeded)
    }
    try await hole.close()
  }

  @Test("a server that accepts and sends no settings fails the handshake")
  func handshake() async throws {
    let hole = try await Self.blackHole()
    let address = try #require(hole.localAddress)
    var configuration = HTTP2ClientTransport.Configuration.defaults
    configuration.connectTimeout = .milliseconds(100)
    // The socket has its own time, however busy the machine: what is measured here comes after it.
    configuration.connector = { eventLoop, initialize in
      ClientBootstrap(group: eventLoop).connectTimeout(.minutes(1))
        .channelInitializer(initialize).connect(to: address)
    }
    let client = Base.client(Self.target(hole), configuration)
    let error = await failure { _ = try await client.call(options: .defaults) }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("settings") == true)
    try await hole.close()
  }

  @Test("a refused connection is UNAVAILABLE at once, and the next call tries again")
  func refused() async throws {
    let hole = try await Self.blackHole()
    let port = try #require(hole.localAddress?.port)
    try await hole.close()
    let client = Base.client(.tcp(host: "127.0.0.1", port: port))
    for _ in 0..<3 {
      let error = await failure { _ = try await client.call(options: .defaults) }
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains("127.0.0.1:\(port)") == true)
    }
    let server = try await ScriptedServer(port: port, script: Base.echo)
    #expect(try await client.call() == [1, 2, 3])
    try await server.close()
  }

  @Test("a call that waits for ready is made when the server comes up")
  func waitForReady() async throws {
    let hole = try await Self.blackHole()
    let port = try #require(hole.localAddress?.port)
    try await hole.close()
    let client = Base.client(.tcp(host: "127.0.0.1", port: port))
    async let reply = client.call(
      options: CallOptions(timeout: .seconds(30), waitForReady: true))
    let error = await failure { _ = try await client.call() }
    #expect(error?.code == .unavailable)
    let server = try await ScriptedServer(port: port, script: Base.echo)
    #expect(try await reply == [1, 2, 3])
    try await server.close()
  }

  @Test(
    "a server that does not speak HTTP/2 is named as such",
    arguments: [
      ("HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/1.1"), ("\u{15}\u{03}\u{01}\0\u{02}", "TLS"),
      ("SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2"), ("", "TLS"),
    ])
  func notHTTP2(answer: String, word: String) async throws {
    let server = try await Self.stubborn(answer)
    let client = Base.client(Self.target(server))
    let error = await failure { _ = try await client.call() }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains(word) == true, "\(String(describing: error))")
    try await server.close()
  }

  @Test("the deadline ends a running call here and at the server")
  func deadline() async throws {
    let starts = Mutex(0)
    let resets = Mutex<[UInt32]>([])
    let server = try await ScriptedServer { exchange, input in
      guard !exchange.path.hasSuffix("Unary") else {
        Base.echo(exchange, input)
        return
      }
      switch input {
      case .headers:
        starts.withLock { $0 += 1 }
        if exchange.path.hasSuffix("Head") { exchange.respond() }
      case .reset(let code): resets.withLock { $0.append(code) }
      default: break
      }
    }
    let client = Base.client(server.target)
    #expect(try await client.call() == [1, 2, 3])
    for name in ["Silent", "Head"] {
      let error = await failure {
        _ = try await client.call(name, options: .timeout(.milliseconds(50)))
      }
      #expect(error?.code == .deadlineExceeded)
    }
    let stream = client.watch(options: .timeout(.milliseconds(50)))
    let error = await failure { for try await _ in stream.responses {} }
    #expect(error?.code == .deadlineExceeded)
    // On a slow machine a deadline may pass before the request is sent: then there is no reset.
    let started = starts.withLock { $0 }
    while resets.withLock({ $0.count }) < started { try await Task.sleep(for: .milliseconds(2)) }
    #expect(resets.withLock { $0.allSatisfy { $0 == 8 } })
  }

  @Test("a deadline that has passed fails without sending anything")
  func pastDeadline() async throws {
    let client = Base.client(.tcp(host: "127.0.0.1", port: 1))
    let error = await failure { _ = try await client.call(options: .timeout(.zero)) }
    #expect(error?.code == .deadlineExceeded)
    let inherited = await Deadline.$current.withValue(Deadline(after: .seconds(-1))) {
      await failure { _ = try await client.call(options: .defaults) }
    }
    #expect(inherited?.code == .deadlineExceeded)
  }

  @Test("cancelling the task ends the call here and at the server")
  func cancellation() async throws {
    let started = AsyncStream<Void>.makeStream()
    let resets = AsyncStream<UInt32>.makeStream()
    let server = try await ScriptedServer { exchange, input in
      switch input {
      case .headers: started.continuation.yield()
      case .reset(let code): resets.continuation.yield(code)
      default: break
      }
    }
    let client = Base.client(server.target)
    var starts = started.stream.makeAsyncIterator()
    var codes = resets.stream.makeAsyncIterator()
    let unary = Task { await failure { _ = try await client.call() } }
    _ = await starts.next()
    unary.cancel()
    #expect(await unary.value?.code == .cancelled)
    #expect(await codes.next() == 8)

    let streaming = Task {
      await failure { for try await _ in client.watch().responses {} }
    }
    _ = await starts.next()
    streaming.cancel()
    #expect(await streaming.value?.code == .cancelled)
    #expect(await codes.next() == 8)

    let early = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await failure { _ = try await client.call() }
    }
    #expect(await early.value?.code == .cancelled)
  }

  @Test("letting go of a stream cancels the call")
  func dropped() async throws {
    let resets = AsyncStream<UInt32>.makeStream()
    let server = try await ScriptedServer { exchange, input in
      switch input {
      case .headers:
        exchange.respond()
        exchange.send([1])
      case .reset(let code): resets.continuation.yield(code)
      default: break
      }
    }
    let client = Base.client(server.target)
    func takeOne() async throws {
      for try await message in client.watch().responses {
        #expect(message == [1])
        break
      }
    }
    try await takeOne()
    var codes = resets.stream.makeAsyncIterator()
    #expect(await codes.next() == 8)
  }

  @Test("GOAWAY moves new calls to a new connection while old ones finish")
  func goAway() async throws {
    let connections = Mutex<Set<ObjectIdentifier>>([])
    let held = Mutex<ScriptedExchange?>(nil)
    let server = try await ScriptedServer { exchange, input in
      _ = connections.withLock { $0.insert(ObjectIdentifier(exchange.connection)) }
      switch (exchange.path.split(separator: "/").last, input) {
      case ("Watch", .headers):
        exchange.respond()
        exchange.send([1])
        exchange.goAway()
        held.withLock { $0 = exchange }
      case ("Unary", _):
        Base.echo(exchange, input)
        if case .end = input {
          let waiting = held.withLock { held in
            defer { held = nil }
            return held
          }
          waiting?.connection.onLoop { waiting?.finish() }
        }
      default: break
      }
    }
    let client = Base.client(server.target)
    let watch = client.watch()
    var responses = watch.responses.makeAsyncIterator()
    #expect(try await responses.next() == [1])
    for _ in 0..<20 { #expect(try await client.call() == [1, 2, 3]) }
    #expect(try await responses.next() == nil)
    #expect(connections.withLock { $0.count } == 2)
  }

  @Test("calls that the server surely did not process are sent again unseen")
  func refusedStream() async throws {
    let refusals = Mutex(0)
    let server = try await ScriptedServer { exchange, input in
      if case .headers = input {
        let isFirst = refusals.withLock { count in
          count += 1
          return count <= 2
        }
        if isFirst {
          exchange.reset(.refusedStream)
          return
        }
      }
      Base.echo(exchange, input)
    }
    #expect(try await Base.client(server.target).call() == [1, 2, 3])
    #expect(refusals.withLock { $0 } == 3)
  }

  @Test("a lost connection fails its calls and the next call connects again")
  func lost() async throws {
    let server = try await ScriptedServer { exchange, input in
      if exchange.path.hasSuffix("Close") {
        exchange.connection.close()
      } else {
        Base.echo(exchange, input)
      }
    }
    let client = Base.client(server.target)
    for _ in 0..<5 {
      #expect(try await client.call() == [1, 2, 3])
      let error = await failure { _ = try await client.call("Close") }
      #expect(error?.code == .unavailable)
    }
  }

  @Test("a slow consumer stops the sender")
  func backPressure() async throws {
    let left = Mutex(0)
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      exchange.respond()
      for _ in 0..<200 { exchange.send([UInt8](repeating: 1, count: 16 * 1024)) }
      exchange.finish()
      exchange.connection.watchQueue(of: exchange.stream) { now in left.withLock { $0 = now } }
    }
    let client = Base.client(server.target)
    let watch = client.watch()
    _ = try await watch.initialMetadata()
    // Nothing is taken: of 3.2 MiB, no more than windows and buffers can have left the server.
    while left.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(5)) }
    try await Task.sleep(for: .milliseconds(300))
    #expect(left.withLock { $0 } > 2 * 1024 * 1024)
    var count = 0
    for try await message in watch.responses { count += message.count }
    #expect(count == 200 * 16 * 1024)
  }

  @Test("a slow server stops the writer")
  func writerWaits() async throws {
    var configuration = SessionConfiguration()
    configuration.streamWindowBytes = 64 * 1024
    let server = try await ScriptedServer(configuration: configuration) { exchange, input in
      if case .headers = input {
        exchange.connection.holdsCredit = true
        exchange.respond()
      }
    }
    let written = Mutex(0)
    let converse = Base.client(server.target).converse(options: .timeout(.milliseconds(500)))
    let error = await failure {
      for _ in 0..<1000 {
        try await converse.requests.write([UInt8](repeating: 1, count: 16 * 1024))
        written.withLock { $0 += 1 }
      }
    }
    #expect(error?.code == .deadlineExceeded)
    #expect(written.withLock { $0 } < 32)
  }

  @Test("shutdown fails calls, closes the connection and refuses new calls")
  func shutdown() async throws {
    let started = AsyncStream<Void>.makeStream()
    let server = try await ScriptedServer { _, input in
      if case .headers = input { started.continuation.yield() }
    }
    let transport = Base.transport(server.target)
    let client = GRPCClient(transport: transport)
    let call = Task { await failure { _ = try await client.call() } }
    for await _ in started.stream { break }
    await transport.shutdown()
    #expect(await call.value?.code == .unavailable)
    let late = await failure { _ = try await client.call() }
    #expect(late?.code == .unavailable)
    await transport.shutdown()
  }

  @Test("a unix socket carries calls too")
  func unixSocket() async throws {
    let missing = Base.client(.unix(path: "/nonexistent/socket"))
    let error = await failure { _ = try await missing.call() }
    #expect(error?.code == .unavailable)
  }
}
