import HTTP2
import Testing

@Suite("Rules of HTTP/2 that the library lets a peer break")
struct PeerRuleTests {
  private func server(after bytes: [UInt8]) throws -> SessionPair {
    let pair = try SessionPair()
    try pair.feed(RawBytes.opening + bytes, to: pair.server)
    return pair
  }

  /// The last stream and the code in the GOAWAY of what the server sends.
  private func farewell(of pair: SessionPair) throws -> [UInt32]? {
    var rest = try pair.output(of: pair.server)[...]
    while rest.count >= 9 {
      let start = rest.startIndex
      let count = rest[start..<start + 3].reduce(0) { $0 << 8 | Int($1) }
      if rest[start + 3] == 7 {
        return [9, 13].map { at in
          rest[start + at..<start + at + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
      }
      rest = rest.dropFirst(9 + count)
    }
    return nil
  }

  @Test("a stream that the client has ended cannot be opened again")
  func reusedStream() throws {
    let pair = try server(after: RawBytes.request(1, ends: true))
    pair.onServerEvent = { session, event in
      if case .headers(let stream, _) = event {
        session.submitResponse(stream, .response, endStream: true)
      }
    }
    try pair.feed(RawBytes.request(3, ends: true), to: pair.server)
    _ = try pair.output(of: pair.server)
    #expect(pair.seenByServer.contains(.closed(3, .noError)))
    #expect(throws: HTTP2Error.violation(.streamClosed)) {
      try pair.feed(RawBytes.request(3, ends: true), to: pair.server)
    }
    #expect(try farewell(of: pair) == [3, 5])
  }

  @Test("a stream that was left out cannot be opened later")
  func decreasingStream() throws {
    let pair = try server(after: RawBytes.request(5))
    #expect(throws: HTTP2Error.violation(.protocolError)) {
      try pair.feed(RawBytes.request(3), to: pair.server)
    }
    #expect(try farewell(of: pair) == [5, 1])
  }

  @Test("late frames of a stream that the server has reset are ignored")
  func lateFrames() throws {
    let pair = try SessionPair()
    pair.onServerEvent = { session, event in
      if case .headers(let stream, _) = event { session.reset(stream, .cancel) }
    }
    try pair.feed(RawBytes.opening + RawBytes.request(1), to: pair.server)
    _ = try pair.output(of: pair.server)
    #expect(pair.seenByServer.contains(.closed(1, .cancel)))
    let trailers = RawBytes.frame(1, 0x5, 1, RawBytes.field("x", "y"))
    try pair.feed(trailers + RawBytes.request(3), to: pair.server)
    #expect(!pair.server.isEnded)
  }

  @Test("trailers are not taken for a stream that is opened again")
  func trailers() throws {
    let trailers = RawBytes.frame(1, 0x5, 1, RawBytes.field("x", "y"))
    let pair = try server(after: RawBytes.request(1) + trailers)
    #expect(pair.seenByServer.contains(.trailers(1, ["x=y"])))
    #expect(!pair.server.isEnded)
  }

  @Test("only so many streams are remembered, and what is forgotten is ignored")
  func bounded() throws {
    let pair = try server(after: [])
    for stream in (0..<70).map({ UInt32(4 * $0 + 3) }) {
      try pair.feed(RawBytes.request(stream), to: pair.server)
    }
    try pair.feed(RawBytes.request(1), to: pair.server)
    #expect(!pair.server.isEnded)
    #expect(throws: HTTP2Error.violation(.protocolError)) {
      try pair.feed(RawBytes.request(277), to: pair.server)
    }
  }

  @Test("CONTINUATION above the largest frame is an error of the connection")
  func largeContinuation() throws {
    let begin = RawBytes.frame(1, 0, 1, RawBytes.block)
    let pair = try server(after: begin)
    let large = [UInt8](repeating: 0x84, count: 16 * 1024 + 1)
    #expect(throws: HTTP2Error.violation(.frameSizeError)) {
      try pair.feed(RawBytes.frame(9, 0x4, 1, large), to: pair.server)
    }
    let largest = try server(after: begin)
    try largest.feed(
      RawBytes.frame(9, 0x4, 1, [UInt8](repeating: 0x84, count: 16 * 1024)), to: largest.server)
    #expect(!largest.server.isEnded)
  }

  @Test("SETTINGS that move a window beyond the largest end the connection")
  func settingsOverflow() throws {
    let widest: [UInt8] = [0x7f, 0xff, 0x00, 0x00]
    let pair = try server(after: RawBytes.request(1) + RawBytes.frame(8, 0, 1, widest))
    try pair.feed(RawBytes.frame(4, 0, 0, [0, 4, 0, 1, 0xff, 0xff]), to: pair.server)
    #expect(try farewell(of: pair) == [1, 3])
    #expect(pair.server.isEnded)
  }

  @Test("WINDOW_UPDATE that moves a window beyond the largest resets the stream")
  func updateOverflow() throws {
    let most: [UInt8] = [0x7f, 0xff, 0xff, 0xff]
    let pair = try server(after: RawBytes.request(1) + RawBytes.frame(8, 0, 1, most))
    _ = try pair.output(of: pair.server)
    #expect(pair.seenByServer.contains(.closed(1, .flowControlError)))
    #expect(!pair.server.isEnded)
  }

  @Test("a flood that the library stops by itself ends with a GOAWAY")
  func floodOfSettings() throws {
    let pair = try server(after: [])
    let settings = RawBytes.frame(4, 0, 0, [])
    #expect(throws: HTTP2Error.flooded(.idleFrames)) {
      try pair.feed((0..<2000).flatMap { _ in settings }, to: pair.server)
    }
    #expect(try farewell(of: pair)?.last == 11)
  }

  @Test("CONTINUATION without end ends with a GOAWAY")
  func endlessBlock() throws {
    let pair = try server(after: RawBytes.frame(1, 0, 1, RawBytes.block))
    #expect(throws: HTTP2Error.flooded(.continuations)) {
      for _ in 0..<100 { try pair.feed(RawBytes.frame(9, 0, 1, []), to: pair.server) }
    }
    #expect(try farewell(of: pair)?.last == 11)
  }

  @Test("DATA of nothing but padding is a frame without progress")
  func padding() throws {
    let pair = try server(after: RawBytes.request(1))
    let padding = RawBytes.frame(0, 0x8, 1, [1, 0])
    #expect(throws: HTTP2Error.flooded(.idleFrames)) {
      try pair.feed((0..<2000).flatMap { _ in padding }, to: pair.server)
    }
  }

  @Test(
    "a field that HTTP forbids makes a request malformed",
    arguments: [
      ("x y", "1"), ("x\u{7f}", "1"), ("x:y", "1"), ("", "1"), ("x", "a\0b"), ("x", "a\nb"),
      ("x", "a\rb"),
    ])
  func forbiddenField(name: String, value: String) throws {
    let pair = try server(after: RawBytes.request(1, more: RawBytes.field(name, value)))
    _ = try pair.output(of: pair.server)
    #expect(pair.seenByServer == [.closed(1, .protocolError)])
    #expect(!pair.server.isEnded)
  }
}
