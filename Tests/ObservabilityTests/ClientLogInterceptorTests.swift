import GRPC
import Logging
import Synchronization
import Testing

@testable import Observability

@Suite("The log of client calls", .timeLimit(.minutes(10)))
struct ClientLogInterceptorTests {
  private final class Lines: LogHandler, @unchecked Sendable {
    private let kept = Mutex<[Logger.Metadata]>([])
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { nil }
      set {}
    }
    func log(event: LogEvent) { kept.withLock { $0.append(event.metadata ?? [:]) } }
    var all: [Logger.Metadata] { kept.withLock { $0 } }
  }

  @Test("has one line per call, with method, outcome, peer and duration, and no payload")
  func lines() async throws {
    let lines = Lines()
    let logger = Logger(label: "test") { _ in lines }
    let log = try #require(ClientLogInterceptor(logger: logger))
    let observed = try ObservedServer(client: [log]) { input, _ in
      if input.isEmpty { throw RPCError(code: .notFound, message: "no such thing") }
      return input
    }
    _ = try await observed.call()
    await #expect(throws: RPCError.self) { _ = try await observed.call([]) }
    await observed.stop()
    #expect(lines.all.count == 2)
    #expect(lines.all.map { $0["rpc.status"] } == ["OK", "NOT_FOUND"])
    #expect(lines.all.map { $0["peer"] } == ["in-process", "in-process"])
    #expect(lines.all[1]["message"] == "no such thing")
    for line in lines.all {
      #expect(line["rpc.method"] == "test.v1.Watched/Unary")
      #expect(Int(line["duration_us"].map { "\($0)" } ?? "") != nil)
    }
  }

  @Test("is not kept when the logger is above the level")
  func quiet() {
    var logger = Logger(label: "test")
    logger.logLevel = .info
    #expect(ClientLogInterceptor(logger: logger) == nil)
    #expect(ClientLogInterceptor(logger: logger, level: .info) != nil)
  }
}
