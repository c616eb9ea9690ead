import GRPC
import GRPCTransport
import Synchronization
import Testing

/// What a call is must not depend on the road it takes. The shapes of calls, sizes, refusals and
/// cancellation by connection are in `GRPCServerTests` and `ServerCancellationTests`, which take
/// all roads, too.
@Suite("Calls over every road", .timeLimit(.minutes(10)), .fewAtOnce)
struct RoadTests {
  private typealias Bytes = [UInt8]

  @Test("handlers and interceptors know the peer", arguments: Road.allCases)
  func peers(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Peers") { _, context in
        Bytes("\(context.remotePeer) \(context.localPeer)".utf8)
      }
    }
    let answer = String(decoding: try await test.client.call("Peers"), as: UTF8.self)
    let names = answer.split(separator: " ", omittingEmptySubsequences: false)
    #expect(names.count == 2 && names.allSatisfy { $0.hasPrefix(road.peerPrefix) }, "\(answer)")
    await test.stop()
  }

  @Test("metadata goes both ways, bytes and equal names in order", arguments: Road.allCases)
  func metadata(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Mirror") { _, context in
        try context.setInitialMetadata(["x-first": "one"])
        try context.addTrailingMetadata(["x-last-bin": [0xFE, 0x00]])
        let texts = context.metadata[stringValues: "x-text"].map { $0 + ";" }
        let bytes = context.metadata[binaryValues: "x-bytes-bin"].flatMap { $0 }
        return Bytes(texts.joined().utf8) + bytes
      }
    }
    let sent: Metadata = [
      "x-text": "a", "x-bytes-bin": [0, 255], "x-text": "b c", "x-bytes-bin": [7],
    ]
    let response = try await test.client.unaryResponse(
      [], method: GRPCClient.method("Mirror", .unary), serializer: RawBytes(),
      deserializer: RawBytes(), metadata: sent)
    #expect(response.message == Bytes("a;b c;".utf8) + [0, 255, 7])
    #expect(response.initialMetadata == ["x-first": "one"])
    #expect(response.trailingMetadata[binaryValues: "x-last-bin"] == [[0xFE, 0x00]])
    await test.stop()
  }

  @Test("metadata that would break the protocol is refused before it is sent",
    arguments: Road.allCases)
  func forbiddenMetadata(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Echo") { input, context in
        #expect(throws: RPCError.self) { try context.setInitialMetadata(["x-a": "b\r\nc: d"]) }
        #expect(throws: RPCError.self) { try context.addTrailingMetadata(["grpc-status": "0"]) }
        return input
      }
    }
    for bad in [["x": "a\nb"], ["te": "trailers"], ["grpc-timeout": "1S"]] as [Metadata] {
      let error = await failure { _ = try await test.client.call("Echo", metadata: bad) }
      #expect(error?.code == .internalError, "\(bad)")
    }
    #expect(try await test.client.call("Echo", [5]) == [5])
    await test.stop()
  }

  @Test("a stream may fail after messages, with details and metadata", arguments: Road.allCases)
  func lateFailure(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.serverStreaming("Two") { _, writer, context in
        try await writer.write([1])
        try await writer.write([2])
        try context.addTrailingMetadata(["x-why": "enough"])
        throw RPCError(code: .outOfRange, message: "é: no more", detailsBytes: [8, 11])
      }
    }
    var seen: [Bytes] = []
    let error = await failure {
      for try await message in test.client.watch("Two").responses { seen.append(message) }
    }
    #expect(seen == [[1], [2]])
    #expect(error?.code == .outOfRange && error?.message == "é: no more")
    #expect(error?.detailsBytes == [8, 11])
    #expect(error?.metadata.firstString(forKey: "x-why") == "enough")
    await test.stop()
  }

  @Test("the deadline ends the call here and the handler there, in every shape",
    arguments: Road.allCases)
  func deadline(road: Road) async throws {
    let begun = Mutex(0)
    let ended = Mutex(0)
    let hang: @Sendable () async throws -> Void = {
      begun.withLock { $0 += 1 }
      do {
        try await Task.sleep(for: .seconds(60))
      } catch {
        ended.withLock { $0 += 1 }
        throw error
      }
    }
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Unary") { _, _ in try await hang(); return [] }
      router.serverStreaming("Down") { _, _, _ in try await hang() }
      router.clientStreaming("Up") { _, _ in try await hang(); return [] }
      router.bidirectional("Both") { _, _, _ in try await hang() }
    }
    // The connection first: a deadline should not pass before the handlers have begun.
    _ = await failure { _ = try await test.client.call("None") }
    let options = CallOptions.timeout(.seconds(2))
    let calls: [@Sendable () async throws -> Void] = [
      { _ = try await test.client.call("Unary", options: options) },
      { for try await _ in test.client.watch("Down", options: options).responses {} },
      { _ = try await test.client.upload("Up", options: options).response() },
      { for try await _ in test.client.converse("Both", options: options).responses {} },
    ]
    for call in calls { #expect(await failure(call)?.code == .deadlineExceeded) }
    #expect(begun.withLock { $0 } > 0, "no handler has begun in two seconds")
    // A busy machine may be too late with one or another, but what has begun must end.
    while ended.withLock({ $0 }) < begun.withLock({ $0 }) { await Task.yield() }
    await test.stop()
  }

  @Test("calls made by a handler are bounded by its own deadline, and end with it",
    arguments: Road.allCases)
  func inheritedDeadline(road: Road) async throws {
    let innerEnded = Gate()
    let inner = try await ServerUnderTest(over: road) { router in
      router.unary("Left") { _, context in
        let left = try #require(context.deadline).remainingNanoseconds
        return Bytes(String(left / 1_000_000).utf8)
      }
      router.unary("Hang") { _, _ in
        do { try await Task.sleep(for: .seconds(60)) } catch { innerEnded.open() }
        return []
      }
    }
    let outer = try await ServerUnderTest(over: road) { router in
      // No options: what bounds these calls is the deadline of the call being served.
      router.unary("Left") { _, _ in try await inner.client.call("Left", options: .defaults) }
      router.unary("Hang") { _, _ in try await inner.client.call("Hang", options: .defaults) }
    }
    let left = try await outer.client.call("Left", options: .timeout(.seconds(50)))
    let milliseconds = try #require(Int(String(decoding: left, as: UTF8.self)))
    #expect((1...49_990).contains(milliseconds), "a margin is kept for the answer")
    let error = await failure {
      _ = try await outer.client.call("Hang", options: .timeout(.seconds(8)))
    }
    #expect(error?.code == .deadlineExceeded)
    await innerEnded.wait()
    await outer.stop()
    await inner.stop()
  }

  @Test("cancelling the caller's task, the handle or nothing but letting go ends the handler",
    arguments: Road.allCases)
  func cancellation(road: Road) async throws {
    let begun = Mutex(0)
    let ended = Mutex(0)
    let test = try await ServerUnderTest(over: road) { router in
      router.bidirectional("Talk") { requests, writer, context in
        begun.withLock { $0 += 1 }
        try await writer.write([1])
        do {
          for try await _ in requests {}
        } catch {
          #expect(context.isCancelled)
          ended.withLock { $0 += 1 }
          throw error
        }
      }
    }
    let byTask = Task {
      for try await _ in test.client.converse("Talk").responses {}
    }
    while begun.withLock({ $0 }) < 1 { await Task.yield() }
    byTask.cancel()
    #expect(await failure { try await byTask.value }?.code == .cancelled)

    let byHandle = test.client.converse("Talk")
    var responses = byHandle.responses.makeAsyncIterator()
    #expect(try await responses.next() == [1])
    byHandle.cancel()
    let error = await failure { _ = try await responses.next() }
    #expect(error?.code == .cancelled)
    let late = await failure { try await byHandle.requests.write([1]) }
    #expect(late?.code == .cancelled)

    func takeOne() async throws {
      for try await message in test.client.converse("Talk").responses {
        #expect(message == [1])
        return
      }
    }
    try await takeOne()
    while ended.withLock({ $0 }) < 3 { await Task.yield() }
    await test.stop()
  }

  @Test("an answer before the end of the request stops the writer", arguments: Road.allCases)
  func earlyAnswer(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.bidirectional("Enough") { requests, writer, _ in
        for try await message in requests {
          try await writer.write(message)
          return
        }
      }
    }
    let call = test.client.converse("Enough")
    let writing = await failure {
      while true { try await call.requests.write(Bytes(repeating: 9, count: 50_000)) }
    }
    #expect(writing?.code == .cancelled)
    var count = 0
    for try await message in call.responses { count += message.count }
    #expect(count == 50_000)
    await test.stop()
  }

  @Test("a reader that rests stops the writer, up and down, and loses nothing",
    arguments: Road.allCases)
  func backPressure(road: Road) async throws {
    // Far more than all windows and buffers on the way together.
    let messages = 1000
    let message = Bytes(repeating: 3, count: 32 * 1024)
    let goOn = Gate()
    let written = Mutex(0)
    let test = try await ServerUnderTest(over: road) { router in
      router.clientStreaming("Up") { requests, _ in
        await goOn.wait()
        var count = 0
        for try await message in requests { count += message.count }
        return Bytes(String(count).utf8)
      }
      router.serverStreaming("Down") { input, writer, _ in
        for _ in 0..<messages {
          try await writer.write(message)
          written.withLock { $0 += 1 }
        }
      }
    }
    let options = CallOptions.timeout(.seconds(100))
    let up = test.client.upload("Up", options: options)
    let writing = Task {
      for _ in 0..<messages {
        try await up.requests.write(message)
        written.withLock { $0 += 1 }
      }
    }
    await settle { written.withLock { $0 } }
    #expect(written.withLock { $0 } < messages / 2)
    goOn.open()
    try await writing.value
    #expect(try await up.response() == Bytes(String(messages * message.count).utf8))

    written.withLock { $0 = 0 }
    let down = test.client.watch("Down", options: options)
    _ = try await down.initialMetadata()
    await settle { written.withLock { $0 } }
    #expect(written.withLock { $0 } < messages / 2)
    var received = 0
    for try await message in down.responses { received += message.count }
    #expect(received == messages * message.count)
    await test.stop()
  }

  /// Waits until a count has begun and has not moved for a while.
  private func settle(_ count: () -> Int) async {
    var (last, unchanged) = (0, 0)
    while unchanged < 20 {
      try? await Task.sleep(for: .milliseconds(10))
      let now = count()
      unchanged = now > 0 && now == last ? unchanged + 1 : 0
      last = now
    }
  }

  @Test("messages above the client's limit are refused, those at it are not",
    arguments: Road.allCases)
  func responseLimit(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Echo") { input, _ in input }
    }
    let options = CallOptions(timeout: .seconds(100), maxResponseMessageBytes: 1000)
    let atLimit = Bytes(repeating: 1, count: 1000)
    #expect(try await test.client.call("Echo", atLimit, options: options) == atLimit)
    let error = await failure {
      _ = try await test.client.call("Echo", atLimit + [1], options: options)
    }
    #expect(error?.code == .resourceExhausted)
    await test.stop()
  }

  @Test("calls of all shapes share a connection", arguments: Road.allCases)
  func mixed(road: Road) async throws {
    let test = try await ServerWireTests.server(over: road)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<100 {
        let message = Bytes(repeating: UInt8(index), count: index * 700)
        group.addTask {
          let echo = try await test.client.call("Echo", message)
          #expect(echo == message)
        }
        group.addTask {
          for try await copy in test.client.watch("Twice", message).responses {
            #expect(copy == message)
          }
        }
        group.addTask {
          let call = test.client.upload("Count")
          for _ in 0..<(index % 7) { try await call.requests.write(message) }
          let count = try await call.response()
          #expect(count == [UInt8(index % 7)])
        }
        group.addTask {
          let talk = test.client.converse("Talk")
          try await talk.requests.write(message)
          talk.requests.finish()
          for try await copy in talk.responses { #expect(copy == message) }
        }
      }
      try await group.waitForAll()
    }
    await test.stop()
  }

  @Test("a server that has stopped makes calls UNAVAILABLE", arguments: Road.allCases)
  func stopped(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Echo") { input, _ in input }
    }
    #expect(try await test.client.call("Echo", [1]) == [1])
    test.server.beginGracefulShutdown()
    await test.server.waitUntilStopped()
    let error = await failure { _ = try await test.client.call("Echo", options: .defaults) }
    #expect(error?.code == .unavailable)
    await test.transport.shutdown()
  }
}
