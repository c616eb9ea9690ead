import GRPC
import HTTP2
import Synchronization
import Testing

@testable import GRPCTransport

/// What the client makes of exact frames.
@Suite("A client on the wire", .timeLimit(.minutes(10)), .fewAtOnce)
struct ClientWireTests {
  private typealias Base = HTTP2ClientTransportTests
  private static let good = [(":status", "200"), ("content-type", "application/grpc")]

  private static func framed(_ message: [UInt8]) -> [UInt8] { ScriptedExchange.framed(message) }

  /// The last part of the path, which the tests use to say what they want.
  private static func wish(_ exchange: ScriptedExchange) -> String {
    exchange.path.split(separator: "/").last.map(String.init) ?? ""
  }

  @Test("an HTTP status without a gRPC status is mapped, with a body and without")
  func httpStatuses() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      let (status, hasBody) = (Self.wish(exchange).dropLast(), exchange.path.hasSuffix("b"))
      exchange.raw([(":status", String(status))], endStream: !hasBody)
      guard hasBody else { return }
      exchange.sendRaw(Array("<html>".utf8))
      exchange.finish(0)
    }
    let client = Base.client(server.target)
    let expected: [(Int, Status.Code)] = [
      (400, .internalError), (401, .unauthenticated), (403, .permissionDenied),
      (404, .unimplemented), (429, .unavailable), (502, .unavailable), (503, .unavailable),
      (504, .unavailable), (200, .unknown), (204, .unknown), (302, .unknown), (415, .unknown),
      (418, .unknown), (431, .unknown), (500, .unknown), (800, .unknown),
    ]
    for (status, code) in expected {
      for form in ["a", "b"] where !(status == 204 && form == "b") {
        let error = await failure { _ = try await client.call("\(status)\(form)") }
        #expect(error?.code == code, "\(status)\(form): \(String(describing: error))")
      }
    }
  }

  @Test("a gRPC status in the only header block wins over the HTTP status")
  func trailersOnly() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      exchange.raw(
        [(":status", Self.wish(exchange)), ("grpc-status", "7"), ("grpc-message", "no%2")],
        endStream: true)
    }
    let client = Base.client(server.target)
    for status in ["200", "404", "503"] {
      let error = await failure { _ = try await client.call(status) }
      #expect(error?.code == .permissionDenied && error?.message == "no%2")
    }
  }

  @Test("every reset code is mapped, before the headers and after them")
  func resets() async throws {
    let requests = Mutex(0)
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input, let code = UInt32(Self.wish(exchange).dropLast()) else { return }
      requests.withLock { $0 += 1 }
      if exchange.path.hasSuffix("b") {
        exchange.inject(RawFrame.headers(Self.good, stream: exchange.stream.id))
      }
      // The session sends no reset without an error by itself: hence by hand.
      exchange.inject(RawFrame.reset(code, stream: exchange.stream.id))
    }
    let client = Base.client(server.target)
    let expected: [(UInt32, Status.Code)] = [
      (0, .internalError), (1, .internalError), (2, .internalError), (3, .internalError),
      (4, .internalError), (6, .internalError), (8, .cancelled), (9, .internalError),
      (10, .internalError), (11, .resourceExhausted), (12, .permissionDenied), (999, .unknown),
    ]
    for (reset, code) in expected {
      for form in ["a", "b"] {
        let error = await failure { _ = try await client.call("\(reset)\(form)") }
        #expect(error?.code == code, "\(reset)\(form): \(String(describing: error))")
      }
    }
    #expect(requests.withLock { $0 } == expected.count * 2, "nothing is sent again")
  }

  @Test("informational responses are skipped")
  func informational() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      let id = exchange.stream.id
      exchange.inject(
        RawFrame.headers([(":status", "103"), ("link", "</x>")], stream: id)
          + RawFrame.headers([(":status", "102")], stream: id)
          + RawFrame.headers(Self.good, stream: id)
          + RawFrame.data(Self.framed([6]), stream: id)
          + RawFrame.headers([("grpc-status", "0")], stream: id, endStream: true))
    }
    #expect(try await Base.client(server.target).call() == [6])
  }

  @Test("a status in leading headers means nothing when something follows")
  func leadingStatus() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      exchange.respond([("grpc-status", "9"), ("grpc-message", "early")])
      switch Self.wish(exchange) {
      case "Body":
        exchange.send([8])
        exchange.finish()
      case "Trailers": exchange.finish(5, [("grpc-message", "late")])
      default:
        exchange.connection.session.finish(exchange.stream)
        exchange.connection.flushSoon()
      }
    }
    let client = Base.client(server.target)
    #expect(try await client.call("Body") == [8])
    let trailers = await failure { _ = try await client.call("Trailers") }
    #expect(trailers?.code == .notFound && trailers?.message == "late")
    let data = await failure { _ = try await client.call("Data") }
    #expect(data?.code == .internalError)
  }

  @Test("a foreign answer is told from gRPC by its content type and encoding")
  func foreignAnswers() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      let (type, encoding): (String, String) =
        switch Self.wish(exchange) {
        case "Html": ("text/html", "identity")
        case "Web": ("application/grpc-web+proto", "identity")
        case "JSON": ("application/grpc+json", "identity")
        case "Zstd": ("application/grpc", "zstd")
        default: ("application/grpc+proto", "identity")
        }
      exchange.raw([(":status", "200"), ("content-type", type), ("grpc-encoding", encoding)])
      exchange.sendRaw(exchange.path.hasSuffix("Flag") ? [1, 0, 0, 0, 0] : Self.framed([1]))
      exchange.finish()
    }
    let client = Base.client(server.target)
    #expect(try await client.call("Good") == [1])
    for (wish, code) in [
      ("Html", .unknown), ("Web", .unknown), ("JSON", .internalError), ("Zstd", .internalError),
      ("Flag", .internalError),
    ] as [(String, Status.Code)] {
      let error = await failure { _ = try await client.call(wish) }
      #expect(error?.code == code, "\(wish): \(String(describing: error))")
    }
  }

  @Test("a call with one response accepts exactly one, in whatever frames")
  func cardinality() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      exchange.respond()
      let one = Self.framed([1])
      switch Self.wish(exchange) {
      case "Two": exchange.sendRaw(one + one)
      case "Three": for _ in 0..<3 { exchange.sendRaw(one) }
      case "One": exchange.sendRaw(one)
      default: break
      }
      exchange.finish()
    }
    let client = Base.client(server.target)
    #expect(try await client.call("One") == [1])
    for wish in ["None", "Two", "Three"] {
      let unary = await failure { _ = try await client.call(wish) }
      #expect(unary?.code == .unimplemented, "\(wish)")
      let upload = await failure {
        let call = client.upload(wish)
        try await call.requests.write([1])
        _ = try await call.response()
      }
      #expect(upload?.code == .unimplemented, "\(wish)")
    }
  }

  @Test("messages are found however DATA frames cut them")
  func cuts() async throws {
    let messages: [[UInt8]] = [[1, 2, 3], [], [UInt8](repeating: 9, count: 300), [4]]
    let bytes = messages.flatMap(Self.framed)
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input, let size = Int(Self.wish(exchange)) else { return }
      let id = exchange.stream.id
      var frames = RawFrame.headers(Self.good, stream: id)
      var start = 0
      while start < bytes.count {
        let end = min(start + size, bytes.count)
        frames += RawFrame.data(Array(bytes[start..<end]), stream: id)
        start = end
      }
      exchange.inject(
        frames + RawFrame.headers([("grpc-status", "0")], stream: id, endStream: true))
    }
    let client = Base.client(server.target)
    for size in [1, 2, 4, 5, 6, 7, 13, 300, 1000] {
      var received: [[UInt8]] = []
      for try await message in client.watch("\(size)").responses { received.append(message) }
      #expect(received == messages, "\(size) bytes a frame")
    }
  }

  @Test("padding is credited, however much there is")
  func padding() async throws {
    var configuration = HTTP2ClientTransport.Configuration.defaults
    configuration.session.streamWindowBytes = 65_535
    configuration.session.connectionWindowBytes = 65_535
    let server = try await ScriptedServer { exchange, input in
      let id = exchange.stream.id
      switch input {
      case .headers: exchange.inject(RawFrame.headers(Self.good, stream: id))
      case .message:
        let frame = RawFrame.data(Self.framed([5]), stream: id, padding: 255)
        exchange.inject(Array(repeatElement(frame, count: 50).joined()))
      case .end:
        exchange.inject(
          RawFrame.headers([("grpc-status", "0")], stream: id, endStream: true))
      case .reset: break
      }
    }
    let call = Base.client(server.target, configuration).converse()
    var responses = call.responses.makeAsyncIterator()
    // Twice the windows of stream and connection.
    for _ in 0..<10 {
      try await call.requests.write([1])
      for _ in 0..<50 { #expect(try await responses.next() == [5]) }
    }
    call.requests.finish()
    #expect(try await responses.next() == nil)
  }

  @Test("a status before the end of the request ends it, and the stream is freed", arguments: [
    "Unary", "Converse",
  ])
  func earlyStatus(shape: String) async throws {
    let resets = AsyncStream.makeStream(of: UInt32.self)
    let server = try await ScriptedServer { exchange, input in
      let id = exchange.stream.id
      switch input {
      case .headers:
        // No credit and, unlike a lawful server, no reset: the client must not wait for either.
        exchange.connection.holdsCredit = true
        exchange.inject(
          RawFrame.headers(Self.good, stream: id)
            + RawFrame.headers([("grpc-status", "9")], stream: id, endStream: true))
      case .reset(let code): resets.continuation.yield(code)
      default: break
      }
    }
    let client = Base.client(server.target)
    let error = await failure {
      if shape == "Unary" {
        _ = try await client.call("Unary", [UInt8](repeating: 1, count: 500_000))
      } else {
        for try await _ in client.converse().responses {}
      }
    }
    #expect(error?.code == .failedPrecondition)
    var codes = resets.stream.makeAsyncIterator()
    #expect(await codes.next() == 0)
  }

  @Test("calls above the last stream of a GOAWAY are sent again unseen, the others finish")
  func goAwayBelow() async throws {
    let connections = Mutex<[ObjectIdentifier]>([])
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      let (isFirst, isNew) = connections.withLock { connections in
        let id = ObjectIdentifier(exchange.connection)
        let isNew = !connections.contains(id)
        if isNew { connections.append(id) }
        return (connections.first == id, isNew)
      }
      guard isFirst, !isNew else {
        exchange.respond()
        exchange.send([isFirst ? 1 : 2])
        exchange.finish()
        return
      }
      // The first connection's second call was not processed.
      exchange.inject(RawFrame.goAway(lastStreamID: exchange.stream.id - 2))
    }
    let client = Base.client(server.target)
    #expect(try await client.call() == [1])
    #expect(try await client.call() == [2])
    #expect(try await client.call() == [2])
    #expect(connections.withLock { $0.count } == 2)
  }

  @Test("a call whose answer has begun is not sent again, whatever the server says", arguments: [
    "Refuse", "GoAway",
  ])
  func begunAnswer(end: String) async throws {
    let requests = Mutex(0)
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      requests.withLock { $0 += 1 }
      let id = exchange.stream.id
      exchange.inject(
        RawFrame.headers(Self.good, stream: id) + RawFrame.data(Self.framed([1]), stream: id)
          + (end == "Refuse" ? RawFrame.reset(7, stream: id) : RawFrame.goAway(lastStreamID: 0)))
    }
    var responses = Base.client(server.target).watch().responses.makeAsyncIterator()
    #expect(try await responses.next() == [1])
    let error = await failure { _ = try await responses.next() }
    #expect(error?.code == .unavailable)
    #expect(requests.withLock { $0 } == 1)
  }

  @Test("calls above the server's limit wait, and their deadlines run")
  func streamLimit() async throws {
    let seen = Mutex(0)
    let held = Mutex<ScriptedExchange?>(nil)
    var limits = SessionConfiguration()
    limits.maxConcurrentStreams = 1
    let server = try await ScriptedServer(configuration: limits) { exchange, input in
      guard case .end = input else { return }
      seen.withLock { $0 += 1 }
      if Self.wish(exchange) == "Hold" {
        exchange.respond()
        exchange.send([1])
        held.withLock { $0 = exchange }
      } else {
        Base.echo(exchange, .headers([:]))
        Base.echo(exchange, .message([7]))
        Base.echo(exchange, .end)
      }
    }
    let client = Base.client(server.target)
    let watch = client.watch("Hold")
    var responses = watch.responses.makeAsyncIterator()
    #expect(try await responses.next() == [1])
    let late = await failure {
      _ = try await client.call(options: .timeout(.milliseconds(30)))
    }
    #expect(late?.code == .deadlineExceeded)
    #expect(seen.withLock { $0 } == 1, "it never left")
    let replies = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<10 { group.addTask { try await client.call() } }
      let exchange = held.withLock { $0 }
      exchange?.connection.onLoop { exchange?.finish() }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(replies == Array(repeating: [7], count: 10))
    #expect(try await responses.next() == nil)
  }

  @Test("a call that had to wait says what remains of its timeout when it is sent")
  func timeoutAfterWaiting() async throws {
    let held = Mutex<ScriptedExchange?>(nil)
    let timeout = Mutex<String?>(nil)
    var limits = SessionConfiguration()
    limits.maxConcurrentStreams = 1
    let server = try await ScriptedServer(configuration: limits) { exchange, input in
      if Self.wish(exchange) == "Hold" {
        guard case .end = input else { return }
        exchange.respond()
        exchange.send([1])
        held.withLock { $0 = exchange }
      } else {
        if case .headers(let fields) = input {
          timeout.withLock { $0 = fields["grpc-timeout"] }
        }
        Base.echo(exchange, input)
      }
    }
    let transport = Base.transport(server.target)
    let client = GRPCClient(transport: transport)
    var responses = client.watch("Hold").responses.makeAsyncIterator()
    #expect(try await responses.next() == [1])
    // The time begins here, whenever the task of the call gets to run.
    let head = ClientRequestHead(
      method: GRPCClient.method("Unary", .unary), metadata: [:],
      deadline: Deadline(after: .seconds(100)), options: .defaults)
    async let reply = transport.unary(head, framedMessage: ScriptedExchange.framed([1, 2, 3]))
    try await Task.sleep(for: .milliseconds(150))
    let exchange = held.withLock { $0 }
    exchange?.connection.onLoop { exchange?.finish() }
    #expect(try await reply.message == [1, 2, 3])
    let text = try #require(timeout.withLock { $0 })
    let nanoseconds = try #require(GRPCTimeout.decode(text))
    #expect(nanoseconds <= 99_900_000_000)
  }

  @Test("metadata larger than is ever sent fails its call, and the connection goes on")
  func metadataTooLarge() async throws {
    let server = try await ScriptedServer(script: Base.echo)
    let client = Base.client(server.target)
    #expect(try await client.call("Unary", [1]) == [1])
    let fat: Metadata = ["x-fat": .string(String(repeating: "v", count: 64 * 1024))]
    let error = await failure { _ = try await client.call("Unary", [1], metadata: fat) }
    #expect(error?.code == .resourceExhausted)
    #expect(error?.message == "the call's metadata is too large")
    #expect(try await client.call("Unary", [2]) == [2])
  }

  @Test("response headers over the limit fail the call, and the connection goes on")
  func headerList() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      let fat = (0..<5).map { ("x-\($0)", String(repeating: "v", count: 4000)) }
      exchange.respond(Self.wish(exchange) == "Fat" ? fat : [])
      exchange.send([1])
      exchange.finish()
    }
    let client = Base.client(server.target)
    let error = await failure { _ = try await client.call("Fat") }
    #expect(error?.code == .resourceExhausted)
    #expect(try await client.call("Slim") == [1])
  }

  @Test("trailers arrive whole: binary padded or joined, blanks trimmed, text decoded leniently")
  func trailers() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      exchange.respond()
      exchange.finish(
        5,
        [
          ("grpc-message", "%41 %zz %e2%98%BA %"), ("x-bin", "AQ==,Ag"), ("x-bin", ""),
          ("x-text", "  caf\u{E9}\t"), ("grpc-status-details-bin", "CAU="),
        ])
    }
    let error = await failure { _ = try await Base.client(server.target).call() }
    #expect(error?.code == .notFound)
    #expect(error?.message == "A %zz \u{263A} %")
    #expect(error?.detailsBytes == [8, 5])
    #expect(error?.metadata[binaryValues: "x-bin"] == [[1], [2], []])
    #expect(error?.metadata.firstString(forKey: "x-text") == "caf\u{E9}")
  }

  @Test("the request ends with its last DATA frame, and leaves outer spaces at home")
  func request() async throws {
    let seen = Mutex<[String]>([])
    let server = try await ScriptedServer { exchange, input in
      switch input {
      case .headers(let fields):
        seen.withLock { $0.append("headers <\(fields["x-text"] ?? "")>") }
        exchange.respond()
      case .message(let bytes): seen.withLock { $0.append("message \(bytes)") }
      case .end:
        seen.withLock { $0.append("end") }
        exchange.send([])
        exchange.finish()
      case .reset: break
      }
    }
    let client = Base.client(server.target)
    #expect(try await client.call("Unary", [4], metadata: ["x-text": "  a b "]) == [])
    #expect(seen.withLock { $0 } == ["headers <a b>", "message [4]", "end"])
  }
}
