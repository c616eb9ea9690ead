import GRPC
import HTTP2
import Testing

@testable import GRPCTransport

@Suite("Servers that break the protocol", .timeLimit(.minutes(10)), .fewAtOnce)
struct ServerFaultTests {
  private typealias Base = HTTP2ClientTransportTests

  /// A server that answers `Bad` with these frames and everything else with an echo.
  private static func server(_ frames: [UInt8]) async throws -> ScriptedServer {
    try await ScriptedServer { exchange, input in
      guard exchange.path.hasSuffix("Bad") else { return Base.echo(exchange, input) }
      if case .headers = input { exchange.inject(frames) }
    }
  }

  /// The calls of these tests wait as long as it takes: only the breach ends them.
  private static let patience = CallOptions.timeout(.seconds(100))

  @Test(
    "a breach that costs the connection ends its calls at once, in words, and later ones go on",
    arguments: [
      ("unreadable headers", [0, 0, 1, 1, 4, 0, 0, 0, 1, 0x80], "COMPRESSION_ERROR"),
      ("data before headers", RawFrame.data([1], stream: 1), "PROTOCOL_ERROR"),
      ("data on stream 0", RawFrame.data([1], stream: 0), "PROTOCOL_ERROR"),
      ("settings of half an entry", [0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 4, 0], "FRAME_SIZE_ERROR"),
      ("no increment", [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0], "PROTOCOL_ERROR"),
      (
        "too much increment", [0, 0, 4, 8, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF],
        "FLOW_CONTROL_ERROR"
      ),
    ] as [(String, [UInt8], String)])
  func connection(what: String, frames: [UInt8], code: String) async throws {
    let server = try await Self.server(frames)
    let client = Base.client(server.target)
    let error = await failure { _ = try await client.call("Bad", options: Self.patience) }
    #expect(error?.code == .unavailable, "\(what)")
    let message = error?.message ?? ""
    #expect(message.hasPrefix("the server broke the HTTP/2 protocol: "), "\(message)")
    #expect(message.contains(code), "\(what): \(message)")
    #expect(try await client.call(options: Self.patience) == [1, 2, 3])
  }

  @Test("a breach that costs the stream is told as the server's, not as a reset of its")
  func stream() async throws {
    let server = try await Self.server(RawFrame.headers([(":status", "abc")], stream: 1))
    let client = Base.client(server.target)
    let error = await failure { _ = try await client.call("Bad", options: Self.patience) }
    #expect(error?.code == .internalError)
    #expect(
      error?.message == "the server broke the HTTP/2 protocol in its response: PROTOCOL_ERROR")
    #expect(try await client.call(options: Self.patience) == [1, 2, 3])
  }
}
