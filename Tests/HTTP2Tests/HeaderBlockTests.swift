import CNghttp2
import Testing

@testable import HTTP2

@Suite("Header blocks of a client")
struct HeaderBlockTests {
  private static func roomy() -> SessionConfiguration {
    var configuration = SessionConfiguration()
    configuration.maxHeaderListBytes = 100_000
    configuration.maxHeaderFieldBytes = 100_000
    return configuration
  }

  /// The lengths, types and flags of frames.
  private static func frames(in bytes: [UInt8]) -> [[Int]] {
    var frames: [[Int]] = []
    var start = 0
    while start + 9 <= bytes.count {
      let count = Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
      frames.append([count, Int(bytes[start + 3]), Int(bytes[start + 4])])
      start += 9 + count
    }
    return frames
  }

  @Test(
    "a block that is larger than a frame goes on in CONTINUATION, to the byte",
    arguments: [16_383, 16_384, 16_385, 32_768, 32_769, 60_000])
  func continuation(blockBytes: Int) throws {
    let pair = try SessionPair(server: Self.roomy())
    try pair.settle()
    // POST, http, a path, an authority, and a field whose name and lengths take 6 or 7 bytes.
    let rest = 1 + 1 + (1 + 1 + 6) + (1 + 1 + 4) + (1 + 1 + 1)
    let lengthBytes = blockBytes - rest - 127 < 128 * 128 ? 3 : 4
    let value = String(repeating: "v", count: blockBytes - rest - lengthBytes)
    _ = try pair.client.submitRequest(.request(more: [("x", value)]), endStream: true)
    let bytes = try pair.output(of: pair.client)
    let frames = Self.frames(in: bytes)
    #expect(frames.reduce(0) { $0 + $1[0] } == blockBytes)
    #expect(frames.map { $0[1] } == [1] + Array(repeating: 9, count: frames.count - 1))
    #expect(frames.dropLast().allSatisfy { $0[0] == 16_384 && $0[2] & 0x4 == 0 })
    #expect(frames.last.map { $0[2] & 0x4 } == 0x4)
    #expect(frames[0][2] & 0x1 == 0x1)
    try pair.feed(bytes, to: pair.server)
    guard case .headers(1, let fields)? = pair.seenByServer.first else {
      return #expect(Bool(false), "no request arrived")
    }
    #expect(fields.last == "x=\(value)")
  }

  @Test("fields larger than is ever sent are refused, and the session goes on")
  func tooLarge() throws {
    let pair = try SessionPair(server: Self.roomy())
    let most = Session.sentFieldBytesMax - FieldList.request().byteCount - 1
    let fits = FieldList.request(more: [("x", String(repeating: "v", count: most))])
    let exceeds = FieldList.request(more: [("x", String(repeating: "v", count: most + 1))])
    #expect(throws: HTTP2Error.fieldsTooLarge(bytes: Session.sentFieldBytesMax + 1)) {
      try pair.client.submitRequest(exceeds, endStream: true)
    }
    _ = try pair.client.submitRequest(fits, endStream: true)
    try pair.settle()
    guard case .headers(1, _)? = pair.seenByServer.first else {
      return #expect(Bool(false), "no request arrived")
    }
  }

  @Test("trailers of a client arrive, between the requests of others")
  func trailers() throws {
    let pair = try SessionPair()
    var repeated = FieldList()
    repeated.append("x-sum", "0123456789")
    for _ in 0..<3 {
      let first = try pair.client.submitRequest(.request())
      pair.client.send([1], on: first)
      let second = try pair.client.submitRequest(.request())
      pair.client.finish(first, trailers: repeated)
      pair.client.finish(second, trailers: repeated)
      try pair.settle()
    }
    let trailers = pair.seenByServer.compactMap { seen -> [String]? in
      if case .trailers(_, let fields) = seen { fields } else { nil }
    }
    #expect(trailers == Array(repeating: ["x-sum=0123456789"], count: 6))
  }

  @Test("a request that was reset before it was sent leaves the peer's table as it was")
  func resetUnsent() throws {
    let pair = try SessionPair()
    let fields = FieldList.request(more: [("x-a", "1"), ("x-b", "2")])
    for round in 0..<6 {
      let stream = try pair.client.submitRequest(fields, endStream: true)
      if round.isMultiple(of: 2) { pair.client.reset(stream, .cancel) }
      try pair.settle()
    }
    let requests = pair.seenByServer.compactMap { seen -> [String]? in
      if case .headers(_, let fields) = seen { fields } else { nil }
    }
    #expect(requests.count == 3 && requests.allSatisfy { $0.suffix(2) == ["x-a=1", "x-b=2"] })
  }

  @Test("requests that wait for the peer's stream limit are compressed when they are sent")
  func waiting() throws {
    var limits = SessionConfiguration()
    limits.maxConcurrentStreams = 1
    let pair = try SessionPair(server: limits)
    try pair.settle()
    pair.onServerEvent = { session, event in
      guard case .endOfStream(let stream) = event else { return }
      session.submitResponse(stream, .response, endStream: true)
    }
    for index in 0..<10 {
      let more = [("x-index", "\(index)"), ("x-same", "same")]
      _ = try pair.client.submitRequest(.request(more: more), endStream: true)
    }
    try pair.settle()
    let requests = pair.seenByServer.compactMap { seen -> [String]? in
      if case .headers(_, let fields) = seen { Array(fields.suffix(2)) } else { nil }
    }
    #expect(requests == (0..<10).map { ["x-index=\($0)", "x-same=same"] })
  }

  @Test("a peer that wants no table gets blocks that use none")
  func noTable() throws {
    let pair = try SessionPair()
    try pair.settle()
    // SETTINGS_HEADER_TABLE_SIZE 0.
    try pair.feed(RawBytes.frame(4, 0, 0, [0, 1, 0, 0, 0, 0]), to: pair.client)
    for _ in 0..<4 {
      _ = try pair.client.submitRequest(.request(more: [("x-a", "1")]), endStream: true)
      let bytes = try pair.output(of: pair.client)
      #expect(bytes.suffix(6) == [3] + Array("x-a".utf8) + [1, UInt8(ascii: "1")])
    }
  }
}
