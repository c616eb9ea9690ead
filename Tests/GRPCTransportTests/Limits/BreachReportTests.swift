import Foundation
import GRPC
import GRPCTransport
import Logging
import Testing

/// How operators hear of limits: each breach is counted, and each connection is logged once at most.
@Suite("Breaches of limits", .timeLimit(.minutes(10)), .fewAtOnce)
struct BreachReportTests {
  private static let line = "a client ran into a limit"

  private static func server(_ log: TLSServer.Log) async throws -> ServerUnderTest {
    try await ServerUnderTest(logger: Logger(label: "test", factory: { _ in log })) { router in
      router.unary("Echo") { input, _ in input }
    }
  }

  /// Announces a message over the limit, and waits for the refusal.
  private static func breach(_ client: WireClient) async throws {
    let exchange = try await client.open(WireClient.request("Echo"))
    exchange.write(RawFrame.data([0, 0xFF, 0xFF, 0xFF, 0xFF], stream: exchange.stream))
    #expect(await exchange.answer().status == "8")
  }

  @Test("are counted each time and logged once for a connection, with the limit and the peer")
  func oncePerConnection() async throws {
    let log = TLSServer.Log()
    let test = try await Self.server(log)
    for connections in 1...2 {
      let client = try await WireClient(test.address)
      for _ in 0..<5 { try await Self.breach(client) }
      #expect(test.breaches.all.count == 5 * connections)
      #expect(log.count(Self.line) == connections)
    }
    #expect(log.contains("message_bytes"))
    #expect(log.contains("ipv4:127.0.0.1") && log.contains("info: " + Self.line))
    await test.stop()
  }

  @Test("of many connections do not fill the log, and are counted all the same")
  func budget() async throws {
    let log = TLSServer.Log()
    let test = try await Self.server(log)
    for _ in 0..<60 { try await Self.breach(try await WireClient(test.address)) }
    #expect(test.breaches.all.count == 60)
    // A burst of 10, then one in five seconds: this may take a minute on a busy machine.
    #expect((10...30).contains(log.count(Self.line)))
    await test.stop()
  }

  @Test("have a test each that sees their counter move", arguments: LimitBreach.allCases)
  func everyCounter(breach: LimitBreach) throws {
    var folder = URL(filePath: #filePath)
    for _ in 0..<3 { folder.deleteLastPathComponent() }
    // Descriptors are the process's: those run out in a process of its own, which Python starts.
    let tests = try FileManager.default.subpathsOfDirectory(atPath: folder.path())
      .filter { $0.hasPrefix("GRPCTransportTests/") || $0 == "Python/test_metrics.py" }
      .filter { $0.hasSuffix("Tests.swift") || $0.hasSuffix(".py") }
      .map { try String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
    let seen = tests.contains { text in
      (text.contains("breaches.all") || text.contains("BREACH %"))
        && (text.contains("\"\(breach.rawValue)\"") || text.contains("breach: .\(breach)"))
    }
    #expect(seen, "nothing asserts that \(breach.rawValue) is counted")
  }
}
