import GRPC
import GRPCTransport
import Testing

@Suite("Streaming calls within closures", .timeLimit(.minutes(10)), .fewAtOnce)
struct StreamingClosureTests {
  private typealias Bytes = [UInt8]
  private struct OwnError: Error, Equatable {}

  /// Echoing methods, and a gate that opens when a call of `Hang` was cancelled.
  private static func server(
    hangEnded: Gate = Gate()
  ) async throws -> ServerUnderTest {
    try await ServerWireTests.server(over: .inProcess) { router in
      router.bidirectional("Hang") { requests, writer, _ in
        do {
          try await writer.write([1])
          for try await _ in requests {}
        } catch {
          hangEnded.open()
          throw error
        }
      }
      router.clientStreaming("First") { requests, _ in
        for try await message in requests { return message }
        return []
      }
      router.clientStreaming("Refuse") { _, _ in
        throw RPCError(code: .failedPrecondition, message: "not now")
      }
    }
  }

  @Test("give what the closure returns, and the response of uploads")
  func results() async throws {
    let test = try await Self.server()
    let count = try await test.client.upload("Count").response { requests in
      for _ in 0..<5 { try await requests.write([7]) }
    }
    #expect(count == [5])
    let sum = try await test.client.watch("Twice", [4]).within { responses in
      var sum = 0
      for try await message in responses { sum += Int(message[0]) }
      return sum
    }
    #expect(sum == 8)
    let last = try await test.client.converse("Talk").within { requests, responses in
      var answers = responses.makeAsyncIterator()
      for index in 0..<3 {
        try await requests.write([UInt8(index)])
        #expect(try await answers.next() == [UInt8(index)])
      }
      requests.finish()
      #expect(try await answers.next() == nil)
      return "done"
    }
    #expect(last == "done")
    await test.stop()
  }

  @Test("may be made from an actor, whose state the closure uses") @MainActor
  func onActor() async throws {
    let test = try await Self.server()
    var seen: [Bytes] = []
    try await test.client.watch("Twice", [3]).within { responses in
      for try await message in responses { seen.append(message) }
    }
    #expect(seen == [[3], [3]])
    await test.stop()
  }

  @Test("that leave early or throw end the call at the server")
  func leaving() async throws {
    for throwsError in [false, true] {
      let ended = Gate()
      let test = try await Self.server(hangEnded: ended)
      do {
        try await test.client.converse("Hang").within { _, responses in
          for try await _ in responses { break }
          if throwsError { throw OwnError() }
        }
        #expect(!throwsError)
      } catch is OwnError {
        #expect(throwsError)
      }
      await ended.wait()
      await test.stop()
    }
  }

  @Test("that write more than the server wants get its answer all the same")
  func earlyAnswer() async throws {
    let test = try await Self.server()
    let answer = try await test.client.upload("First").response { requests in
      while true { try await requests.write(Bytes(repeating: 9, count: 10_000)) }
    }
    #expect(answer.count == 10_000)
    await test.stop()
  }

  @Test("throw the call's failure, and errors of their own as they are")
  func failures() async throws {
    let test = try await Self.server()
    let refused = await #expect(throws: RPCError.self) {
      try await test.client.upload("Refuse").response { requests in
        while true { try await requests.write([1]) }
      }
    }
    #expect(refused?.code == .failedPrecondition)
    await #expect(throws: OwnError.self) {
      try await test.client.upload("Count").response { _ in throw OwnError() }
    }
    await test.stop()
  }

  @Test("have handles beside them that are sequences of their responses")
  func handles() async throws {
    let test = try await Self.server()
    var seen: [Bytes] = []
    let call = test.client.watch("Twice", [6])
    for try await message in call { seen.append(message) }
    #expect(seen == [[6], [6]])
    #expect(call.trailingMetadata.isEmpty)
    let double = ServerStreamingCall(responses: RPCAsyncSequence<Int> { nil })
    for try await _ in double { Issue.record("there is no message") }
    await test.stop()
  }
}
