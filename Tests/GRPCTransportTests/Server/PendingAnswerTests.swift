import GRPC
import GRPCTransport
import HTTP2
import Synchronization
import Testing

/// What sets unary handlers apart that return before they know the answer.
@Suite("Answers that come later", .timeLimit(.minutes(10)), .fewAtOnce)
struct PendingAnswerTests {
  private typealias Bytes = [UInt8]

  /// Keeps the pending answers until the test gives them.
  private final class Desk: Sendable {
    private let state = Mutex<[PendingAnswer<[UInt8]>]>([])
    private let arrivals = AsyncStream<Void>.makeStream()

    func put(_ answer: PendingAnswer<[UInt8]>) {
      state.withLock { $0.append(answer) }
      arrivals.continuation.yield()
    }

    /// The next answer that a handler owes.
    func next() async throws -> PendingAnswer<[UInt8]> {
      for await _ in arrivals.stream { break }
      return try #require(state.withLock { $0.isEmpty ? nil : $0.removeFirst() })
    }
  }

  private struct Watcher: ObservingInterceptor {
    let ended: AsyncStream<Status.Code>.Continuation

    func callBegins(_ context: inout ServerContext) {}

    func callEnded(_ observation: Void, _ context: ServerContext, failure: (any Error)?) {
      ended.yield(context.outcome(failure))
    }
  }

  private static func server(
    _ desk: Desk, watchedBy ended: AsyncStream<Status.Code>.Continuation? = nil
  ) async throws -> ServerUnderTest {
    try await ServerUnderTest(
      interceptors: ended.map { [Watcher(ended: $0)] } ?? []
    ) { router in
      router.registerDeferredUnary(
        GRPCClient.method("Later", .unary), deserializer: RawBytes(), serializer: RawBytes()
      ) { input, context, answer in
        if input == [0] { throw RPCError(code: .notFound, message: "at once") }
        if input == [1] { return answer.give { [1, 1] } }
        context.setResponseCompression(.gzip)
        desk.put(answer)
      }
    }
  }

  @Test("may be given or refused before the handler returns")
  func atOnce() async throws {
    let test = try await Self.server(Desk())
    let refusal = await failure { _ = try await test.client.call("Later", [0]) }
    #expect(refusal?.code == .notFound && refusal?.message == "at once")
    #expect(try await test.client.call("Later", [1]) == [1, 1])
    await test.stop()
  }

  @Test("reach their own calls in whatever order they are given")
  func order() async throws {
    let desk = Desk()
    let test = try await Self.server(desk)
    let client = try await WireClient(test.address)
    let calls = [
      try await client.send("Later", [ServerWireTests.framed([2])]),
      try await client.send("Later", [ServerWireTests.framed([3])]),
    ]
    let owed = [try await desk.next(), try await desk.next()]
    owed[1].give { [33] }
    #expect(await calls[1].answer().body == ServerWireTests.framed([33]))
    owed[0].give { throw RPCError(code: .aborted, message: "no") }
    #expect(await calls[0].answer().status == "10")
    await test.stop()
  }

  @Test("are compressed as the handler asked", arguments: CompressionAlgorithm.allCases)
  func compressed(algorithm: CompressionAlgorithm) async throws {
    let desk = Desk()
    let (ends, ended) = AsyncStream<Status.Code>.makeStream()
    let test = try await Self.server(desk, watchedBy: ended)
    var options = CallOptions()
    options.compression = algorithm
    options.acceptedCompression = .all
    let large = Bytes(repeating: 7, count: 10_000)
    async let reply = test.client.unaryResponse(
      large, method: GRPCClient.method("Later", .unary), serializer: RawBytes(),
      deserializer: RawBytes(), options: options)
    try await desk.next().give { large }
    #expect(try await reply.message == large)
    #expect(try await reply.wasCompressed)
    #expect(await ends.first { _ in true } == .ok)
    await test.stop()
  }

  @Test("are not asked for when the client has reset the call, which is told as cancelled")
  func reset() async throws {
    let desk = Desk()
    let (ends, ended) = AsyncStream<Status.Code>.makeStream()
    let test = try await Self.server(desk, watchedBy: ended)
    let client = try await WireClient(test.address)
    let call = try await client.send("Later", [ServerWireTests.framed([2])])
    let owed = try await desk.next()
    call.write(RawFrame.reset(8, stream: call.stream))
    // Its reply says that the server has seen the reset.
    client.ping(1)
    var events = client.events.makeAsyncIterator()
    while let event = await events.next(), event != .ping(1, isReply: true) {}
    owed.give {
      Issue.record("nobody waits for this answer")
      return []
    }
    #expect(await ends.first { _ in true } == .cancelled)
    #expect(try await test.client.call("Later", [1]) == [1, 1])
    await test.stop()
  }

  @Test("come too late after the deadline, and nothing else happens")
  func late() async throws {
    let desk = Desk()
    let (ends, ended) = AsyncStream<Status.Code>.makeStream()
    let test = try await Self.server(desk, watchedBy: ended)
    let client = try await WireClient(test.address)
    let call = try await client.send(
      "Later", [ServerWireTests.framed([2])], more: [("grpc-timeout", "2S")])
    let owed = try await desk.next()
    #expect(await call.answer().status == "4")
    owed.give { [2] }
    #expect(await ends.first { _ in true } == .deadlineExceeded)
    await test.stop()
  }
}
