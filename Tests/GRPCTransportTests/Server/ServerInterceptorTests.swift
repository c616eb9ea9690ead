import GRPC
import GRPCTransport
import Synchronization
import Testing

@Suite("Server interceptors", .timeLimit(.minutes(10)), .fewAtOnce)
struct ServerInterceptorTests {
  private enum Name: ContextKey { typealias Value = String }

  private final class Trace: Sendable {
    private let steps = Mutex<[String]>([])
    func add(_ step: String) { steps.withLock { $0.append(step) } }
    var all: [String] { steps.withLock { $0 } }
  }

  private struct Tracing: ServerInterceptor {
    let name: String
    let trace: Trace
    var suspends = false

    func intercept(
      _ context: ServerContext, next: (ServerContext) async throws -> Void
    ) async throws {
      trace.add("\(name) in")
      if suspends { try await Task.sleep(for: .milliseconds(1)) }
      var context = context
      context[Name.self] = (context[Name.self] ?? "") + name
      try await next(context)
      trace.add("\(name) out")
    }
  }

  private struct Refusing: ServerInterceptor {
    func intercept(
      _ context: ServerContext, next: (ServerContext) async throws -> Void
    ) async throws {
      throw RPCError(code: .unauthenticated, message: "who are you?")
    }
  }

  /// Fails the test when a payload is looked at.
  private struct Untouchable: MessageDeserializer {
    func deserialize(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] {
      Issue.record("the payload must not be parsed")
      return []
    }
  }

  @Test("run around the handler, the first one outermost, and enrich the context",
    arguments: [false, true])
  func order(suspends: Bool) async throws {
    let trace = Trace()
    let test = try await ServerUnderTest(
      interceptors: [
        Tracing(name: "a", trace: trace, suspends: suspends), Tracing(name: "b", trace: trace),
      ]
    ) { router in
      router.unary("Echo") { input, context in
        trace.add("handler \(context[Name.self] ?? "")")
        return input
      }
    }
    #expect(try await test.client.call("Echo", [1, 2]) == [1, 2])
    #expect(trace.all == ["a in", "b in", "handler ab", "b out", "a out"])
    await test.stop()
  }

  @Test("refuse before the payload is parsed")
  func refusal() async throws {
    let test = try await ServerUnderTest(interceptors: [Refusing()]) { router in
      router.registerUnary(
        GRPCClient.method("Secret", .unary), deserializer: Untouchable(), serializer: RawBytes()
      ) { input, _ in input }
    }
    await #expect(throws: RPCError.self) { try await test.client.call("Secret") }
    do {
      _ = try await test.client.call("Secret")
    } catch let error as RPCError {
      #expect(error.code == .unauthenticated && error.message == "who are you?")
    }
    await test.stop()
  }

  @Test("an error on the way out replaces the answer")
  func lateRefusal() async throws {
    struct Late: ServerInterceptor {
      func intercept(
        _ context: ServerContext, next: (ServerContext) async throws -> Void
      ) async throws {
        try await next(context)
        throw RPCError(code: .dataLoss, message: "changed my mind")
      }
    }
    let test = try await ServerUnderTest(interceptors: [Late()]) { router in
      router.unary("Echo") { input, _ in input }
    }
    do {
      _ = try await test.client.call("Echo")
      Issue.record("the call must fail")
    } catch let error as RPCError {
      #expect(error.code == .dataLoss)
    }
    await test.stop()
  }
}
