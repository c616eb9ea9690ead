import GRPC
import Metrics
import Testing

@testable import Observability

@Suite("Metrics of calls", .timeLimit(.minutes(10)))
struct MetricsInterceptorTests {
  private static let unary = "rpc.system.name=grpc,rpc.method=test.v1.Watched/Unary"
  private static let talk = "rpc.system.name=grpc,rpc.method=test.v1.Watched/Talk"

  private static func ending(_ method: String, _ code: String) -> String {
    "\(method),rpc.response.status_code=\(code)"
  }

  @Test("count what began and what ended, by method and code, on both sides")
  func counts() async throws {
    let (atServer, atClient) = (MetricsRecorder(), MetricsRecorder())
    let observed = try ObservedServer(
      server: [ServerMetricsInterceptor(factory: atServer)],
      client: [try #require(ClientMetricsInterceptor(factory: atClient))]
    ) { input, _ in
      if input.isEmpty { throw RPCError(code: .notFound, message: "nothing") }
      return input
    }
    for _ in 0..<3 { _ = try await observed.call() }
    await #expect(throws: RPCError.self) { _ = try await observed.call([]) }
    try await observed.converse()
    // The end of a stream is told to its interceptors a moment later.
    let talkEnded = "rpc.client.call.completed{\(Self.ending(Self.talk, "OK"))}"
    while atClient.values(talkEnded).isEmpty { await Task.yield() }
    for (side, recorder) in [("server", atServer), ("client", atClient)] {
      #expect(recorder.values("rpc.\(side).call.started{\(Self.unary)}") == [1, 1, 1, 1])
      #expect(recorder.values("rpc.\(side).call.started{\(Self.talk)}") == [1])
      let endings = [(Self.unary, "OK", 3), (Self.unary, "NOT_FOUND", 1), (Self.talk, "OK", 1)]
      for (method, code, count) in endings {
        let ending = Self.ending(method, code)
        #expect(recorder.values("rpc.\(side).call.completed{\(ending)}").count == count)
        let durations = recorder.values("rpc.\(side).call.duration{\(ending)}")
        #expect(durations.count == count && durations.allSatisfy { $0 > 0 })
      }
    }
    await observed.stop()
  }

  @Test("record what a call carried, by method and code, on both sides")
  func traffic() async throws {
    let (atServer, atClient) = (MetricsRecorder(), MetricsRecorder())
    let observed = try ObservedServer(
      server: [ServerMetricsInterceptor(factory: atServer)],
      client: [try #require(ClientMetricsInterceptor(factory: atClient))]
    ) { input, _ in
      if input.isEmpty { throw RPCError(code: .notFound, message: "nothing") }
      return input + input
    }
    _ = try await observed.call([1, 2, 3])
    _ = try await observed.call([1])
    await #expect(throws: RPCError.self) { _ = try await observed.call([]) }
    try await observed.converse()
    await observed.stop()
    let size = "total_compressed_message_size"
    for (scope, recorder, up, down) in [
      ("grpc.server.call", atServer, "rcvd", "sent"),
      ("grpc.client.attempt", atClient, "sent", "rcvd"),
    ] {
      func values(_ name: String, _ method: String, _ code: String) -> [Int64] {
        recorder.values("\(scope).\(name){\(Self.ending(method, code))}")
      }
      #expect(values("\(up)_\(size)", Self.unary, "OK") == [3, 1])
      #expect(values("\(down)_\(size)", Self.unary, "OK") == [6, 2])
      #expect(values("\(up)_messages", Self.unary, "OK") == [1, 1])
      #expect(values("\(down)_messages", Self.unary, "OK") == [1, 1])
      #expect(values("\(up)_messages", Self.unary, "NOT_FOUND") == [1])
      #expect(values("\(down)_messages", Self.unary, "NOT_FOUND") == [0])
      #expect(values("\(up)_\(size)", Self.talk, "OK") == [1])
      #expect(values("\(down)_messages", Self.talk, "OK") == [1])
    }
  }

  @Test("make the handles of a method once, not per call")
  func handles() async throws {
    let (atServer, atClient) = (MetricsRecorder(), MetricsRecorder())
    let observed = try ObservedServer(
      server: [ServerMetricsInterceptor(factory: atServer)],
      client: [try #require(ClientMetricsInterceptor(factory: atClient))]
    ) { _, _ in throw RPCError(code: .aborted, message: "again") }
    for _ in 0..<5 { #expect(await observed.failure() == .aborted) }
    for recorder in [atServer, atClient] {
      #expect(recorder.handleCounts.values.allSatisfy { $0 == 1 }, "\(recorder.handleCounts)")
    }
    await observed.stop()
  }

  @Test("count a call by what its client saw, not by what the handler said too late")
  func cutShort() async throws {
    let recorder = MetricsRecorder()
    let begun = AsyncStream<Void>.makeStream()
    let observed = try ObservedServer(server: [ServerMetricsInterceptor(factory: recorder)]) {
      input, _ in
      begun.continuation.yield()
      try? await Task.sleep(for: .seconds(60))
      return input
    }
    let call = Task { await observed.failure() }
    for await _ in begun.stream { break }
    call.cancel()
    #expect(await call.value == .cancelled)
    let ending = Self.ending(Self.unary, "CANCELLED")
    while recorder.values("rpc.server.call.completed{\(ending)}").isEmpty { await Task.yield() }
    let ok = Self.ending(Self.unary, "OK")
    #expect(recorder.values("rpc.server.call.completed{\(ok)}").isEmpty)
    await observed.stop()
  }

  @Test("cost nothing when nobody collects them")
  func unused() {
    let none = ServerMetricsInterceptor(factory: NOOPMetricsHandler.instance)
    #expect(none.bound(to: ObservedServer.unary) == nil)
    #expect(ClientMetricsInterceptor(factory: NOOPMetricsHandler.instance) == nil)
    #expect(ClientObservation.interceptors().isEmpty)
    #expect(
      ServerObservation.interceptors().allSatisfy { $0.bound(to: ObservedServer.unary) == nil })
  }
}
