import GRPC
import GRPCTransport
import Testing

/// Clients that take their time over what they send.
@Suite("Clients that are slow on purpose", .timeLimit(.minutes(10)), .fewAtOnce)
struct SlowClientTests {
  private static func limits(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
    var limits = ServerLimits()
    change(&limits)
    return limits
  }

  @Test("who does not begin to speak HTTP/2 is closed, over TLS too", arguments: [
    (Road.loopback, [UInt8]()), (.loopback, Array("PRI".utf8)),
    (.loopback, Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)),
    (.tls, []), (.tls, [0x16, 3, 1, 1, 0]),
  ] as [(Road, [UInt8])])
  func preface(road: Road, bytes: [UInt8]) async throws {
    let test = try await ServerWireTests.server(
      over: road, limits: Self.limits { $0.prefaceTimeout = .milliseconds(100) })
    _ = try await RawConversation.bytes(with: test.address, sending: bytes)
    #expect(test.breaches.all == ["preface_timeout"])
    await test.stop()
  }

  @Test("the message of a request must come in time; that of a stream may take longer",
    arguments: [[], [0, 0], ServerWireTests.framed([1])] as [[UInt8]])
  func request(pieces: [UInt8]) async throws {
    let test = try await ServerWireTests.server(
      limits: Self.limits { $0.requestTimeout = .milliseconds(100) })
    let client = try await WireClient(test.address)
    let talk = try await client.open(WireClient.request("Talk"))
    let echo = try await client.open(WireClient.request("Echo"))
    if !pieces.isEmpty { echo.write(RawFrame.data(pieces, stream: echo.stream)) }
    let answer = await echo.answer(untilClosed: true)
    #expect(answer.status == "4" && answer.closed == 0)
    #expect(answer.field("grpc-message") == "the request did not arrive in time")
    #expect(test.breaches.all == ["request_timeout"])
    talk.write(RawFrame.data(ServerWireTests.framed([2]), stream: talk.stream, endStream: true))
    #expect(await talk.answer().body == ServerWireTests.framed([2]))
    await test.stop()
  }

  @Test("a request that came in time has all the time of its call")
  func handler() async throws {
    let test = try await ServerWireTests.server(
      limits: Self.limits { $0.requestTimeout = .seconds(3) }
    ) { router in
      router.unary("Slow") { input, _ in
        try await Task.sleep(for: .milliseconds(3300))
        return input
      }
    }
    // In one piece, of which the first read takes 2 KiB: the message is in the second, in time
    // however busy the machine.
    let filler = [UInt8](repeating: 1, count: 3000)
    let bytes =
      RawFrame.opening + RawFrame.headers(WireClient.request("Slow"), stream: 1)
      + RawFrame.headers(WireClient.request("Echo"), stream: 3)
      + RawFrame.data(ServerWireTests.framed(filler), stream: 3, endStream: true)
      + RawFrame.data(ServerWireTests.framed([3]), stream: 1, endStream: true)
      // So that the connection ends when the calls have.
      + RawFrame.goAway(lastStreamID: 0)
    let answer = RawFrame.all(
      in: try await RawConversation.bytes(with: test.address, sending: bytes))
    // HEADERS, DATA, and the trailers with the status.
    #expect(answer.filter { $0.stream == 1 }.map(\.type) == [1, 0, 1])
    #expect(test.breaches.all == [])
    await test.stop()
  }
}
