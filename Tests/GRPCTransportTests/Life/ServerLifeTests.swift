import GRPC
import GRPCTransport
import HTTP2
import Synchronization
import Testing

@Suite("The life of server connections", .timeLimit(.minutes(10)), .fewAtOnce)
struct ServerLifeTests {
  private static let calm: UInt32 = 11  // ENHANCE_YOUR_CALM
  private static let opening = RawFrame.opening

  private static func limits(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
    var limits = ServerLimits()
    change(&limits)
    return limits
  }

  private static func port(_ address: ServerAddress) throws -> Int {
    guard case .tcp(_, let port) = address else { throw RPCError(code: .unknown, message: "") }
    return port
  }

  /// How a connection was taken leave of: the second or only GOAWAY with its text.
  private static func farewells(_ client: WireClient) async -> [WireClient.Event] {
    var farewells: [WireClient.Event] = []
    for await event in client.events {
      if case .goAwayReason = event { farewells.append(event) }
    }
    return farewells
  }

  /// A connection with a conversation under way. On a busy machine a short life may be over before
  /// that: then another one is tried.
  private static func talking(
    to test: ServerUnderTest
  ) async throws -> (WireClient, WireClient.Exchange) {
    for _ in 0..<50 {
      let client = try await WireClient(test.address)
      let talk = try await client.open(WireClient.request("Talk"))
      talk.write(RawFrame.data(ServerWireTests.framed([0]), stream: talk.stream))
      if await talk.payload(6) == ServerWireTests.framed([0]) { return (client, talk) }
    }
    throw RPCError(code: .unavailable, message: "no connection lives long enough")
  }

  @Test("a client without calls may ping three times, and is sent away for the fourth")
  func strikes() async throws {
    let test = try await ServerWireTests.server()
    let client = try await WireClient(test.address)
    var events = client.events.makeAsyncIterator()
    for payload in UInt64(1)...3 {
      client.ping(payload)
      #expect(await events.next() == .ping(payload, isReply: true))
    }
    // The flood behind the last straw must not keep the words from arriving.
    for payload in UInt64(4)...3000 { client.ping(payload) }
    #expect(
      await Self.farewells(client) == [.goAwayReason(Self.calm, "too_many_pings")])
    await test.stop()
  }

  @Test("pings are welcome while the server sends, and a call in flight ends with the connection")
  func pingsDuringCall() async throws {
    let cancelled = Gate()
    let test = try await ServerWireTests.server { router in
      router.unary("Hang") { _, _ in
        do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.open() }
        return []
      }
    }
    let client = try await WireClient(test.address)
    let talk = try await client.open(WireClient.request("Talk"))
    for index in UInt8(0)..<20 {
      client.ping(UInt64(index))
      talk.write(RawFrame.data(ServerWireTests.framed([index]), stream: talk.stream))
      #expect(await talk.payload(6) == ServerWireTests.framed([index]))
    }
    _ = try await client.send("Hang", [ServerWireTests.framed([])])
    for payload in UInt64(100)...110 { client.ping(payload) }
    #expect(
      await Self.farewells(client) == [.goAwayReason(Self.calm, "too_many_pings")])
    await cancelled.wait()
    await test.stop()
  }

  @Test("each piece of a message that is sent forgives pings, not only each message")
  func pingsDuringMessage() async throws {
    let test = try await ServerWireTests.server(
      limits: Self.limits { $0.shutdownGrace = .milliseconds(20) }
    ) { router in
      router.unary("Large") { _, _ in [UInt8](repeating: 1, count: 1_000_000) }
    }
    let client = try await WireClient(test.address, givesCredit: false)
    let exchange = try await client.send("Large", [ServerWireTests.framed([])])
    var pongs = client.events.makeAsyncIterator()
    let window = Int(SessionConfiguration().streamWindowBytes)
    for payload in UInt64(1)...10 {
      #expect(await exchange.payload(window).count == window)
      client.ping(payload)
      #expect(await pongs.next() == .ping(payload, isReply: true))
      client.giveCredit()
    }
    await test.stop()
  }

  @Test("a silent client is pinged; one that answers stays")
  func keepalive() async throws {
    let test = try await ServerWireTests.server(
      limits: Self.limits {
        $0.keepaliveInterval = .milliseconds(20)
        $0.keepaliveTimeout = .seconds(30)
      })
    let client = try await WireClient(test.address)
    var pings = 0
    for await event in client.events {
      if case .ping(_, isReply: false) = event { pings += 1 }
      if pings == 5 { break }
    }
    let answer = try await client.send("Echo", [ServerWireTests.framed([7])]).answer()
    #expect(answer.body == ServerWireTests.framed([7]))
    await test.stop()
  }

  @Test("a client that does not answer the ping is closed, and its calls are cancelled")
  func keepaliveTimeout() async throws {
    let cancelled = Gate()
    let test = try await ServerWireTests.server(
      limits: Self.limits {
        $0.keepaliveInterval = .milliseconds(500)
        $0.keepaliveTimeout = .milliseconds(500)
      }
    ) { router in
      router.bidirectional("Hang") { _, _, _ in
        do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.open() }
      }
    }
    _ = try await RawTLSClient.conversation(
      Self.opening + RawFrame.headers(WireClient.request("Hang"), stream: 1),
      port: Self.port(test.address), tls: nil)
    await cancelled.wait()
    await test.stop()
  }

  @Test("an idle connection is drained with the word, one with a call is not")
  func idle() async throws {
    let test = try await ServerWireTests.server(
      limits: Self.limits { $0.maxConnectionIdle = .milliseconds(50) })
    let (busy, talk) = try await Self.talking(to: test)
    let lazy = try await WireClient(test.address)
    // nghttp2's client is deaf to the second GOAWAY when it has no calls.
    #expect(await Self.farewells(lazy).first == .goAwayReason(0, ""))
    try await Task.sleep(for: .milliseconds(150))
    talk.write(RawFrame.data(ServerWireTests.framed([1]), stream: talk.stream, endStream: true))
    #expect(await talk.answer().body == ServerWireTests.framed([1]))
    // Its own idleness begins with the end of its last call.
    #expect(await Self.farewells(busy).last == .goAwayReason(0, "max_idle"))
    await test.stop()
  }

  @Test("an old connection is drained with the word, and its calls finish")
  func age() async throws {
    let test = try await ServerWireTests.server(
      limits: Self.limits { $0.maxConnectionAge = .milliseconds(300) })
    let (client, talk) = try await Self.talking(to: test)
    var events = client.events.makeAsyncIterator()
    var reasons: [WireClient.Event] = []
    while reasons.count < 2, let event = await events.next() {
      if case .goAwayReason = event { reasons.append(event) }
    }
    #expect(reasons == [.goAwayReason(0, ""), .goAwayReason(0, "max_age")])
    talk.write(RawFrame.data(ServerWireTests.framed([1]), stream: talk.stream, endStream: true))
    let answer = await talk.answer()
    #expect(answer.body == ServerWireTests.framed([1]) && answer.status == "0")
    await test.stop()
  }

  @Test("callers do not notice that connections grow old and idle all the time")
  func unnoticed() async throws {
    let test = try await ServerWireTests.server(
      limits: Self.limits {
        // A call that meets four old connections in a row does fail: they must live long enough
        // for a call on a stalled machine.
        $0.maxConnectionAge = .milliseconds(800)
        $0.maxConnectionIdle = .milliseconds(250)
      })
    for round in 0..<100 {
      for index in UInt8(0)..<5 {
        let answer = try await test.client.call("Echo", [index])
        #expect(answer == [index])
      }
      try await Task.sleep(for: .milliseconds(round.isMultiple(of: 10) ? 400 : 5))
    }
    await test.stop()
  }

  @Test("the grace of an old connection ends what hangs")
  func ageGrace() async throws {
    let test = try await ServerWireTests.server(
      limits: Self.limits {
        $0.maxConnectionAge = .milliseconds(500)
        $0.maxConnectionAgeGrace = .milliseconds(500)
      })
    let (client, talk) = try await Self.talking(to: test)
    let answer = await talk.answer()
    withExtendedLifetime(client) {}
    #expect(answer.status == "14")
    #expect(answer.field("grpc-message") == "the connection has reached its maximum age")
    await test.stop()
  }

  @Test("a header block that never ends costs the connection")
  func slowHeaders() async throws {
    let test = try await ServerWireTests.server(
      limits: Self.limits { $0.headerTimeout = .milliseconds(50) })
    var headers = RawFrame.headers(WireClient.request("Echo"), stream: 1)
    headers[4] = 0  // without END_HEADERS
    _ = try await RawTLSClient.conversation(
      Self.opening + headers, port: Self.port(test.address), tls: nil)
    let half = Array(RawFrame.headers(WireClient.request("Echo"), stream: 1).dropLast(4))
    _ = try await RawTLSClient.conversation(
      Self.opening + half, port: Self.port(test.address), tls: nil)
    #expect(test.breaches.all == ["header_timeout", "header_timeout"])
    await test.stop()
  }

  @Test("a request that never ends meets its deadline, or the server's, and frees its stream",
    arguments: [true, false])
  func endlessRequest(isClientsDeadline: Bool) async throws {
    let test = try await ServerWireTests.server(
      limits: Self.limits {
        if !isClientsDeadline { $0.maxCallDuration = .milliseconds(50) }
        $0.session.maxConcurrentStreams = 1
      })
    let client = try await WireClient(test.address)
    let timeout = isClientsDeadline ? [("grpc-timeout", "900m")] : []
    for pieces in [[], ServerWireTests.framed([1]), [0, 0]] {
      let exchange = try await client.open(WireClient.request("Echo") + timeout)
      if !pieces.isEmpty { exchange.write(RawFrame.data(pieces, stream: exchange.stream)) }
      let answer = await exchange.answer(untilClosed: true)
      #expect(answer.status == "4" && answer.closed == 0)
    }
    let whole = try await client.send("Echo", [ServerWireTests.framed([9])]).answer()
    // The server's own limit may be too short for a busy machine; what counts is a free stream.
    #expect(whole.status == "0" || !isClientsDeadline && whole.status == "4")
    await test.stop()
  }

  @Test("an answer that the client gives no credit for is dropped after its deadline")
  func untakenAnswer() async throws {
    let test = try await ServerWireTests.server(
      // Without calls nothing else looks at the clock often enough for a test.
      limits: Self.limits { $0.keepaliveInterval = .milliseconds(20) }
    ) { router in
      router.unary("Large") { _, _ in [UInt8](repeating: 1, count: 300_000) }
    }
    let client = try await WireClient(test.address, givesCredit: false)
    let exchange = try await client.send(
      "Large", [ServerWireTests.framed([])], more: [("grpc-timeout", "3000m")])
    let answer = await exchange.answer(untilClosed: true)
    #expect(answer.closed == 8, "CANCEL: the answer is cut")
    #expect(answer.body.count < 300_000)
    await test.stop()
  }

  @Test("a shutdown is announced first, and calls go on until the lame duck's time is over")
  func lameDuck() async throws {
    let announced = Mutex(0)
    var configuration = GRPCServer.Configuration()
    configuration.limits.lameDuck = .seconds(600)
    configuration.beforeDrain = { announced.withLock { $0 += 1 } }
    var router = RPCRouter()
    router.unary("Echo") { input, _ in input }
    let server = GRPCServer(
      address: .tcp(host: "127.0.0.1", port: 0), router: router, configuration: configuration,
      logger: .init(label: "test"))
    let port = try Self.port(try await server.start())
    server.beginGracefulShutdown()
    #expect(announced.withLock { $0 } == 1)
    let client = HTTP2ClientTransportTests.client(.tcp(host: "127.0.0.1", port: port))
    #expect(try await client.call("Echo", [1]) == [1], "still accepts")
    server.beginGracefulShutdown()
    await server.waitUntilStopped()
    #expect(announced.withLock { $0 } == 1)
  }
}
