import GRPC
import GRPCTransport
import Testing

/// What the server makes of metadata and of status texts.
@Suite("Metadata of a server on the wire", .timeLimit(.minutes(10)), .fewAtOnce)
struct ServerMetadataWireTests {
  private static func framed(_ message: [UInt8]) -> [UInt8] { ScriptedExchange.framed(message) }

  @Test("values arrive whole and in order: padded or not, joined or not, without outer blanks")
  func received() async throws {
    let test = try await ServerUnderTest { router in
      router.unary("Show") { _, context in
        let binary = context.metadata[binaryValues: "x-bin"].map { "\($0)" }
        let text = context.metadata[stringValues: "x-text"].map { "<\($0)>" }
        return Array((binary + text).joined(separator: " ").utf8)
      }
    }
    let client = try await WireClient(test.address)
    let exchange = try await client.send(
      "Show", [Self.framed([])],
      more: [
        ("x-bin", "AQ=="), ("x-text", "one"), ("x-bin", "Ag,Aw==, BA"), ("x-text", " two\t"),
        ("x-bin", ""), ("x-text", "caf\u{E9}"), ("x-text", ""),
      ])
    let answer = await exchange.answer()
    #expect(answer.status == "0")
    #expect(
      String(decoding: answer.body.dropFirst(5), as: UTF8.self)
        == "[1] [2] [3] [4] [] <one> <two> <caf\u{E9}> <>")
    await test.stop()
  }

  @Test("a handler cannot break out of a header, and never names the value")
  func injection() async throws {
    let evil: Metadata = ["x-evil": "a\r\ngrpc-status: 0"]
    let test = try await ServerUnderTest { router in
      router.unary("Initial") { input, context in
        try context.setInitialMetadata(evil)
        return input
      }
      router.unary("Trailing") { input, context in
        try context.addTrailingMetadata(evil)
        return input
      }
      router.unary("Error") { _, _ in
        throw RPCError(code: .notFound, message: "a\r\nb", metadata: evil)
      }
      router.unary("Reserved") { input, context in
        try context.addTrailingMetadata(["grpc-status": "0"])
        return input
      }
    }
    let client = try await WireClient(test.address)
    for (method, status) in [
      ("Initial", "13"), ("Trailing", "13"), ("Error", "5"), ("Reserved", "13"),
    ] {
      let answer = try await client.send(method, [Self.framed([])]).answer()
      #expect(answer.status == status, "\(method)")
      #expect(answer.field("x-evil") == nil, "\(method)")
      let fields = answer.headers + (answer.trailers ?? [])
      #expect(fields.allSatisfy { !$0.contains("\n") && !$0.contains("\r") }, "\(method)")
      #expect(fields.count { $0.hasPrefix("grpc-status=") } == 1, "\(method)")
    }
    await test.stop()
  }

  @Test(
    "a status text travels as printable ASCII without outer blanks",
    arguments: [
      ("\ttest with whitespace\r\nand Unicode BMP ☺ and non-BMP \u{1F608}\t\n",
        "%09test with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A"),
      ("100 %", "100 %25"), (" x ", "%20x%20"), (" ", "%20"), ("a b", "a b"),
    ])
  func statusText(text: String, wire: String) async throws {
    let test = try await ServerUnderTest { router in
      router.unary("Refuse") { _, _ in throw RPCError(code: .unknown, message: text) }
    }
    let client = try await WireClient(test.address)
    let answer = try await client.send("Refuse", [Self.framed([])]).answer()
    #expect(answer.field("grpc-message") == wire)
    let error = await failure { _ = try await test.client.call("Refuse") }
    #expect(error?.message == text)
    await test.stop()
  }

  @Test("an empty status text is not sent, and success has none")
  func noText() async throws {
    let test = try await ServerUnderTest { router in
      router.unary("Echo") { input, _ in input }
      router.unary("Refuse") { _, _ in throw RPCError(code: .aborted, message: "") }
    }
    let client = try await WireClient(test.address)
    for (method, status) in [("Echo", "0"), ("Refuse", "10")] {
      let answer = try await client.send(method, [Self.framed([])]).answer()
      #expect(answer.status == status && answer.field("grpc-message") == nil)
      #expect(answer.field("grpc-status-details-bin") == nil)
    }
    await test.stop()
  }
}
