import GRPC
import GRPCTransport
import HTTP2
import Testing

/// Where the limits of a server are, to the byte and to the call.
@Suite("Limits of calls on the wire", .timeLimit(.minutes(10)), .fewAtOnce)
struct CallLimitWireTests {
  private typealias Fields = [(String, String)]

  private static func server(
    _ limits: ServerLimits, _ handlerReturns: Gate = Gate()
  ) async throws -> ServerUnderTest {
    try await ServerWireTests.server(limits: limits) { router in
      router.unary("Hang") { _, _ in
        defer { handlerReturns.open() }
        try await Task.sleep(for: .seconds(3600))
        return []
      }
    }
  }

  @Test("a header list of exactly the limit passes, one byte more is 431")
  func headerList() async throws {
    var limits = ServerLimits()
    limits.session.maxHeaderListBytes = 1000
    let test = try await Self.server(limits)
    let client = try await WireClient(test.address)
    let base = WireClient.request("Echo")
    func size(_ fields: Fields) -> Int {
      fields.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 }
    }
    // Bytes count as they travel, in base64.
    for name in ["x-fill", "x-fill-bin"] {
      let room = 1000 - size(base + [(name, "")])
      for (excess, status) in [(0, "200"), (1, "431")] {
        let value = String(repeating: "A", count: room + excess)
        let answer = try await client.open(base + [(name, value)], endStream: true).answer()
        #expect(answer.headers.first == ":status=\(status)", "\(name)")
      }
    }
    await test.stop()
  }

  @Test("te is trailers or nothing", arguments: ["gzip", "trailers, gzip", ""])
  func foreignTE(value: String) async throws {
    let test = try await Self.server(ServerLimits())
    let client = try await WireClient(test.address)
    let fields = WireClient.request("Echo").map { $0.0 == "te" ? ("te", value) : $0 }
    let answer = try await client.open(fields, endStream: true).answer(untilClosed: true)
    #expect(answer.closed == ErrorCode.protocolError.rawValue && answer.headers.isEmpty)
    #expect(
      try await client.send("Echo", [ServerWireTests.framed([1])]).answer().status == "0",
      "the connection goes on")
    await test.stop()
  }

  @Test("a call above the running handlers is refused as surely unprocessed")
  func runningHandlers() async throws {
    var limits = ServerLimits()
    limits.maxRunningHandlers = 2
    limits.shutdownGrace = .milliseconds(20)
    let handlerReturns = Gate()
    let test = try await Self.server(limits, handlerReturns)
    let client = try await WireClient(test.address)
    let message = [ServerWireTests.framed([1])]
    var hanging: [WireClient.Exchange] = []
    for _ in 0..<2 { hanging.append(try await client.send("Hang", message)) }
    let refused = try await client.send("Echo", message).answer(untilClosed: true)
    #expect(refused.closed == ErrorCode.refusedStream.rawValue && refused.headers.isEmpty)
    #expect(test.breaches.all == ["running_handlers"])
    // A reset call makes room when its handler has returned.
    hanging[0].write(RawFrame.reset(8, stream: hanging[0].stream))
    await handlerReturns.wait()
    #expect(try await client.send("Echo", message).answer().status == "0")
    await test.stop()
  }

  @Test("streams above the limit that the client has not seen yet are refused as unprocessed")
  func unseenStreamLimit() async throws {
    let frames = try await Self.streams(3, limit: 2, isLimitAcknowledged: false)
    #expect(
      frames.contains { $0.type == 3 && $0.stream == 5 && $0.payload.suffix(1) == [7] },
      "RST_STREAM with REFUSED_STREAM in \(frames)")
    #expect(!frames.contains { $0.type == 3 && $0.stream < 5 })
  }

  @Test("streams above the limit that the client has acknowledged cost the connection")
  func acknowledgedStreamLimit() async throws {
    let frames = try await Self.streams(3, limit: 2, isLimitAcknowledged: true)
    #expect(
      frames.contains { $0.type == 7 && $0.payload.dropFirst(4).prefix(4) == [0, 0, 0, 1] },
      "GOAWAY with PROTOCOL_ERROR")
  }

  /// Opens so many streams at once and returns what the server sent until it closed.
  private static func streams(
    _ count: Int, limit: UInt32, isLimitAcknowledged: Bool
  ) async throws -> [RawFrame.Received] {
    var limits = ServerLimits()
    limits.session.maxConcurrentStreams = limit
    let test = try await server(limits)
    var bytes = RawFrame.opening
    if isLimitAcknowledged { bytes += RawFrame.settings(isAcknowledgement: true) }
    for index in 0..<count {
      bytes += RawFrame.headers(
        WireClient.request("Talk"), stream: Int32(2 * index + 1), endStream: true)
    }
    // Ends the connection once the streams have ended, and so the reading.
    bytes += RawFrame.goAway(lastStreamID: 0)
    let received = try await RawConversation.bytes(with: test.address, sending: bytes)
    await test.stop()
    return RawFrame.all(in: received)
  }
}
