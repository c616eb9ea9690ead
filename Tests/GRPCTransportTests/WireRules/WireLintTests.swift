import Testing

/// The lint finds what it is there for.
@Suite("The lint of header blocks")
struct WireLintTests {
  private static let head = [(":status", "200"), ("content-type", "application/grpc")]
  private static let request = [
    (":method", "POST"), (":scheme", "http"), (":path", "/a/b"), (":authority", "x"),
    ("grpc-timeout", "1S"), ("te", "trailers"), ("content-type", "application/grpc"),
    ("user-agent", "grpc-swift-x/1"),
  ]

  private static func answer(
    _ headers: [(String, String)] = [], _ trailers: [(String, String)]?
  ) -> [String] {
    WireLint.problems(headers: head + headers, trailers: trailers)
  }

  @Test("lawful blocks have no problems")
  func lawful() {
    #expect(WireLint.problems(request: Self.request) == [])
    #expect(Self.answer([], [("grpc-status", "0"), ("x-bin", "AQI"), ("x-bin", "")]) == [])
    #expect(
      Self.answer([("grpc-status", "16"), ("grpc-message", "a%20%E2%98%BA b~ $&")], nil) == [])
    #expect(WireLint.problems(headers: [(":status", "415")], trailers: nil) == [])
  }

  @Test("each fault of an answer is found", arguments: [
    [], [("grpc-status", "17")], [("grpc-status", "00")], [("grpc-status", "-1")],
    [("grpc-status", "")], [("grpc-status", "5"), ("grpc-status", "5")],
    [("grpc-status", "0"), ("grpc-message", "fine")], [("grpc-status", "5"), ("grpc-message", "")],
    [("grpc-status", "5"), ("grpc-message", "100%")],
    [("grpc-status", "5"), ("grpc-message", "%c3")],
    [("grpc-status", "5"), ("grpc-message", "caf\u{E9}")],
    [("grpc-status", "0"), ("grpc-status-details-bin", "CAU")],
    [("grpc-status", "0"), ("x-bin", "AQ==")], [("grpc-status", "0"), ("x-bin", "A")],
    [("grpc-status", "0"), ("X-Upper", "1")], [("grpc-status", "0"), (":status", "200")],
    [("grpc-status", "0"), ("content-type", "application/grpc")],
    [("grpc-status", "0"), ("connection", "close")],
  ] as [[(String, String)]])
  func answers(trailers: [(String, String)]) {
    #expect(Self.answer([], trailers).count >= 1)
  }

  @Test("a status before the messages is found")
  func early() {
    #expect(Self.answer([("grpc-status", "0")], [("grpc-status", "0")]).count == 1)
    #expect(
      Self.answer([("grpc-encoding", "gzip"), ("grpc-encoding", "gzip")], [("grpc-status", "0")])
        .count == 1)
  }

  @Test("each fault of a request is found")
  func requests() {
    for index in Self.request.indices where Self.request[index].0 != "grpc-timeout" {
      var fields = Self.request
      let field = fields.remove(at: index)
      #expect(WireLint.problems(request: fields).count >= 1, "without \(field.0)")
      #expect(WireLint.problems(request: Self.request + [field]).count >= 1, "twice \(field.0)")
    }
    for timeout in ["", "1", "S", "0S", "123456789n", "1s", "-1S", "1.5S", " 1S"] {
      let fields = Self.request.map { $0.0 == "grpc-timeout" ? ($0.0, timeout) : $0 }
      #expect(WireLint.problems(request: fields).count == 1, "\(timeout)")
    }
    let late = Self.request.filter { $0.0 != "grpc-timeout" } + [("grpc-timeout", "1S")]
    #expect(WireLint.problems(request: late).count == 1)
    #expect(WireLint.problems(request: Self.request + [("x-bin", "AQ==")]).count == 1)
  }
}
