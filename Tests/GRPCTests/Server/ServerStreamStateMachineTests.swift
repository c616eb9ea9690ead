import Testing

@testable import GRPC

@Suite("ServerStreamStateMachine")
struct ServerStreamStateMachineTests {
  typealias Fields = [(String, String)]

  static let routes: RoutingTable = {
    var router = RPCRouter.allShapes
    router.setMaxRequestBytes(8, for: .test("Unary", .unary))
    return router.freeze(interceptors: [])
  }()

  static func request(
    path: String = "/test.Service/Unary", method: String = "POST",
    contentType: String? = "application/grpc", more: Fields = []
  ) -> Fields {
    var fields: Fields = [
      (":method", method), (":scheme", "http"), (":path", path), (":authority", "x"),
      ("te", "trailers"),
    ]
    if let contentType { fields.append(("content-type", contentType)) }
    return fields + more
  }

  /// `begin`, or the text of the refusal.
  static func verdict(_ fields: Fields) -> [String] {
    var machine = ServerStreamStateMachine()
    return HeaderBlock.with(fields) { view in
      switch machine.receiveHeaders(view, routes: routes) {
      case .begin(let method, let timeout):
        ["begin", method.descriptor.method] + (timeout.map { ["\($0)"] } ?? [])
      case .refuse(let answer): answer.text
      case .nothing: []
      }
    }
  }

  @Test("requests that begin a call", arguments: [
    (request(), ["begin", "Unary"]),
    (request(contentType: "application/grpc+proto"), ["begin", "Unary"]),
    (request(contentType: "application/grpc;charset=utf-8"), ["begin", "Unary"]),
    (request(path: "/test.Service/Both"), ["begin", "Both"]),
    (request(more: [("grpc-timeout", "5S")]), ["begin", "Unary", "5000000000"]),
    (request(more: [("grpc-timeout", "0n")]), ["begin", "Unary", "0"]),
    (request(more: [("grpc-timeout", "99999999H")]), ["begin", "Unary", "\(Int64.max)"]),
    (request(more: [("grpc-encoding", "identity")]), ["begin", "Unary"]),
    (request(more: [("grpc-encoding", "gzip")]), ["begin", "Unary"]),
    (request(more: [("grpc-encoding", "deflate")]), ["begin", "Unary"]),
    (request(more: [("grpc-accept-encoding", "gzip")]), ["begin", "Unary"]),
    (request().filter { $0.0 != "te" }, ["begin", "Unary"]),
  ] as [(Fields, [String])])
  func accepted(fields: Fields, expected: [String]) {
    #expect(Self.verdict(fields) == expected)
  }

  @Test("refusals as HTTP statuses, content type before method", arguments: [
    (request(contentType: nil), ":status=415"),
    (request(contentType: "application/json"), ":status=415"),
    (request(contentType: "application/grpc-web"), ":status=415"),
    (request(contentType: "application/grpc+json"), ":status=415"),
    (request(method: "GET", contentType: "text/plain"), ":status=415"),
    (request(method: "GET"), ":status=405"),
    (request(path: "/nothing", method: "PUT"), ":status=405"),
  ] as [(Fields, String)])
  func httpRefusals(fields: Fields, status: String) {
    #expect(Self.verdict(fields) == [status])
  }

  @Test("refusals as a single header block, method before timeout before encoding", arguments: [
    (request(path: "/test.Service/None"), "12"),
    (request(path: "test.Service/Unary"), "12"),
    (request(path: "/test.Service/unary"), "12"),
    (request(path: "/test.Service/Unary/"), "12"),
    (request(path: ""), "12"),
    (request(path: "/None/None", more: [("grpc-timeout", "x")]), "12"),
    (request(more: [("grpc-timeout", "")]), "13"),
    (request(more: [("grpc-timeout", "S")]), "13"),
    (request(more: [("grpc-timeout", "1X")]), "13"),
    (request(more: [("grpc-timeout", "-1S")]), "13"),
    (request(more: [("grpc-timeout", "123456789S")]), "13"),
    (request(more: [("grpc-timeout", "1s"), ("grpc-encoding", "zstd")]), "13"),
    (request(more: [("grpc-encoding", "zstd")]), "12"),
    (request(more: [("grpc-encoding", "GZIP")]), "12"),
    (request(more: [("grpc-encoding", "gzip, deflate")]), "12"),
    (request(more: [("grpc-encoding", "")]), "12"),
  ] as [(Fields, String)])
  func trailersOnly(fields: Fields, code: String) {
    let answer = Self.verdict(fields)
    #expect(
      answer.prefix(4) == [
        ":status=200", "content-type=application/grpc",
        "grpc-accept-encoding=identity,gzip,deflate", "grpc-status=\(code)",
      ])
    #expect(answer.last?.hasPrefix("grpc-message=") == true)
  }

  @Test("the answer names its codec when the request did")
  func subtype() {
    let answer = Self.verdict(
      Self.request(path: "/no/no", contentType: "application/grpc+proto"))
    #expect(answer.contains("content-type=application/grpc+proto"))
  }

  /// A machine that has accepted a call.
  static func begun(_ name: String) -> ServerStreamStateMachine {
    var machine = ServerStreamStateMachine()
    HeaderBlock.with(request(path: "/test.Service/\(name)")) { view in
      guard case .begin = machine.receiveHeaders(view, routes: routes) else {
        Issue.record("the call must begin")
        return
      }
    }
    return machine
  }

  struct Outcome: Equatable {
    var messages: [[UInt8]] = []
    var failure: Status.Code?
    var end: ServerStreamStateMachine.OnEnd?
  }

  /// Feeds payload in pieces, then the end.
  static func feed(_ name: String, _ bytes: [UInt8], piece: Int) -> Outcome {
    var machine = begun(name)
    var outcome = Outcome()
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + piece)
      bytes[start..<end].withUnsafeBytes { view in
        let action = machine.receiveData(view) { outcome.messages.append($0.bytes) }
        if case .fail(let status) = action { outcome.failure = status.code }
      }
      start = end
    }
    outcome.end = machine.receiveEnd()
    return outcome
  }

  static func framed(_ message: [UInt8], flag: UInt8 = 0) -> [UInt8] {
    [flag, 0, 0, 0, UInt8(message.count)] + message
  }

  @Test("whole requests, byte by byte and all at once", arguments: [1, 2, 5, 1000])
  func whole(piece: Int) {
    #expect(
      Self.feed("Unary", Self.framed([1, 2]), piece: piece)
        == Outcome(messages: [[1, 2]], end: .dispatch))
    #expect(
      Self.feed("Unary", Self.framed([]), piece: piece)
        == Outcome(messages: [[]], end: .dispatch))
    let atLimit = Self.framed([UInt8](repeating: 9, count: 8))
    #expect(Self.feed("Unary", atLimit, piece: piece).end == .dispatch)
    #expect(Self.feed("Down", Self.framed([1]), piece: piece).end == .dispatch)
    #expect(
      Self.feed("Up", Self.framed([1]) + Self.framed([]) + Self.framed([2, 3]), piece: piece)
        == Outcome(messages: [[1], [], [2, 3]], end: .endMessages))
    #expect(Self.feed("Both", [], piece: piece) == Outcome(end: .endMessages))
  }

  @Test("violations, byte by byte and all at once", arguments: [1, 2, 5, 1000])
  func violations(piece: Int) {
    let two = Self.feed("Unary", Self.framed([1]) + Self.framed([2]), piece: piece)
    #expect(two.failure == .unimplemented && two.messages == [[1]])
    let large = Self.feed("Unary", [0, 0, 0, 0, 9], piece: piece)
    #expect(large.failure == .resourceExhausted && large.messages.isEmpty)
    let huge = Self.feed("Both", [0, 0xff, 0xff, 0xff, 0xff], piece: piece)
    #expect(huge.failure == .resourceExhausted)
    #expect(Self.feed("Unary", Self.framed([1], flag: 1), piece: piece).failure == .internalError)
    #expect(Self.feed("Both", Self.framed([1], flag: 2), piece: piece).failure == .internalError)
  }

  @Test("a request without its message, or cut inside it, fails at its end")
  func badEnds() {
    func code(_ name: String, _ bytes: [UInt8]) -> Status.Code? {
      guard case .fail(let status) = Self.feed(name, bytes, piece: 1000).end else { return nil }
      return status.code
    }
    #expect(code("Unary", []) == .unimplemented)
    #expect(code("Down", []) == .unimplemented)
    #expect(code("Unary", [0, 0, 0]) == .internalError)
    #expect(code("Unary", [0, 0, 0, 0, 3, 1]) == .internalError)
    #expect(code("Both", Self.framed([1]) + [0]) == .internalError)
  }

  /// For inputs that change the machine, which `#expect` cannot evaluate itself.
  private func expect<Value: Equatable>(
    _ value: Value, _ expected: Value, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(value == expected, sourceLocation: sourceLocation)
  }

  @Test("headers go before the first message only, and nothing goes after the status")
  func responseOrder() {
    var machine = Self.begun("Down")
    expect(machine.sendMessage(), .sendHeadersFirst)
    expect(machine.sendMessage(), .send)
    expect(machine.sendStatus(.ok, hasInitialMetadata: false), .sendTrailers)
    expect(machine.sendMessage(), .drop)
    expect(machine.sendStatus(.internalError, hasInitialMetadata: false), .nothing)
    expect(machine.closed(), .nothing)
  }

  @Test("only an immediate failure without initial metadata is a single block")
  func statusForms() {
    var machine = Self.begun("Unary")
    expect(machine.sendStatus(.notFound, hasInitialMetadata: false), .sendTrailersOnly)
    machine = Self.begun("Unary")
    expect(machine.sendStatus(.notFound, hasInitialMetadata: true), .sendHeadersAndTrailers)
    machine = Self.begun("Down")
    expect(machine.sendStatus(.ok, hasInitialMetadata: false), .sendHeadersAndTrailers)
  }

  @Test("input after the answer and after the loss of the stream means nothing")
  func lateInput() {
    var machine = Self.begun("Both")
    expect(machine.closed(), .cancelHandler)
    expect(machine.closed(), .nothing)
    expect(machine.receiveEnd(), .nothing)
    expect(machine.sendMessage(), .drop)
    Self.framed([1]).withUnsafeBytes { view in
      let action = machine.receiveData(view) { _ in Issue.record("a late message") }
      #expect(action == .nothing)
    }
    HeaderBlock.with(Self.request()) { view in
      guard case .nothing = machine.receiveHeaders(view, routes: Self.routes) else {
        Issue.record("late headers")
        return
      }
    }
  }
}
