import GRPC
import GRPCTransport
import Testing

@Suite("First contact with a server", .timeLimit(.minutes(10)), .fewAtOnce)
struct FirstContactTests {
  /// Sends bytes on a new connection and returns what came back before the server closed it.
  private func conversation(_ bytes: [UInt8], with address: ServerAddress) async throws -> String {
    String(decoding: try await RawConversation.bytes(with: address, sending: bytes), as: UTF8.self)
  }

  @Test("HTTP/1 is told that the port speaks gRPC")
  func http1() async throws {
    let test = try await ServerUnderTest { _ in }
    let answer = try await conversation(Array("GET / HTTP/1.1\r\n\r\n".utf8), with: test.address)
    #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("This port speaks gRPC"))
    await test.stop()
  }

  @Test("TLS and noise are closed without an answer")
  func foreign() async throws {
    let test = try await ServerUnderTest { _ in }
    #expect(try await conversation([0x16, 3, 1, 0, 5, 1], with: test.address) == "")
    #expect(try await conversation(Array("SSH-2.0-x\r\n".utf8), with: test.address) == "")
    await test.stop()
  }

  @Test("a connection that says nothing, or stops in the preface, is closed",
    arguments: ["", "PR", "PRI * HTTP/2.0\r\n"])
  func silence(bytes: String) async throws {
    var limits = ServerLimits()
    limits.prefaceTimeout = .milliseconds(30)
    let test = try await ServerUnderTest(limits: limits) { _ in }
    _ = try await conversation(Array(bytes.utf8), with: test.address)
    await test.stop()
  }

  @Test("connections above the limit are closed, and the others go on")
  func connectionLimit() async throws {
    var limits = ServerLimits()
    limits.maxConnections = 1
    let test = try await ServerUnderTest(limits: limits) { router in
      router.unary("Echo") { input, _ in input }
    }
    #expect(try await test.client.call("Echo", [1]) == [1])
    #expect(try await conversation([], with: test.address) == "")
    #expect(try await test.client.call("Echo", [2]) == [2])
    await test.stop()
  }
}
