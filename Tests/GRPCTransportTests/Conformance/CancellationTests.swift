import GRPC
import GRPCTransport
import Testing

/// Callers that give up, at every stage of every shape.
@Suite("Conformance: cancellation", .timeLimit(.minutes(10)), .fewAtOnce)
struct CancellationTests {
  private static let hang: Metadata = ["plan-hang": "yes", "plan-responses": "2"]

  @Test("a call that its task gives up, while the handler runs and before anything is sent",
    arguments: Road.allCases)
  func task(road: Road) async throws {
    let test = try await ConformanceServer(road)
    for (index, shape) in Shape.allCases.enumerated() {
      let running = Task { await shape.run(test.client, metadata: ["plan-hang": "yes"]) }
      await test.waitForStarted(index + 1)
      running.cancel()
      #expect(await running.value.error?.code == .cancelled, "\(shape)")
      await test.waitForCancelled(index + 1)
    }
    for shape in Shape.allCases {
      let early = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        // An answer that wins the race against the cancellation would be lawful: there is none.
        return await shape.run(test.client, metadata: ["plan-hang": "yes"])
      }
      #expect(await early.value.error?.code == .cancelled, "\(shape)")
    }
    await test.stop()
  }

  @Test("an upload, before its requests end and after", arguments: Road.allCases)
  func upload(road: Road) async throws {
    let test = try await ConformanceServer(road)
    for finishes in [false, true] {
      let call = test.client.clientStreaming(
        method: Shape.upload.method, serializer: RawBytes(), deserializer: RawBytes(),
        metadata: Self.hang)
      try await call.requests.write([1])
      if finishes { call.requests.finish() }
      call.cancel()
      let error = await failure { _ = try await call.response() }
      #expect(error?.code == .cancelled)
    }
    await test.stop()
  }

  @Test("a download after so many responses, and its handler notices", arguments: Road.allCases)
  func watch(road: Road) async throws {
    let test = try await ConformanceServer(road)
    for count in 0...2 {
      let call = test.client.serverStreaming(
        [1], method: Shape.watch.method, serializer: RawBytes(), deserializer: RawBytes(),
        metadata: Self.hang)
      var responses = call.responses.makeAsyncIterator()
      _ = try await call.initialMetadata()
      for _ in 0..<count { #expect(try await responses.next() == [1]) }
      call.cancel()
      let error = await failure {
        // What came before the cancellation may still be there.
        while try await responses.next() != nil {}
      }
      #expect(error?.code == .cancelled, "\(count)")
      await test.waitForCancelled(count + 1)
    }
    await test.stop()
  }

  @Test("a conversation, before its requests end and after", arguments: Road.allCases)
  func converse(road: Road) async throws {
    let test = try await ConformanceServer(road)
    for (index, finishes) in [false, true].enumerated() {
      let call = test.client.bidirectionalStreaming(
        method: Shape.converse.method, serializer: RawBytes(), deserializer: RawBytes(),
        metadata: Self.hang)
      try await call.requests.write([1])
      var responses = call.responses.makeAsyncIterator()
      #expect(try await responses.next() == [1])
      if finishes { call.requests.finish() }
      call.cancel()
      let error = await failure {
        while try await responses.next() != nil {}
      }
      #expect(error?.code == .cancelled)
      let write = await failure { try await call.requests.write([2]) }
      #expect(write?.code == .cancelled)
      await test.waitForCancelled(index + 1)
    }
    await test.stop()
  }
}
