import GRPC
import Testing
import Tracing

@testable import Observability

@Suite("Traces of calls", .timeLimit(.minutes(10)))
struct TracingInterceptorTests {
  @Test("the server's span is a child of the client's, and what the handler does a child of it")
  func chain() async throws {
    let tracer = SpanRecorder()
    let observed = try ObservedServer(
      server: [ServerTracingInterceptor(tracer: tracer)],
      client: [try #require(ClientTracingInterceptor(tracer: tracer))]
    ) { input, context in
      // What may not be sent is left out, and the call goes on.
      #expect(context.metadata[stringValues: "tracestate"].isEmpty)
      return tracer.withSpan("inner") { _ in input }
    }
    _ = try await tracer.withSpan("caller") { _ in try await observed.call() }
    await observed.stop()
    let spans = tracer.spans
    try #require(spans.count == 4)
    #expect(spans.map(\.operationName) == [
      "caller", "test.v1.Watched/Unary", "test.v1.Watched/Unary", "inner",
    ])
    #expect(spans.map(\.kind) == [.internal, .client, .server, .internal])
    #expect(spans.map(\.parent) == [nil, spans[0].id, spans[1].id, spans[2].id])
    #expect(spans.allSatisfy { $0.ends == 1 && $0.status == nil })
    for span in spans[1...2] {
      #expect(span["rpc.system.name"] == "grpc")
      #expect(span["rpc.method"] == "test.v1.Watched/Unary")
      #expect(span["rpc.response.status_code"] == "OK")
      #expect(span["network.peer.address"] == "in-process")
    }
  }

  @Test(
    "a failure is an error of the client's span, and of the server's only when it is at fault",
    arguments: Status.Code.allCases.filter { $0 != .ok })
  func failures(code: Status.Code) async throws {
    let tracer = SpanRecorder()
    let observed = try ObservedServer(
      server: [ServerTracingInterceptor(tracer: tracer)],
      client: [try #require(ClientTracingInterceptor(tracer: tracer))]
    ) { _, _ in throw RPCError(code: code, message: "no") }
    #expect(await observed.failure() == code)
    await observed.stop()
    let (client, server) = (tracer.spans[0], tracer.spans[1])
    let faults: Set<Status.Code> = [
      .unknown, .deadlineExceeded, .unimplemented, .internalError, .unavailable, .dataLoss,
    ]
    #expect(client.status?.code == .error && client.errors == 1)
    #expect(client["network.peer.address"] == "in-process")
    #expect((server.status?.code == .error) == faults.contains(code))
    #expect(server.errors == (faults.contains(code) ? 1 : 0))
    for span in [client, server] {
      #expect(span["rpc.response.status_code"] == "\(code)")
      #expect(span.ends == 1)
    }
  }

  @Test("a stream has a span from its beginning to its end")
  func stream() async throws {
    let tracer = SpanRecorder()
    let observed = try ObservedServer(
      server: [ServerTracingInterceptor(tracer: tracer)],
      client: [try #require(ClientTracingInterceptor(tracer: tracer))])
    try await observed.converse()
    while tracer.spans.contains(where: { $0.ends == 0 }) { await Task.yield() }
    #expect(tracer.spans.map(\.operationName) == Array(repeating: "test.v1.Watched/Talk", count: 2))
    #expect(tracer.spans[1].parent == tracer.spans[0].id)
    #expect(tracer.spans[0]["network.peer.address"] == "in-process")
    await observed.stop()
  }

  @Test("fields of one name are read as one list")
  func joined() {
    let metadata: Metadata = ["tracestate": "a=1", "other": "x", "tracestate": "b=2"]
    #expect(MetadataExtractor().extract(key: "tracestate", from: metadata) == "a=1,b=2")
    #expect(MetadataExtractor().extract(key: "Other", from: metadata) == "x")
    #expect(MetadataExtractor().extract(key: "none", from: metadata) == nil)
  }

  @Test("a field that may not be sent is left out, an older value replaced")
  func injected() {
    var metadata: Metadata = ["traceparent": "old"]
    let injector = MetadataInjector()
    injector.inject("new", forKey: "Traceparent", into: &metadata)
    injector.inject("a\r\nb", forKey: "tracestate", into: &metadata)
    injector.inject("1", forKey: "grpc-status", into: &metadata)
    injector.inject("1", forKey: "not a name", into: &metadata)
    #expect(metadata == ["traceparent": "new"])
  }

  @Test("costs nothing when nobody collects them")
  func unused() {
    #expect(ServerTracingInterceptor(tracer: NoOpTracer()).bound(to: ObservedServer.unary) == nil)
    #expect(ClientTracingInterceptor(tracer: NoOpTracer()) == nil)
  }
}
