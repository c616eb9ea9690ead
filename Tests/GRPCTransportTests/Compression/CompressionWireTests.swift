import GRPC
import GRPCTransport
import HTTP2
import Synchronization
import Testing

/// Compression in exact frames, lawful and not.
@Suite("Compression on the wire", .timeLimit(.minutes(10)), .fewAtOnce)
struct CompressionWireTests {
  /// `credit ` twenty times, as Python's zlib compresses it.
  private static let gzip: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 75, 46, 74, 77, 201, 44, 81, 72, 30, 12, 20, 0, 170, 253,
    43, 24, 140, 0, 0, 0,
  ]
  private static let deflate: [UInt8] = [
    120, 218, 75, 46, 74, 77, 201, 44, 81, 72, 30, 12, 20, 0, 106, 40, 52, 29,
  ]
  private static let plain = [UInt8](String(repeating: "credit ", count: 20).utf8)

  private static func framed(_ message: [UInt8], flag: UInt8 = 1) -> [UInt8] {
    var framed = ScriptedExchange.framed(message)
    framed[0] = flag
    return framed
  }

  private static func server(
    _ compression: CompressionPolicy = CompressionPolicy(),
    interceptors: [any ServerInterceptor] = []
  ) async throws -> ServerUnderTest {
    try await ServerUnderTest(interceptors: interceptors, compression: compression) { router in
      router.unary("Echo") { input, _ in input }
      router.bidirectional("Talk") { requests, writer, _ in
        for try await request in requests { try await writer.write(request) }
      }
      router.unary("Squeeze") { input, context in
        context.setResponseCompression(input.first == 1 ? .gzip : .deflate)
        return plain
      }
      router.serverStreaming("Mix") { _, writer, context in
        context.setResponseCompression(.gzip)
        try await writer.write(plain)
        try await writer.write(plain, mayCompress: false)
        try await writer.write([1])
        try await writer.write(plain)
      }
    }
  }

  @Test("a server reads compressed messages among others, however they are cut")
  func serverReads() async throws {
    let test = try await Self.server()
    let client = try await WireClient(test.address)
    for (encoding, compressed) in [("gzip", Self.gzip), ("deflate", Self.deflate)] {
      let more = [("grpc-encoding", encoding)]
      let bytes = Self.framed([7], flag: 0) + Self.framed(compressed) + Self.framed(compressed)
      let expected = [[7], Self.plain, Self.plain].flatMap { Self.framed($0, flag: 0) }
      for pieces in [[bytes], bytes.map { [$0] }, [Array(bytes[..<9]), Array(bytes[9...])]] {
        let answer = try await client.send("Talk", pieces, more: more).answer()
        #expect(answer.body == expected && answer.status == "0", "\(encoding)")
      }
      for piece in [1, 1000] {
        let request = Self.framed(compressed)
        let pieces = stride(from: 0, to: request.count, by: piece).map {
          Array(request[$0..<min(request.count, $0 + piece)])
        }
        let answer = try await client.send("Echo", pieces, more: more).answer()
        #expect(answer.body == Self.framed(Self.plain, flag: 0) && answer.status == "0")
      }
    }
    await test.stop()
  }

  @Test("what cannot be inflated, and what may not be compressed, is INTERNAL")
  func serverRefuses() async throws {
    let test = try await Self.server()
    let client = try await WireClient(test.address)
    for (encoding, bytes) in [
      ("identity", Self.framed(Self.gzip)), ("gzip", Self.framed(Self.deflate)),
      ("deflate", Self.framed(Self.gzip)), ("gzip", Self.framed(Array(Self.gzip.dropLast()))),
      ("gzip", Self.framed(Self.gzip + [0])), ("gzip", Self.framed([])),
      ("gzip", Self.framed(Self.plain)), ("gzip", Self.framed(Self.gzip, flag: 2)),
      ("gzip", Self.framed(Self.gzip, flag: 3)),
    ] {
      for method in ["Echo", "Talk"] {
        let answer = try await client.send(method, [bytes], more: [("grpc-encoding", encoding)])
          .answer()
        #expect(answer.status == "13" && answer.body.isEmpty, "\(method) \(encoding) \(bytes)")
      }
    }
    let noEncoding = try await client.send("Echo", [Self.framed(Self.gzip)]).answer()
    #expect(noEncoding.status == "13")
    // The connection has not suffered.
    #expect(try await client.send("Echo", [Self.framed([1], flag: 0)]).answer().status == "0")
    await test.stop()
  }

  @Test("an encoding that is turned off is UNIMPLEMENTED, and the answer lists what is on")
  func turnedOff() async throws {
    for (allowed, refused, listed) in [
      (.gzip, ["deflate", "zstd"], "identity,gzip"), ([], ["gzip", "deflate"], "identity"),
    ] as [(CompressionAlgorithms, [String], String)] {
      let test = try await Self.server(CompressionPolicy(allowed: allowed))
      let client = try await WireClient(test.address)
      for encoding in refused {
        let fields = WireClient.request("Echo") + [("grpc-encoding", encoding)]
        let answer = try await client.open(fields).answer(untilClosed: true)
        #expect(answer.status == "12" && answer.trailers == nil, "\(encoding)")
        #expect(answer.field("grpc-accept-encoding") == listed, "\(encoding)")
      }
      await test.stop()
    }
  }

  @Test("a response is compressed with what the client listed, and otherwise not at all")
  func serverSends() async throws {
    let test = try await Self.server()
    let client = try await WireClient(test.address)
    for (wish, accepted, encoding) in [
      (1, "identity, deflate, gzip", "gzip"), (1, "gzip", "gzip"), (2, "deflate,gzip", "deflate"),
      (2, "gzip", nil), (1, "br, zstd", nil), (1, "identity", nil), (1, nil, nil),
    ] as [(UInt8, String?, String?)] {
      let more = accepted.map { [("grpc-accept-encoding", $0)] } ?? []
      let answer = try await client.send("Squeeze", [Self.framed([wish], flag: 0)], more: more)
        .answer()
      let sent = answer.headers.filter { $0.hasPrefix("grpc-encoding=") }
      #expect(sent == (encoding.map { ["grpc-encoding=\($0)"] } ?? []), "\(accepted ?? "none")")
      #expect(answer.body.first == (encoding == nil ? 0 : 1) && answer.status == "0")
      #expect((answer.body == Self.framed(Self.plain, flag: 0)) == (encoding == nil))
    }
    let mixed = try await client.send(
      "Mix", [Self.framed([1], flag: 0)], more: [("grpc-accept-encoding", "gzip")]
    ).answer()
    var flags: [UInt8] = []
    var rest = mixed.body[...]
    while rest.count >= 5 {
      flags.append(rest[rest.startIndex])
      rest = rest.dropFirst(5 + Int(rest[rest.startIndex + 4]))
    }
    #expect(flags == [1, 0, 0, 1] && rest.isEmpty)
    await test.stop()
  }

  @Test("a call that an interceptor refuses is never inflated")
  func refusedFirst() async throws {
    struct Refusal: ServerInterceptor {
      func intercept(
        _ context: ServerContext, next: (ServerContext) async throws -> Void
      ) async throws {
        throw RPCError(code: .unauthenticated, message: "who are you?")
      }
    }
    let test = try await Self.server(interceptors: [Refusal()])
    let client = try await WireClient(test.address)
    // Not gzip at all: whoever looks at it says INTERNAL.
    let answer = try await client.send(
      "Echo", [Self.framed(Self.plain)], more: [("grpc-encoding", "gzip")]
    ).answer()
    #expect(answer.status == "16")
    await test.stop()
  }

  @Test("a client reads a compressed response in what it offered, and nothing else")
  func clientReads() async throws {
    let server = try await ScriptedServer { exchange, input in
      guard case .end = input else { return }
      let parts = exchange.path.split(separator: "/").last.map { $0.split(separator: "-") } ?? []
      exchange.respond([("grpc-encoding", String(parts.first ?? ""))])
      switch parts.last {
      case "gzip": exchange.sendRaw(Self.framed(Self.gzip))
      case "deflate": exchange.sendRaw(Self.framed(Self.deflate))
      case "cut": exchange.sendRaw(Self.framed(Array(Self.gzip.dropLast())))
      default: exchange.sendRaw(Self.framed(Self.plain, flag: 0))
      }
      exchange.finish()
    }
    let client = HTTP2ClientTransportTests.client(server.target)
    for (wish, accepted, code) in [
      ("gzip-gzip", .all, nil), ("gzip-gzip", .gzip, nil), ("deflate-deflate", .all, nil),
      ("gzip-plain", .all, nil), ("identity-plain", [], nil),
      ("gzip-gzip", .deflate, .internalError), ("gzip-plain", [], .internalError),
      ("zstd-plain", .all, .internalError), ("identity-gzip", .all, .internalError),
      ("gzip-deflate", .all, .internalError), ("deflate-gzip", .all, .internalError),
      ("gzip-cut", .all, .internalError),
    ] as [(String, CompressionAlgorithms, Status.Code?)] {
      let options = CallOptions(timeout: .seconds(100), acceptedCompression: accepted)
      let unary = await failure {
        let reply = try await client.call(wish, options: options)
        #expect(reply == Self.plain)
      }
      #expect(unary?.code == code, "\(wish): \(String(describing: unary))")
      let stream = await failure {
        for try await message in client.watch(wish, options: options).responses {
          #expect(message == Self.plain)
        }
      }
      #expect(stream?.code == code, "\(wish): \(String(describing: stream))")
    }
  }

  @Test("a client says what it sends and what it can read")
  func clientSends() async throws {
    let seen = Mutex<[String]>([])
    let server = try await ScriptedServer { exchange, input in
      switch input {
      case .headers(let fields):
        let names = ["grpc-encoding", "grpc-accept-encoding"].map { fields[$0] ?? "-" }
        seen.withLock { $0.append(names.joined(separator: " ")) }
      case .end:
        exchange.respond()
        exchange.send([1])
        exchange.finish()
      case .message, .reset: break
      }
    }
    let client = HTTP2ClientTransportTests.client(server.target)
    for options in [
      CallOptions(), CallOptions(compression: .gzip),
      CallOptions(compression: .deflate, acceptedCompression: []),
    ] {
      _ = try await client.call(options: options)
    }
    #expect(
      seen.withLock { $0 } == [
        "- identity,gzip,deflate", "gzip identity,gzip,deflate", "deflate -",
      ])
  }
}
