import GRPC
import GRPCTransport
import HTTP2
import Synchronization
import Testing

/// What the server answers to exact frames.
@Suite("A server on the wire", .timeLimit(.minutes(10)), .fewAtOnce)
struct ServerWireTests {
  typealias Fields = [(String, String)]

  /// Echoing methods of each shape.
  static func server(
    over road: Road = .loopback, limits: ServerLimits = .unhurried,
    _ more: (inout RPCRouter) -> Void = { _ in }
  ) async throws -> ServerUnderTest {
    try await ServerUnderTest(over: road, limits: limits) { router in
      router.unary("Echo") { input, _ in input }
      router.serverStreaming("Twice") { input, writer, _ in
        try await writer.write(input)
        try await writer.write(input)
      }
      router.clientStreaming("Count") { requests, _ in
        var count: UInt8 = 0
        for try await _ in requests { count &+= 1 }
        return [count]
      }
      router.bidirectional("Talk") { requests, writer, _ in
        for try await request in requests { try await writer.write(request) }
      }
      more(&router)
    }
  }

  static func framed(_ message: [UInt8]) -> [UInt8] { ScriptedExchange.framed(message) }

  @Test("refusals before the call begins are one header block")
  func refusals() async throws {
    let test = try await Self.server()
    let client = try await WireClient(test.address)
    let echo = WireClient.request("Echo")
    let cases: [(Fields, http: String, grpc: String?)] = [
      (WireClient.request("Echo", contentType: nil), "415", nil),
      (WireClient.request("Echo", contentType: "application/grpc-web"), "415", nil),
      (WireClient.request("Echo", contentType: "application/grpc-web+proto"), "415", nil),
      (WireClient.request("Echo", contentType: "application/grpcx"), "415", nil),
      (WireClient.request("Echo", contentType: "application/grpc+json"), "415", nil),
      (WireClient.request("Echo", contentType: "application/json"), "415", nil),
      (WireClient.request("Echo", verb: "GET"), "405", nil),
      (WireClient.request("Echo", verb: "PUT"), "405", nil),
      (WireClient.request("None"), "200", "12"),
      (WireClient.request("echo"), "200", "12"),
      (echo + [("grpc-timeout", "123456789m")], "200", "13"),
      (echo + [("grpc-timeout", "1")], "200", "13"),
      (echo + [("grpc-timeout", "m")], "200", "13"),
      (echo + [("grpc-timeout", "1x")], "200", "13"),
      (echo + [("grpc-timeout", "")], "200", "13"),
      (echo + [("grpc-encoding", "zstd")], "200", "12"),
    ]
    for (fields, http, grpc) in cases {
      let answer = try await client.open(fields, endStream: true).answer()
      #expect(answer.headers.first == ":status=\(http)", "\(fields)")
      #expect(answer.status == grpc, "\(fields)")
      #expect(answer.trailers == nil && answer.body.isEmpty && answer.isEnded, "\(fields)")
      if grpc != nil {
        #expect(answer.field("grpc-accept-encoding") == "identity,gzip,deflate")
      }
    }
    await test.stop()
  }

  @Test("requests that differ only in what may differ are served")
  func accepted() async throws {
    let test = try await Self.server()
    let client = try await WireClient(test.address)
    let echo = WireClient.request("Echo")
    for fields in [
      WireClient.request("Echo", contentType: "application/grpc+proto"),
      WireClient.request("Echo", contentType: "application/grpc;charset=utf-8"),
      echo.filter { $0.0 != "te" },
      echo + [("grpc-encoding", "identity")],
      echo + [("grpc-accept-encoding", "gzip, deflate, zstd")],
      echo + [("grpc-timeout", "99999999H")],
      echo + [("x-foreign", "caf\u{E9}")],
    ] {
      let exchange = try await client.open(fields)
      exchange.write(
        RawFrame.data(Self.framed([7]), stream: exchange.stream, endStream: true))
      let answer = await exchange.answer()
      #expect(answer.body == Self.framed([7]) && answer.status == "0", "\(fields)")
    }
    await test.stop()
  }

  @Test("an answer is headers, messages and trailers, and the stream ends with the trailers only")
  func shape() async throws {
    let test = try await Self.server { router in
      router.unary("Rich") { input, context in
        try context.setInitialMetadata(["x-initial": "1"])
        try context.addTrailingMetadata(["x-trailing-bin": [0xAB, 0xAB, 0xAB, 1]])
        return input
      }
      router.serverStreaming("Silent") { _, _, _ in }
      router.unary("Refuse") { _, _ in throw RPCError(code: .aborted, message: "no") }
    }
    let client = try await WireClient(test.address)
    let head = [
      ":status=200", "content-type=application/grpc",
      "grpc-accept-encoding=identity,gzip,deflate",
    ]
    let rich = try await client.send("Rich", [Self.framed([1])])
    var events: [WireClient.Event] = []
    for await event in rich.events {
      events.append(event)
      if event == .end { break }
    }
    #expect(
      events == [
        .headers(head + ["x-initial=1"]), .data(Self.framed([1])),
        .trailers(["grpc-status=0", "x-trailing-bin=q6urAQ"]), .end,
      ])
    let silent = try await client.send("Silent", [Self.framed([])]).answer()
    #expect(silent.headers == head && silent.trailers == ["grpc-status=0"])
    let refused = try await client.send("Refuse", [Self.framed([])]).answer()
    #expect(refused.headers == head + ["grpc-status=10", "grpc-message=no"])
    #expect(refused.trailers == nil)
    await test.stop()
  }

  @Test("HEADERS that end the stream are a whole request without messages")
  func headersOnly() async throws {
    let test = try await Self.server()
    let client = try await WireClient(test.address)
    for (method, status, body) in [
      ("Echo", "12", []), ("Twice", "12", []), ("Count", "0", Self.framed([0])), ("Talk", "0", []),
    ] as [(String, String, [UInt8])] {
      let answer = try await client.send(method, []).answer()
      #expect(answer.status == status && answer.body == body, "\(method)")
    }
    await test.stop()
  }

  @Test("a method that takes one message gets no other number of them")
  func cardinality() async throws {
    let test = try await Self.server()
    let client = try await WireClient(test.address)
    let one = Self.framed([1])
    for method in ["Echo", "Twice"] {
      for pieces in [[[]], [one + one], [one, one], [one, one, one]] as [[[UInt8]]] {
        let answer = try await client.send(method, pieces).answer()
        #expect(answer.status == "12" && answer.body.isEmpty, "\(method) \(pieces)")
      }
    }
    await test.stop()
  }

  @Test("messages are found however DATA frames cut them")
  func cuts() async throws {
    let test = try await Self.server()
    let client = try await WireClient(test.address)
    let messages: [[UInt8]] = [[1, 2, 3], [], [UInt8](repeating: 9, count: 300), [4]]
    let bytes = messages.flatMap(Self.framed)
    var cuttings: [[[UInt8]]] = [[bytes], bytes.map { [$0] }]
    for cut in 1..<12 { cuttings.append([Array(bytes[..<cut]), Array(bytes[cut...])]) }
    cuttings.append([Array(bytes[..<1]), Array(bytes[1..<5]), Array(bytes[5...]), []])
    for pieces in cuttings {
      let answer = try await client.send("Talk", pieces).answer()
      #expect(answer.body == bytes && answer.status == "0", "\(pieces.count) pieces")
    }
    await test.stop()
  }

  @Test("padding is credited, however much there is")
  func padding() async throws {
    var limits = ServerLimits()
    limits.session.connectionWindowBytes = 65_535
    let test = try await Self.server(limits: limits)
    let client = try await WireClient(test.address)
    let exchange = try await client.open(WireClient.request("Talk"))
    let frame = RawFrame.data(Self.framed([5]), stream: exchange.stream, padding: 255)
    // Twice the windows of stream and connection.
    for _ in 0..<10 {
      for _ in 0..<50 { exchange.write(frame) }
      #expect(await exchange.payload(50 * 6).count == 50 * 6)
    }
    exchange.write(RawFrame.data([], stream: exchange.stream, endStream: true, padding: 255))
    #expect(await exchange.answer().status == "0")
    await test.stop()
  }

  @Test("broken framing ends the call with the status the protocol names")
  func framing() async throws {
    let test = try await Self.server()
    let client = try await WireClient(test.address)
    for (bytes, status) in [
      ([1, 0, 0, 0, 0], "13"), ([2, 0, 0, 0, 0], "13"), ([0xFF, 0, 0, 0, 0], "13"),
      ([0, 0, 0], "13"), ([0, 0, 0, 0, 2, 1], "13"), ([0, 0, 0x40, 0, 1], "8"),
      ([0, 0xFF, 0xFF, 0xFF, 0xFF], "8"),
    ] as [([UInt8], String)] {
      for method in ["Echo", "Talk", "Count"] {
        let answer = try await client.send(method, [bytes]).answer()
        #expect(answer.status == status, "\(method) \(bytes)")
      }
    }
    await test.stop()
  }

  @Test("an answer before the end of the request is followed by a reset without error")
  func earlyAnswer() async throws {
    let test = try await Self.server { router in
      router.clientStreaming("Refuse") { _, _ in throw RPCError(code: .aborted, message: "no") }
    }
    let client = try await WireClient(test.address)
    let refused = try await client.open(WireClient.request("Refuse")).answer(untilClosed: true)
    #expect(refused.status == "10" && refused.closed == 0)
    let oversized = try await client.open(WireClient.request("Echo"))
    oversized.write(RawFrame.data([0, 0x7F, 0, 0, 0], stream: oversized.stream))
    let answer = await oversized.answer(untilClosed: true)
    #expect(answer.status == "8" && answer.closed == 0)
    let foreign = try await client.open(WireClient.request("Echo", contentType: "text/plain"))
      .answer(untilClosed: true)
    #expect(foreign.headers == [":status=415"] && foreign.closed == 0)
    // The streams are free and the connection lives.
    #expect(try await client.send("Echo", [Self.framed([1])]).answer().status == "0")
    await test.stop()
  }

  @Test("an answer that fails between the pieces of a message is reset, not trailed")
  func cutAnswer() async throws {
    let test = try await Self.server { router in
      router.bidirectional("Flood") { _, writer, _ in
        try await writer.write([UInt8](repeating: 1, count: 300_000))
      }
    }
    let client = try await WireClient(test.address, givesCredit: false)
    let exchange = try await client.open(WireClient.request("Flood"))
    let window = Int(SessionConfiguration().streamWindowBytes)
    #expect(await exchange.payload(window).count == window)
    // The window is used up; now break the call.
    exchange.write(RawFrame.data([9, 0, 0, 0, 0], stream: exchange.stream))
    let answer = await exchange.answer(untilClosed: true)
    #expect(answer.trailers == nil && !answer.isEnded)
    #expect(answer.closed == ErrorCode.cancel.rawValue)
    await test.stop()
  }

  @Test("a header list over the limit is 431, and the connection goes on")
  func headerList() async throws {
    let test = try await Self.server()
    let client = try await WireClient(test.address)
    let large = (0..<5).map { ("x-\($0)", String(repeating: "v", count: 4000)) }
    let answer = try await client.open(WireClient.request("Echo") + large, endStream: true)
      .answer()
    #expect(answer.headers == [":status=431"] && answer.isEnded)
    #expect(try await client.send("Echo", [Self.framed([1])]).answer().status == "0")
    await test.stop()
  }

  @Test("request trailers mean nothing, and too large ones end the call")
  func requestTrailers() async throws {
    let test = try await Self.server()
    let client = try await WireClient(test.address)
    for (count, status) in [(3, "0"), (110, "8")] {
      let exchange = try await client.open(WireClient.request("Talk"))
      let fields = (0..<count).map { ("x-\($0)", "v") }
      exchange.write(RawFrame.headers(fields, stream: exchange.stream, endStream: true))
      #expect(await exchange.answer().status == status, "\(count) fields")
    }
    await test.stop()
  }

  @Test("at the client's deadline the handler is cancelled and the stream ends with the status")
  func deadline() async throws {
    let reasons = Mutex<[Status.Code?]>([])
    let test = try await Self.server { router in
      router.bidirectional("Hang") { requests, _, context in
        defer { reasons.withLock { $0.append(context.cancellation?.code) } }
        for try await _ in requests {}
      }
      router.bidirectional("Begin") { requests, writer, _ in
        try await writer.write([1])
        for try await _ in requests {}
      }
    }
    let client = try await WireClient(test.address)
    // Long enough for the calls to be read in time on a busy machine: they would not begin else.
    for timeout in ["900m", "900000u"] {
      let answer = try await client.open(WireClient.request("Hang") + [("grpc-timeout", timeout)])
        .answer(untilClosed: true)
      #expect(answer.status == "4" && answer.trailers == nil, "\(timeout)")
      // The client had not ended its request (RFC 9113 section 8.1).
      #expect(answer.closed == ErrorCode.noError.rawValue, "\(timeout)")
    }
    // After whole messages as well.
    let begun = try await client.open(WireClient.request("Begin") + [("grpc-timeout", "5S")])
      .answer(untilClosed: true)
    #expect(begun.status == "4" && begun.trailers != nil)
    #expect(begun.body == Self.framed([1]))
    // The connection lives.
    #expect(try await client.send("Echo", [Self.framed([1])]).answer().status == "0")
    await test.stop()
    #expect(reasons.withLock { $0 } == [.deadlineExceeded, .deadlineExceeded])
  }

  @Test("a call that comes without time is answered at once, with the status of its deadline")
  func noTime() async throws {
    let test = try await Self.server { router in
      router.unary("Never") { input, _ in
        Issue.record("the call must not begin")
        return input
      }
    }
    let client = try await WireClient(test.address)
    for timeout in ["0n", "0H"] {
      let answer = try await client.send(
        "Never", [Self.framed([1])], more: [("grpc-timeout", timeout)]).answer()
      #expect(answer.status == "4" && answer.trailers == nil, "\(timeout)")
    }
    await test.stop()
  }

  @Test("a ping comes back unchanged")
  func ping() async throws {
    let test = try await Self.server()
    let client = try await WireClient(test.address)
    client.ping(0x0102_0304_0506_0708)
    var events = client.events.makeAsyncIterator()
    #expect(await events.next() == .ping(0x0102_0304_0506_0708, isReply: true))
    await test.stop()
  }

  @Test("a drain announces itself, names the last stream, and lets open calls finish")
  func drain() async throws {
    let test = try await Self.server()
    let client = try await WireClient(test.address)
    let exchange = try await client.open(WireClient.request("Talk"))
    exchange.write(RawFrame.data(Self.framed([1]), stream: exchange.stream))
    #expect(await exchange.payload(6) == Self.framed([1]))
    test.server.beginGracefulShutdown()
    var lasts: [Int32] = []
    for await event in client.events {
      if case .goAway(let last) = event { lasts.append(last) }
      if lasts.count == 2 { break }
    }
    #expect(lasts == [.max, exchange.stream])
    exchange.write(RawFrame.data(Self.framed([2]), stream: exchange.stream, endStream: true))
    let answer = await exchange.answer()
    #expect(answer.body == Self.framed([2]) && answer.status == "0")
    await test.stop()
  }
}
