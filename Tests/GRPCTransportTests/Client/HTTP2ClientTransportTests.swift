import GRPC
import HTTP2
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import GRPCTransport

@Suite("The HTTP/2 client", .timeLimit(.minutes(10)), .fewAtOnce)
struct HTTP2ClientTransportTests {
  /// Echoes messages one by one; ends with OK when the request ends.
  static let echo: ScriptedServer.Script = { exchange, input in
    switch input {
    case .headers: exchange.respond()
    case .message(let bytes): exchange.send(bytes)
    case .end: exchange.finish()
    case .reset: break
    }
  }

  static func client(
    _ target: HTTP2ClientTransport.Target,
    _ configuration: HTTP2ClientTransport.Configuration = .defaults
  ) -> GRPCClient {
    GRPCClient(transport: transport(target, configuration))
  }

  static func transport(
    _ target: HTTP2ClientTransport.Target,
    _ configuration: HTTP2ClientTransport.Configuration = .defaults
  ) -> HTTP2ClientTransport {
    HTTP2ClientTransport(
      target: target, configuration: configuration, logger: Logger(label: "test"))
  }

  @Test("makes unary calls, empty messages included")
  func unary() async throws {
    let server = try await ScriptedServer(script: Self.echo)
    let client = Self.client(server.target)
    #expect(try await client.call("Unary", [1, 2, 3]) == [1, 2, 3])
    #expect(try await client.call("Unary", []) == [])
    #expect(try await client.call("Unary", Array(repeating: 7, count: 65_531)).count == 65_531)
  }

  @Test("sends the headers that the protocol asks for, in order of meaning")
  func requestHeaders() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .headers(let fields) = input else { return }
      exchange.respond()
      let text = fields.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "\n")
      exchange.send(Array(text.utf8))
      exchange.finish()
    }
    let client = Self.client(server.target)
    let reply = try await client.call(
      "Unary", metadata: ["x-text": "hello", "x-bytes-bin": [0xFF, 0]],
      options: .timeout(.seconds(60)))
    let lines = String(decoding: reply, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(lines.contains(":authority=127.0.0.1:\(server.port)"))
    #expect(lines.contains(":method=POST"))
    #expect(lines.contains(":path=/test.Test/Unary"))
    #expect(lines.contains("te=trailers"))
    #expect(lines.contains("content-type=application/grpc"))
    #expect(lines.contains("user-agent=grpc-swift-farebox/0.1"))
    #expect(lines.contains("x-text=hello"))
    #expect(lines.contains("x-bytes-bin=/wA"))
    let timeout = try #require(lines.first { $0.hasPrefix("grpc-timeout=") }?.dropFirst(13))
    let nanoseconds = try #require(GRPCTimeout.decode(String(timeout)))
    #expect(nanoseconds > 0 && nanoseconds <= 60_000_000_000)
  }

  @Test("gives status, metadata and details of failures, also in Trailers-Only")
  func failures() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      let fields = [
        ("grpc-message", "caf%C3%A9"), ("x-why", "because"), ("grpc-status-details-bin", "CAU"),
      ]
      if exchange.path.hasSuffix("Only") {
        exchange.respond([("grpc-status", "5")] + fields, endStream: true)
      } else {
        exchange.respond()
        exchange.finish(5, fields)
      }
    }
    let client = Self.client(server.target)
    for name in ["Only", "Full"] {
      let error = await failure { _ = try await client.call(name) }
      #expect(error?.code == .notFound)
      #expect(error?.message == "café")
      #expect(error?.metadata == ["x-why": "because"])
      #expect(error?.detailsBytes == [8, 5])
    }
  }

  @Test("gives initial and trailing metadata with a reply")
  func metadata() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      exchange.respond([("x-first", "1"), ("x-first", "2")])
      exchange.send([9])
      exchange.finish(0, [("x-last-bin", "AQ")])
    }
    let response = try await Self.client(server.target).unaryResponse(
      [1], method: GRPCClient.method("Unary", .unary), serializer: RawBytes(),
      deserializer: RawBytes())
    #expect(response.message == [9])
    #expect(response.initialMetadata == ["x-first": "1", "x-first": "2"])
    #expect(response.trailingMetadata[binaryValues: "x-last-bin"] == [[1]])
  }

  @Test("refuses to send metadata that would break out of its header")
  func injection() async throws {
    let server = try await ScriptedServer(script: Self.echo)
    let client = Self.client(server.target)
    let error = await failure {
      _ = try await client.call(metadata: ["x": "a\r\nauthorization: b"])
    }
    #expect(error?.code == .internalError)
    let stream = client.bidirectionalStreaming(
      method: GRPCClient.method("Converse", .bidirectionalStreaming), serializer: RawBytes(),
      deserializer: RawBytes(), metadata: ["te": "x"])
    let other = await failure { for try await _ in stream.responses {} }
    #expect(other?.code == .internalError)
  }

  @Test("maps resets, lost connections and answers that are not gRPC")
  func brokenAnswers() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      switch exchange.path.split(separator: "/").last {
      case "Calm": exchange.reset(.enhanceYourCalm)
      case "Cancel": exchange.reset(.cancel)
      case "Refuse": exchange.reset(.refusedStream)
      case "Close": exchange.connection.close()
      case "Html": exchange.raw([(":status", "200"), ("content-type", "text/html")])
      case "Proxy": exchange.raw([(":status", "503")], endStream: true)
      case "Two":
        exchange.respond()
        exchange.send([1])
        exchange.send([2])
        exchange.finish()
      case "None":
        exchange.respond()
        exchange.finish()
      case "NoStatus":
        exchange.respond()
        exchange.send([1])
        exchange.connection.session.finish(exchange.stream)
        exchange.connection.flushSoon()
      case "Large":
        exchange.respond()
        exchange.sendRaw([0, 0x7F, 0xFF, 0xFF, 0xFF])
      default: exchange.respond(endStream: true)
      }
    }
    let client = Self.client(server.target)
    let expected: [(String, Status.Code)] = [
      ("Calm", .resourceExhausted), ("Cancel", .cancelled), ("Refuse", .unavailable),
      ("Html", .unknown), ("Proxy", .unavailable), ("Two", .unimplemented),
      ("None", .unimplemented), ("NoStatus", .internalError), ("Large", .resourceExhausted),
      ("Close", .unavailable), ("Other", .unknown),
    ]
    for (name, code) in expected {
      let error = await failure { _ = try await client.call(name) }
      #expect(error?.code == code, "\(name): \(String(describing: error))")
    }
  }

  @Test("does all four shapes of calls")
  func shapes() async throws {
    let server = try await ScriptedServer { exchange, input in
      switch (exchange.path.split(separator: "/").last, input) {
      case ("Watch", .message(let bytes)):
        exchange.respond([("x-first", "yes")])
        for index in 0..<5 { exchange.send(bytes + [UInt8(index)]) }
        exchange.finish(0, [("x-last", "yes")])
      case ("Upload", .headers): exchange.respond()
      case ("Upload", .message(let bytes)): exchange.received += bytes.count
      case ("Upload", .end):
        exchange.send([UInt8(exchange.received)])
        exchange.finish()
      case ("Converse", _): Self.echo(exchange, input)
      default: break
      }
    }
    let client = Self.client(server.target)

    let watch = client.watch("Watch", [7])
    #expect(try await watch.initialMetadata() == ["x-first": "yes"])
    var seen: [[UInt8]] = []
    for try await message in watch.responses { seen.append(message) }
    #expect(seen == (0..<5).map { [7, $0] })
    #expect(watch.trailingMetadata == ["x-last": "yes"])

    let upload = client.upload()
    try await upload.requests.write(contentsOf: [[1], [2, 3], [], [4, 5, 6]])
    #expect(try await upload.response() == [6])

    let converse = client.converse()
    var answers = converse.responses.makeAsyncIterator()
    for index in 0..<50 {
      try await converse.requests.write([UInt8(index)])
      #expect(try await answers.next() == [UInt8(index)])
    }
    converse.requests.finish()
    #expect(try await answers.next() == nil)
    let late = await failure { try await converse.requests.write([1]) }
    #expect(late != nil)

    let empty = client.converse()
    empty.requests.finish()
    for try await _ in empty.responses { Issue.record("no message was sent") }
  }

  @Test("moves several MiB both ways through the windows")
  func large() async throws {
    let server = try await ScriptedServer(script: Self.echo)
    let client = Self.client(server.target)
    let big = (0..<(6 * 1024 * 1024)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let options = CallOptions(timeout: .seconds(60), maxResponseMessageBytes: 8 * 1024 * 1024)
    #expect(try await client.call("Unary", big, options: options) == big)
    let converse = client.converse(options: options)
    async let writing: Void = {
      for _ in 0..<3 { try await converse.requests.write(big) }
      converse.requests.finish()
    }()
    var count = 0
    for try await message in converse.responses {
      #expect(message == big)
      count += 1
    }
    try await writing
    #expect(count == 3)
    let error = await failure { _ = try await client.call("Unary", big) }
    #expect(error?.code == .resourceExhausted)
  }

  @Test(
    "makes many concurrent calls on one connection, above the server's stream limit",
    arguments: [8, 300] as [UInt32])
  func concurrent(streamLimit: UInt32) async throws {
    var configuration = SessionConfiguration()
    configuration.maxConcurrentStreams = streamLimit
    let server = try await ScriptedServer(configuration: configuration, script: Self.echo)
    let client = Self.client(server.target)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<500 {
        group.addTask {
          let message: [UInt8] = [UInt8(index & 0xFF), UInt8(index >> 8)]
          let reply = try await client.call("Unary", message)
          #expect(reply == message)
        }
      }
      try await group.waitForAll()
    }
  }
}
