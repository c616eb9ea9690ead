import Testing

@testable import GRPC

@Suite("What a client makes of a response")
struct ClientStreamStateMachineTests {
  /// One received frame.
  enum Frame: Sendable {
    case headers([(String, String)], end: Bool)
    case data([UInt8], end: Bool)
    case reset(UInt32)
  }

  /// What the caller sees at the end.
  struct Outcome: Equatable {
    var code: Status.Code?
    var messages = 0
    var resetsStream = false
  }

  static let good: [(String, String)] = [(":status", "200"), ("content-type", "application/grpc")]
  static let message = MessageDeframerTests.framed([1, 2])

  static func block(_ fields: [(String, String)]) -> ResponseHeaderBlock {
    var block = ResponseHeaderBlock()
    for (name, value) in fields {
      Array(name.utf8).withUnsafeBufferPointer { name in
        Array(value.utf8).withUnsafeBufferPointer { block.add(name: name, value: $0) }
      }
    }
    return block
  }

  static func run(_ frames: [Frame], stream: Bool = false, limit: Int = 100) -> Outcome {
    var machine = ClientStreamStateMachine(responseIsStream: stream, maxMessageBytes: limit)
    var outcome = Outcome()
    func finish(_ end: ClientStreamStateMachine.End) {
      #expect(outcome.code == nil, "a call ends once")
      switch end {
      case .ok: outcome.code = .ok
      case .failed(let error): outcome.code = error.code
      }
    }
    for frame in frames {
      switch frame {
      case .headers(let fields, let end):
        switch machine.receiveHeaders(block(fields), endStream: end) {
        case .ignore, .initialMetadata: break
        case .end(let end): finish(end)
        case .resetAndFail(let error):
          finish(.failed(error))
          outcome.resetsStream = true
        }
      case .data(let bytes, let end):
        let action = bytes.withUnsafeBytes { bytes in
          machine.receiveData(bytes, endStream: end) { _ in outcome.messages += 1 }
        }
        switch action {
        case .proceed: break
        case .end(let end): finish(end)
        case .resetAndFail(let error):
          finish(.failed(error))
          outcome.resetsStream = true
        }
      case .reset(let code):
        if let error = machine.receiveReset(errorCode: code) { finish(.failed(error)) }
      }
    }
    #expect(machine.isEnded == (outcome.code != nil))
    return outcome
  }

  static func trailers(_ status: String) -> Frame {
    .headers([("grpc-status", status)], end: true)
  }

  @Test("one message and OK is a reply")
  func reply() {
    let outcome = Self.run([
      .headers(Self.good, end: false), .data(Self.message, end: false), Self.trailers("0"),
    ])
    #expect(outcome == Outcome(code: .ok, messages: 1))
  }

  @Test("informational headers are skipped")
  func informational() {
    let outcome = Self.run([
      .headers([(":status", "103")], end: false), .headers([(":status", "100")], end: false),
      .headers(Self.good, end: false), .data(Self.message, end: false), Self.trailers("0"),
    ])
    #expect(outcome == Outcome(code: .ok, messages: 1))
  }

  @Test("a single response with none or two messages is UNIMPLEMENTED, unless the server failed")
  func cardinality() {
    let head = Frame.headers(Self.good, end: false)
    let data = Frame.data(Self.message, end: false)
    let two = Frame.data(Self.message + Self.message, end: false)
    #expect(Self.run([head, Self.trailers("0")]) == Outcome(code: .unimplemented))
    #expect(
      Self.run([.headers(Self.good + [("grpc-status", "0")], end: true)]).code == .unimplemented)
    #expect(
      Self.run([head, data, data, Self.trailers("0")]) == Outcome(code: .unimplemented, messages: 1)
    )
    #expect(
      Self.run([head, two, Self.trailers("0")]) == Outcome(code: .unimplemented, messages: 1))
    #expect(Self.run([head, two, Self.trailers("5")]).code == .notFound)
    #expect(Self.run([head, Self.trailers("0")], stream: true) == Outcome(code: .ok))
    #expect(
      Self.run([head, two, data, Self.trailers("0")], stream: true)
        == Outcome(code: .ok, messages: 3))
  }

  @Test("Trailers-Only gives its status, also with another HTTP status")
  func trailersOnly() {
    #expect(
      Self.run([.headers(Self.good + [("grpc-status", "12")], end: true)]).code == .unimplemented)
    #expect(
      Self.run([.headers([(":status", "503"), ("grpc-status", "7")], end: true)]).code
        == .permissionDenied)
    #expect(Self.run([.headers([(":status", "503")], end: true)]).code == .unavailable)
    #expect(Self.run([.headers(Self.good, end: true)]).code == .unknown)
    #expect(
      Self.run([.headers([(":status", "200"), ("content-type", "text/html")], end: true)]).code
        == .unknown)
  }

  @Test("a status in leading headers is ignored when the response goes on")
  func earlyStatus() {
    let outcome = Self.run([
      .headers(Self.good + [("grpc-status", "9")], end: false), .data(Self.message, end: false),
      Self.trailers("0"),
    ])
    #expect(outcome.code == .ok)
  }

  @Test(
    "a response that is not gRPC is reset at its headers",
    arguments: [
      ([(":status", "404")], .unimplemented), ([(":status", "431")], .unknown),
      ([(":status", "200")], .unknown),
      ([(":status", "200"), ("content-type", "text/html")], .unknown),
      ([(":status", "200"), ("content-type", "application/grpc-web")], .unknown),
      ([(":status", "200"), ("content-type", "application/grpc+json")], .internalError),
      (
        [(":status", "200"), ("content-type", "application/grpc"), ("grpc-encoding", "zstd")],
        .internalError
      ),
      ([(":status", "xyz"), ("content-type", "application/grpc")], .unknown),
    ] as [([(String, String)], Status.Code)])
  func notGRPC(fields: [(String, String)], code: Status.Code) {
    let frames: [Frame] = [
      .headers(fields, end: false), .data([1, 2, 3], end: false), Self.trailers("0"),
    ]
    #expect(Self.run(frames) == Outcome(code: code, resetsStream: true))
  }

  @Test(
    "statuses that are missing or not codes are UNKNOWN",
    arguments: ["17", "99", "-1", "x", "", "0x0", "1.0", "9999999999"])
  func badStatus(text: String) {
    let frames: [Frame] = [.headers(Self.good, end: false), .data(Self.message, end: false)]
    #expect(Self.run(frames + [Self.trailers(text)]).code == .unknown)
    #expect(Self.run(frames + [.headers([("a", "b")], end: true)]).code == .unknown)
  }

  @Test(
    "all sixteen failures arrive with message, details and metadata",
    arguments: Status.Code.allCases)
  func failures(code: Status.Code) {
    var machine = ClientStreamStateMachine(responseIsStream: true, maxMessageBytes: 10)
    _ = machine.receiveHeaders(Self.block(Self.good), endStream: false)
    let action = machine.receiveHeaders(
      Self.block([
        ("grpc-status", "\(code.rawValue)"), ("grpc-message", "caf%C3%A9 %zz"),
        ("grpc-status-details-bin", "CAU"), ("x-more", "yes"),
      ]), endStream: true)
    guard case .end(let end) = action else {
      Issue.record("trailers end the call")
      return
    }
    switch end {
    case .ok(let metadata):
      #expect(code == .ok)
      #expect(metadata == ["x-more": "yes"])
    case .failed(let error):
      #expect(error.code == code)
      #expect(error.message == "café %zz")
      #expect(error.detailsBytes == [8, 5])
      #expect(error.metadata == ["x-more": "yes"])
    }
  }

  @Test("broken framing fails the call")
  func framing() {
    let head = Frame.headers(Self.good, end: false)
    #expect(
      Self.run([head, .data([1, 0, 0, 0, 0], end: false)])
        == Outcome(code: .internalError, resetsStream: true))
    #expect(
      Self.run([head, .data([0, 0, 0, 0, 101], end: false)])
        == Outcome(code: .resourceExhausted, resetsStream: true))
    #expect(Self.run([head, .data(Self.message, end: true)]).code == .internalError)
    #expect(
      Self.run([head, .data([0, 0], end: false), Self.trailers("0")]).code == .internalError)
    #expect(Self.run([.data([0], end: false)]).code == .internalError)
    #expect(
      Self.run([head, .headers(Self.good, end: false)])
        == Outcome(code: .internalError, resetsStream: true))
  }

  @Test("a reset ends the call with the mapped code, once")
  func reset() {
    #expect(Self.run([.reset(7)]).code == .unavailable)
    #expect(Self.run([.headers(Self.good, end: false), .reset(8), .reset(1)]).code == .cancelled)
    #expect(
      Self.run([
        .headers(Self.good, end: false), .data(Self.message, end: false), Self.trailers("0"),
        .reset(0),
      ]).code
        == .ok)
  }
  @Test("a compressed response is taken in an encoding that was offered, and in no other")
  func compression() {
    let accepted: [(CompressionAlgorithms, String, Status.Code)] = [
      (.all, "gzip", .ok), (.all, "deflate", .ok), (.gzip, "gzip", .ok), ([], "identity", .ok),
      (.deflate, "gzip", .internalError), ([], "gzip", .internalError),
      ([], "deflate", .internalError), (.all, "zstd", .internalError),
      (.all, "", .internalError), (.all, "Gzip", .internalError),
    ]
    for (accepts, encoding, code) in accepted {
      var machine = ClientStreamStateMachine(
        responseIsStream: true, maxMessageBytes: 10, accepts: accepts)
      let block = Self.block(Self.good + [("grpc-encoding", encoding)])
      switch machine.receiveHeaders(block, endStream: false) {
      case .initialMetadata(let metadata):
        #expect(code == .ok && metadata.isEmpty, "\(encoding)")
        #expect(machine.compression.name == encoding)
      case .resetAndFail(let error): #expect(error.code == code, "\(encoding)")
      default: Issue.record("these are leading headers")
      }
    }
  }

  @Test("compressed messages are delivered as such, byte by byte and all at once")
  func compressedMessages() {
    let bytes = Self.message + [1, 0, 0, 0, 2, 7, 7] + Self.message
    for piece in [1, 3, 100] {
      var machine = ClientStreamStateMachine(
        responseIsStream: true, maxMessageBytes: 10, accepts: .gzip)
      _ = machine.receiveHeaders(
        Self.block(Self.good + [("grpc-encoding", "gzip")]), endStream: false)
      var found: [Bool] = []
      for start in stride(from: 0, to: bytes.count, by: piece) {
        bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { bytes in
          let action = machine.receiveData(bytes, endStream: false) {
            found.append($0.isCompressed)
          }
          guard case .proceed = action else {
            Issue.record("the messages are lawful")
            return
          }
        }
      }
      #expect(found == [false, true, false])
    }
  }
}
