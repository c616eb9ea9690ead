import GRPC
import GRPCTransport
import HTTP2
import Synchronization
import Testing

/// What holds for unary handlers of all forms, and what sets those without a task apart.
@Suite("Forms of unary handlers", .timeLimit(.minutes(10)), .fewAtOnce)
struct UnaryFormTests {
  private typealias Bytes = [UInt8]
  private enum Name: ContextKey { typealias Value = String }

  private final class Trace: Sendable {
    private let steps = Mutex<[String]>([])
    func add(_ step: String) { steps.withLock { $0.append(step) } }
    var all: [String] { steps.withLock { $0 } }
  }

  /// Adds its name to the context, at once or after having waited.
  private struct Gatekeeper: AdmittingInterceptor {
    let name: String
    var mustWait = false
    var refuses = false

    func admit(_ context: inout ServerContext) throws -> Admission {
      if refuses { throw RPCError(code: .unauthenticated, message: "who are you?") }
      guard !mustWait else { return .mustWait }
      context[Name.self] = (context[Name.self] ?? "") + name
      return .admitted
    }

    func intercept(
      _ context: ServerContext, next: (ServerContext) async throws -> Void
    ) async throws {
      try await Task.sleep(for: .milliseconds(1))
      var context = context
      context[Name.self] = (context[Name.self] ?? "") + name
      try await next(context)
    }
  }

  private struct Watcher: ObservingInterceptor {
    let name: String
    let trace: Trace

    func callBegins(_ context: inout ServerContext) -> Int {
      trace.add("\(name) begins")
      context[Name.self] = (context[Name.self] ?? "") + name
      return 7
    }

    func callEnded(_ observation: Int, _ context: ServerContext, failure: (any Error)?) {
      #expect(observation == 7 && context[Name.self]?.hasSuffix(name) == true)
      let outcome = failure.map { "\((($0 as? RPCError)?.code)?.description ?? "?")" } ?? "OK"
      trace.add("\(name) ended \(outcome)")
    }
  }

  /// An interceptor without any special form.
  private struct Plain: ServerInterceptor {
    let trace: Trace
    func intercept(
      _ context: ServerContext, next: (ServerContext) async throws -> Void
    ) async throws {
      trace.add("plain in")
      try await next(context)
      trace.add("plain out")
    }
  }

  private struct Secret: Error {}

  @Test("answer messages of every size", arguments: UnaryForm.allCases)
  func sizes(form: UnaryForm) async throws {
    let test = try await ServerUnderTest { router in
      router.unary("Echo", as: form) { input, _ in input }
    }
    for count in [0, 1, 16_384, 65_531, 70_000, 1_000_000] {
      let message = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      #expect(try await test.client.call("Echo", message) == message)
    }
    await test.stop()
  }

  @Test("know deadline and metadata, and send metadata before and after the message",
    arguments: UnaryForm.allCases)
  func context(form: UnaryForm) async throws {
    let test = try await ServerUnderTest { router in
      router.unary("Echo", as: form) { input, context in
        #expect(!context.isCancelled && Deadline.current == context.deadline)
        let left = try #require(context.deadline).remainingNanoseconds
        #expect(left > 0 && left <= 100_000_000_000)
        #expect(context.metadata.firstString(forKey: "x-question") == "why")
        try context.setInitialMetadata(["x-initial": "1"])
        try context.addTrailingMetadata(["x-trailing": "2"])
        return input
      }
    }
    let client = try await WireClient(test.address)
    let message = ServerWireTests.framed([5, 6])
    let answer = try await client.send(
      "Echo", [message], more: [("grpc-timeout", "100S"), ("x-question", "why")]
    ).answer()
    #expect(answer.headers.contains("x-initial=1") && answer.body == message)
    #expect(answer.status == "0" && answer.trailers?.contains("x-trailing=2") == true)
    await test.stop()
  }

  @Test("refuse with code, text, metadata and details; unknown errors keep their text",
    arguments: UnaryForm.allCases)
  func refusals(form: UnaryForm) async throws {
    let test = try await ServerUnderTest { router in
      router.unary("Refuse", as: form) { _, context in
        try context.addTrailingMetadata(["x-trailing": "2"])
        throw RPCError(
          code: .failedPrecondition, message: "not now", metadata: ["x-error": "3"],
          detailsBytes: [8, 9])
      }
      router.unary("Leak", as: form) { _, _ in throw Secret() }
      router.setMaxRequestBytes(10, for: GRPCClient.method("Leak", .unary))
    }
    let refusal = try #require(await failure { _ = try await test.client.call("Refuse") })
    #expect(refusal.code == .failedPrecondition && refusal.message == "not now")
    #expect(refusal.detailsBytes == [8, 9])
    #expect(refusal.metadata.firstString(forKey: "x-trailing") == "2")
    #expect(refusal.metadata.firstString(forKey: "x-error") == "3")
    let leak = await failure { _ = try await test.client.call("Leak") }
    #expect(leak?.code == .unknown && leak?.message.contains("Secret") == false)
    #expect(test.reported.all == ["test.Test/Leak: Secret()"])
    let large = await failure { _ = try await test.client.call("Leak", Bytes(0..<11)) }
    #expect(large?.code == .resourceExhausted)
    await test.stop()
  }

  @Test("do not run when the deadline passed while the request was on its way",
    arguments: UnaryForm.allCases)
  func late(form: UnaryForm) async throws {
    let test = try await ServerUnderTest { router in
      router.unary("Echo", as: form) { input, _ in
        Issue.record("nobody waits for this call")
        return input
      }
    }
    let client = try await WireClient(test.address)
    let call = try await client.open(WireClient.request("Echo") + [("grpc-timeout", "300m")])
    // The reply says that the server has seen the headers; later its clock stands behind them.
    client.ping(1)
    var events = client.events.makeAsyncIterator()
    #expect(await events.next() == .ping(1, isReply: true))
    try await Task.sleep(for: .milliseconds(320))
    call.write(RawFrame.data(ServerWireTests.framed([1]), stream: call.stream, endStream: true))
    let answer = await call.answer()
    #expect(answer.status == "4" && answer.trailers == nil)
    await test.stop()
  }

  @Test("pass interceptors in order, whether those wait or not", arguments: UnaryForm.allCases)
  func interceptors(form: UnaryForm) async throws {
    for waiting in 0..<4 {
      let trace = Trace()
      let test = try await ServerUnderTest(
        interceptors: [
          Gatekeeper(name: "a", mustWait: waiting & 1 != 0), Watcher(name: "b", trace: trace),
          Gatekeeper(name: "c", mustWait: waiting & 2 != 0), Watcher(name: "d", trace: trace),
        ]
      ) { router in
        router.unary("Echo", as: form) { input, context in
          trace.add("handler \(context[Name.self] ?? "")")
          #expect(Deadline.current == context.deadline)
          return input
        }
        router.unary("Refuse", as: form) { _, _ in
          throw RPCError(code: .notFound, message: "nothing here")
        }
      }
      #expect(try await test.client.call("Echo", [1, 2]) == [1, 2])
      #expect(await failure { _ = try await test.client.call("Refuse") }?.code == .notFound)
      #expect(
        trace.all == [
          "b begins", "d begins", "handler abcd", "d ended OK", "b ended OK",
          "b begins", "d begins", "d ended NOT_FOUND", "b ended NOT_FOUND",
        ])
      await test.stop()
    }
  }

  @Test("are not reached when an interceptor refuses, and the one outside sees that",
    arguments: UnaryForm.allCases)
  func refusedByInterceptor(form: UnaryForm) async throws {
    let trace = Trace()
    let test = try await ServerUnderTest(
      interceptors: [Watcher(name: "a", trace: trace), Gatekeeper(name: "b", refuses: true)]
    ) { router in
      router.unary("Echo", as: form) { input, _ in
        Issue.record("the call was refused")
        return input
      }
    }
    let error = await failure { _ = try await test.client.call("Echo") }
    #expect(error?.code == .unauthenticated && error?.message == "who are you?")
    #expect(trace.all == ["a begins", "a ended UNAUTHENTICATED"])
    await test.stop()
  }

  @Test("run without a task unless they are asynchronous or an interceptor waits")
  func tasks() async throws {
    /// Whether the handler ran in a task, for these interceptors.
    func hasTask(_ form: UnaryForm, _ interceptors: [any ServerInterceptor]) async throws -> Bool {
      let test = try await ServerUnderTest(interceptors: interceptors) { router in
        router.unary("Ask", as: form) { _, _ in
          [withUnsafeCurrentTask { $0 == nil } ? 0 : 1]
        }
      }
      let answer = try await test.client.call("Ask")
      await test.stop()
      return answer == [1]
    }
    let trace = Trace()
    #expect(try await hasTask(.asynchronous, []))
    #expect(try await !hasTask(.synchronous, []))
    let admitting: [any ServerInterceptor] = [
      Gatekeeper(name: "a"), Watcher(name: "b", trace: trace),
    ]
    #expect(try await !hasTask(.synchronous, admitting))
    #expect(try await !hasTask(.deferred, admitting))
    #expect(try await hasTask(.deferred, admitting + [Gatekeeper(name: "c", mustWait: true)]))
    #expect(try await hasTask(.synchronous, admitting + [Gatekeeper(name: "c", mustWait: true)]))
    #expect(try await hasTask(.synchronous, admitting + [Plain(trace: trace)]))
    #expect(trace.all.suffix(4) == ["b begins", "plain in", "plain out", "b ended OK"])
  }
}
