import HTTP2
import Testing

@Suite("Limits of queued output")
struct OutputLimitTests {
  /// A pair with so many open streams, whose client gives no credit.
  private static func pair(streams: Int) throws -> (SessionPair, [Session.Stream]) {
    let pair = try SessionPair()
    for _ in 0..<streams { _ = try pair.client.submitRequest(.request(), endStream: true) }
    try pair.settle()
    for stream in pair.server.openStreams { pair.server.submitResponse(stream, .response) }
    try pair.settle()
    return (pair, pair.server.openStreams)
  }

  @Test("a stream holds its high-water mark and a message, all together hold theirs")
  func bounded() throws {
    let message = [UInt8](repeating: 1, count: 4000)
    let (pair, streams) = try Self.pair(streams: 90)
    for _ in 0..<1000 {
      for stream in streams where !stream.isFull { pair.server.send(message, on: stream) }
    }
    #expect(streams.allSatisfy { $0.isFull })
    let configuration = pair.server.configuration
    let mostOfEach = configuration.streamHighWaterBytes + message.count
    #expect(streams.allSatisfy { $0.queuedBytes <= mostOfEach })
    let most = configuration.connectionHighWaterBytes + streams.count * message.count
    #expect(pair.server.queuedBytes <= most)
    #expect(pair.server.queuedBytes == streams.reduce(0) { $0 + $1.queuedBytes })
  }

  @Test("above the mark of all a stream goes on when its own bytes have gone")
  func fair() throws {
    var configuration = SessionConfiguration()
    configuration.streamHighWaterBytes = 64 * 1024
    configuration.connectionHighWaterBytes = 200_000
    let pair = try SessionPair(server: configuration)
    for _ in 0..<20 { _ = try pair.client.submitRequest(.request(), endStream: true) }
    try pair.settle()
    let streams = pair.server.openStreams
    for stream in streams { pair.server.submitResponse(stream, .response) }
    let message = [UInt8](repeating: 1, count: 60_000)
    for stream in streams { pair.server.send(message, on: stream) }
    // The fourth and all after it found the mark passed, the first three below their own.
    #expect(streams.filter(\.isFull).count == 17)
    try pair.settle()
    #expect(streams.filter { $0.isFull && $0.queuedBytes == 0 }.isEmpty)
    #expect(pair.server.queuedBytes == 20 * 60_000 - Seen.payload(pair.seenByClient).count)
  }

  @Test("what is dropped with its stream is not counted any more")
  func dropped() throws {
    let (pair, streams) = try Self.pair(streams: 10)
    for stream in streams { pair.server.send([UInt8](repeating: 1, count: 100_000), on: stream) }
    for stream in streams.prefix(5) { pair.server.reset(stream, .cancel) }
    try pair.settle()
    #expect(pair.server.queuedBytes == streams.dropFirst(5).reduce(0) { $0 + $1.queuedBytes })
    for stream in pair.client.openStreams { pair.client.reset(stream, .cancel) }
    try pair.settle()
    #expect(pair.server.queuedBytes == 0)
  }
}
