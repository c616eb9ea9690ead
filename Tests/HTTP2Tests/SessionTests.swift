import HTTP2
import Testing

/// Makes the server answer every finished request with what it received, and trailers.
private func echo(_ pair: SessionPair) {
  var received: [Int32: [UInt8]] = [:]
  pair.onServerEvent = { session, event in
    switch event {
    case .headers(let stream, _):
      received[stream.id] = []
    case .data(let stream, let bytes):
      received[stream.id]?.append(contentsOf: bytes)
      session.consumeConnection(bytes.count)
      session.consumeStream(stream, bytes.count)
    case .endOfStream(let stream):
      session.submitResponse(stream, .response)
      session.send(received[stream.id] ?? [], on: stream)
      session.finish(stream, trailers: .trailers)
    default: break
    }
  }
  pair.onClientEvent = { session, event in
    guard case .data(let stream, let bytes) = event else { return }
    session.consumeConnection(bytes.count)
    session.consumeStream(stream, bytes.count)
  }
}

@Suite("Session")
struct SessionTests {
  @Test("a request and its answer arrive whole, however the bytes are cut", arguments: [nil, 1, 7])
  func exchange(feedBytesMax: Int?) throws {
    let pair = try SessionPair()
    pair.feedBytesMax = feedBytesMax
    echo(pair)
    let stream = try pair.client.submitRequest(.request(more: [("x-custom", "1")]))
    pair.client.send([1, 2, 3], on: stream)
    pair.client.finish(stream)
    try pair.settle()
    let request = Seen.headers(
      1, [":method=POST", ":scheme=http", ":path=/a.B/C", ":authority=test", "x-custom=1"])
    #expect(pair.seenByServer.first == request)
    #expect(Seen.payload(pair.seenByServer) == [1, 2, 3])
    #expect(pair.seenByServer.last == .closed(1, .noError))
    #expect(pair.seenByClient.first == .headers(1, [":status=200"]))
    #expect(Seen.payload(pair.seenByClient) == [1, 2, 3])
    #expect(
      pair.seenByClient.suffix(3) == [
        .trailers(1, ["grpc-status=0"]), .endOfStream(1), .closed(1, .noError),
      ])
    #expect(pair.client.openStreams.isEmpty && pair.server.openStreams.isEmpty)
  }

  @Test(
    "payloads around frame and window sizes keep their trailers",
    arguments: [0, 1, 16383, 16384, 16385, 32768, 65534, 65535, 65536, 65537, 1 << 20, 3_000_001])
  func sizes(count: Int) throws {
    let pair = try SessionPair()
    echo(pair)
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let stream = try pair.client.submitRequest(.request())
    pair.client.send(payload, on: stream)
    pair.client.finish(stream)
    try pair.settle()
    #expect(Seen.payload(pair.seenByClient) == payload)
    #expect(pair.seenByClient.last == .closed(1, .noError))
    #expect(pair.seenByClient.contains(.trailers(1, ["grpc-status=0"])))
  }

  @Test("a parked stream sends what comes later, and its trailers")
  func parked() throws {
    let pair = try SessionPair()
    let stream = try pair.client.submitRequest(.request(), endStream: true)
    try pair.settle()
    let served = try #require(pair.server.openStreams.first)
    pair.server.submitResponse(served, .response)
    try pair.settle()
    pair.server.send([1], on: served)
    try pair.settle()
    pair.server.send([2, 3], on: served)
    try pair.settle()
    #expect(Seen.payload(pair.seenByClient) == [1, 2, 3])
    pair.server.finish(served, trailers: .trailers)
    try pair.settle()
    #expect(stream.isClosed && served.isClosed)
    #expect(pair.seenByClient.last == .closed(1, .noError))
  }

  @Test("payload that nobody consumes stops at the stream window")
  func backPressure() throws {
    let pair = try SessionPair()
    let stream = try pair.client.submitRequest(.request())
    pair.client.send([UInt8](repeating: 7, count: 200_000), on: stream)
    try pair.settle()
    #expect(Seen.payload(pair.seenByServer).count == 64 * 1024)
    let served = try #require(pair.server.openStreams.first)
    pair.server.consumeConnection(64 * 1024)
    pair.server.consumeStream(served, 64 * 1024)
    try pair.settle()
    #expect(Seen.payload(pair.seenByServer).count == 128 * 1024)
  }

  @Test("a full stream says when it may be written again")
  func writable() throws {
    let pair = try SessionPair()
    echo(pair)
    let stream = try pair.client.submitRequest(.request())
    #expect(pair.client.send([UInt8](repeating: 0, count: 100), on: stream))
    #expect(!pair.client.send([UInt8](repeating: 0, count: 64 * 1024), on: stream))
    #expect(!pair.seenByClient.contains(.writable(1)))
    try pair.settle()
    #expect(pair.seenByClient.filter { $0 == .writable(1) }.count == 1)
    #expect(stream.queuedBytes == 0)
  }

  @Test("an answer before the end of its request is followed by a reset without error")
  func earlyAnswer() throws {
    let pair = try SessionPair()
    pair.onServerEvent = { session, event in
      if case .headers(let stream, _) = event {
        session.submitResponse(stream, .response, endStream: true)
      }
    }
    let stream = try pair.client.submitRequest(.request())
    try pair.settle()
    #expect(
      pair.seenByClient == [.headers(1, [":status=200"]), .endOfStream(1), .closed(1, .noError)])
    #expect(stream.isClosed)
    #expect(pair.server.openStreams.isEmpty)
  }

  @Test("a reset closes the stream on both sides with its code, and later calls do nothing")
  func reset() throws {
    let pair = try SessionPair()
    let stream = try pair.client.submitRequest(.request())
    try pair.settle()
    let served = try #require(pair.server.openStreams.first)
    pair.client.reset(stream, .cancel)
    try pair.settle()
    #expect(pair.seenByServer.last == .closed(1, .cancel))
    pair.server.submitResponse(served, .response)
    pair.server.send([1], on: served)
    pair.server.finish(served)
    pair.server.reset(served, .cancel)
    pair.server.consumeStream(served, 10)
    try pair.settle()
    #expect(pair.seenByClient == [.closed(1, .cancel)])
  }

  @Test("a ping comes back with its payload")
  func ping() throws {
    let pair = try SessionPair()
    try pair.settle()
    pair.client.submitPing(0x0102_0304_0506_0708)
    try pair.settle()
    #expect(pair.seenByServer == [.ping(0x0102_0304_0506_0708, isReply: false)])
    #expect(pair.seenByClient == [.ping(0x0102_0304_0506_0708, isReply: true)])
  }

  @Test("a shutdown is announced before it names the last stream, and open streams finish")
  func shutdown() throws {
    let pair = try SessionPair()
    let stream = try pair.client.submitRequest(.request(), endStream: true)
    try pair.settle()
    pair.server.submitShutdownNotice()
    try pair.settle()
    pair.server.goAway()
    try pair.settle()
    #expect(pair.seenByClient == [.goAway(.max, .noError), .goAway(1, .noError)])
    let served = try #require(pair.server.openStreams.first)
    pair.server.submitResponse(served, .response)
    pair.server.finish(served, trailers: .trailers)
    try pair.settle()
    #expect(stream.isClosed)
    #expect(pair.seenByClient.last == .closed(1, .noError))
    #expect(pair.server.isFinished)
  }

  @Test("the peer's stream limit is known once its settings arrive")
  func streamLimit() throws {
    var limits = SessionConfiguration()
    limits.maxConcurrentStreams = 7
    let pair = try SessionPair(server: limits)
    #expect(pair.client.peerMaxConcurrentStreams == 100)
    try pair.settle()
    #expect(pair.client.peerMaxConcurrentStreams == 7)
  }
}
