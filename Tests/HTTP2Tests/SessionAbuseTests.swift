import HTTP2
import Testing

@Suite("Session against a hostile peer")
struct SessionAbuseTests {
  @Test("bytes that are not HTTP/2 are refused as such")
  func badPreface() throws {
    let pair = try SessionPair()
    #expect(throws: HTTP2Error.badPreface) {
      try pair.feed(Array("GET / HTTP/1.1\r\n\r\n......".utf8), to: pair.server)
    }
  }

  @Test("more fields than allowed are not kept, and the session goes on")
  func tooManyFields() throws {
    let pair = try SessionPair()
    let fields = (0..<97).map { ("x-\($0)", "") }
    _ = try pair.client.submitRequest(.request(more: fields), endStream: true)
    _ = try pair.client.submitRequest(.request(more: Array(fields.prefix(96))), endStream: true)
    try pair.settle()
    #expect(pair.seenByServer.first == .headersTooLarge(1))
    let second = pair.seenByServer.first {
      if case .headers(3, let fields) = $0 { fields.count == 100 } else { false }
    }
    #expect(second != nil)
  }

  @Test("a header list over 16 KiB is not kept, although it is repeated for one byte each")
  func indexedBomb() throws {
    let pair = try SessionPair()
    let fat = String(repeating: "v", count: 3000)
    let bomb = (0..<20).map { _ in ("x-fat", fat) }
    _ = try pair.client.submitRequest(.request(more: bomb), endStream: true)
    try pair.settle()
    #expect(pair.seenByServer.first == .headersTooLarge(1))
  }

  @Test("a field over 8 KiB is not kept")
  func fatField() throws {
    let pair = try SessionPair()
    let fat = [("x", String(repeating: "v", count: 8 * 1024 + 1))]
    _ = try pair.client.submitRequest(.request(more: fat), endStream: true)
    try pair.settle()
    #expect(pair.seenByServer.first == .headersTooLarge(1))
  }

  @Test("a peer that repeats oversized headers is sent away")
  func repeatedBombs() throws {
    let pair = try SessionPair()
    let fields = (0..<200).map { ("x-\($0)", "") }
    #expect(throws: HTTP2Error.flooded(.headerBlocks)) {
      for _ in 0..<4 {
        _ = try pair.client.submitRequest(.request(more: fields), endStream: true)
        try pair.settle()
      }
    }
    try pair.feed(pair.output(of: pair.server), to: pair.client)
    #expect(pair.seenByClient.contains(.goAway(7, .enhanceYourCalm)))
  }

  @Test("oversized headers are forgiven when they are rare")
  func rareBombs() throws {
    var configuration = SessionConfiguration()
    configuration.oversizedHeadersPerSecond = 1e9
    let pair = try SessionPair(server: configuration)
    let fields = (0..<200).map { ("x-\($0)", "") }
    for _ in 0..<20 {
      _ = try pair.client.submitRequest(.request(more: fields), endStream: true)
      try pair.settle()
    }
    #expect(!pair.server.isEnded)
  }

  @Test("frames without progress end the session when the burst is used up")
  func pingFlood() throws {
    let pair = try SessionPair()
    let ping = RawBytes.frame(6, 0, 0, [UInt8](repeating: 0, count: 8))
    try pair.feed(RawBytes.opening, to: pair.server)
    #expect(throws: HTTP2Error.flooded(.idleFrames)) {
      for _ in 0..<30 {
        try pair.feed((0..<100).flatMap { _ in ping }, to: pair.server)
        _ = try pair.output(of: pair.server)
      }
    }
    #expect(pair.server.isEnded)
  }

  @Test("unknown frame types count as frames without progress")
  func unknownFlood() throws {
    let pair = try SessionPair()
    try pair.feed(RawBytes.opening, to: pair.server)
    let unknown = RawBytes.frame(0xfa, 0, 0, [])
    #expect(throws: HTTP2Error.flooded(.idleFrames)) {
      try pair.feed((0..<2000).flatMap { _ in unknown }, to: pair.server)
    }
  }

  @Test("resets that the peer provokes end the session when the burst is used up")
  func madeYouReset() throws {
    let pair = try SessionPair()
    try pair.feed(RawBytes.opening, to: pair.server)
    // ":path" twice: a malformed request, which the library answers with RST_STREAM.
    let malformed: [UInt8] = [0x83, 0x86, 0x84, 0x84, 0x41, 0x01, UInt8(ascii: "a")]
    #expect(throws: HTTP2Error.flooded(.provokedResets)) {
      for index in 0..<300 {
        let id = UInt32(index * 2 + 1)
        try pair.feed(RawBytes.frame(1, 0x4, id, malformed), to: pair.server)
        _ = try pair.output(of: pair.server)
      }
    }
  }

  @Test("nothing is fed to a session that was ended")
  func afterTheEnd() throws {
    let pair = try SessionPair()
    try pair.settle()
    pair.server.terminate(.enhanceYourCalm)
    _ = try pair.client.submitRequest(.request(), endStream: true)
    try pair.feed(pair.output(of: pair.client), to: pair.server)
    #expect(pair.seenByServer.isEmpty)
    try pair.feed(pair.output(of: pair.server), to: pair.client)
    #expect(pair.seenByClient.first == .goAway(0, .enhanceYourCalm))
  }

  @Test("a session that the library ended by itself is not fed either")
  func afterProtocolError() throws {
    let pair = try SessionPair()
    // DATA on stream 0 is a connection error (RFC 9113 section 6.1).
    try pair.feed(RawBytes.opening + RawBytes.frame(0, 0, 0, [1]), to: pair.server)
    _ = try pair.output(of: pair.server)
    #expect(pair.server.isEnded)
    #expect(pair.server.isFinished)
  }
}
