import GRPC
import GRPCTransport
import Synchronization
import Testing

@Suite("GRPCServer", .timeLimit(.minutes(10)), .fewAtOnce)
struct GRPCServerTests {
  private typealias Bytes = [UInt8]

  private struct Secret: Error {
    let text = "the password is swordfish"
  }

  @Test("answers unary calls of every size, inline and after suspending", arguments: Road.allCases)
  func unary(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Inline") { input, _ in input }
      router.unary("Later") { input, _ in
        await Task.yield()
        try await Task.sleep(for: .milliseconds(1))
        return input
      }
    }
    for count in [0, 1, 16_379, 16_384, 65_530, 65_531, 65_536, 70_000, 1_000_000, 4_194_304] {
      let message = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      #expect(try await test.client.call("Inline", message) == message)
      #expect(try await test.client.call("Later", message) == message)
    }
    await test.stop()
  }

  @Test("carries many calls at once", arguments: Road.allCases)
  func concurrent(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Later") { input, _ in
        await Task.yield()
        return input
      }
    }
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 0..<300 {
        group.addTask { Int(try await test.client.call("Later", [UInt8(index % 251)])[0]) }
      }
      return try await group.reduce(0, +)
    }
    #expect(sum == (0..<300).reduce(0) { $0 + $1 % 251 })
    await test.stop()
  }

  @Test(
    "a refusal reaches the client with code, text, metadata and details",
    arguments: Road.allCases)
  func refusal(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Refuse") { _, context in
        try context.setInitialMetadata(["x-initial": "1"])
        try context.addTrailingMetadata(["x-trailing": "2"])
        throw RPCError(
          code: .failedPrecondition, message: "tab\t, CR\r, 100 %, é, 😀",
          metadata: ["x-error-bin": [0, 255]], detailsBytes: [8, 9])
      }
    }
    let error = try #require(await failure { _ = try await test.client.call("Refuse") })
    #expect(error.code == .failedPrecondition)
    #expect(error.message == "tab\t, CR\r, 100 %, é, 😀")
    #expect(error.detailsBytes == [8, 9])
    #expect(error.metadata.firstString(forKey: "x-trailing") == "2")
    #expect(error.metadata.firstBinary(forKey: "x-error-bin") == [0, 255])
    #expect(test.reported.all.isEmpty)
    await test.stop()
  }

  @Test("the text of an unknown error stays here, and is reported whole", arguments: Road.allCases)
  func unknownError(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Leak") { _, _ in throw Secret() }
    }
    let error = try #require(await failure { _ = try await test.client.call("Leak") })
    #expect(error.code == .unknown)
    #expect(!error.message.contains("swordfish"))
    #expect(test.reported.all.count == 1)
    let report = try #require(test.reported.all.first)
    #expect(report.contains("test.Test/Leak"))
    #expect(report.contains("swordfish"))
    await test.stop()
  }

  @Test("a status text of any length arrives cut, not lost", arguments: Road.allCases)
  func longText(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Refuse") { _, _ in
        throw RPCError(code: .aborted, message: String(repeating: "é", count: 50_000))
      }
    }
    let error = try #require(await failure { _ = try await test.client.call("Refuse") })
    #expect(error.code == .aborted)
    #expect(error.message.utf8.count <= 4096 && error.message.hasPrefix("éé"))
    await test.stop()
  }

  @Test(
    "an unknown method is UNIMPLEMENTED, an oversized message RESOURCE_EXHAUSTED",
    arguments: Road.allCases)
  func protocolRefusals(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Small") { input, _ in input }
      router.setMaxRequestBytes(10, for: GRPCClient.method("Small", .unary))
    }
    let missing = await failure { _ = try await test.client.call("Missing") }
    #expect(missing?.code == .unimplemented)
    let large = await failure { _ = try await test.client.call("Small", Bytes(0..<11)) }
    #expect(large?.code == .resourceExhausted)
    #expect(try await test.client.call("Small", Bytes(0..<10)) == Bytes(0..<10))
    await test.stop()
  }

  @Test(
    "a connection holds a bounded number of request bytes, and gives them back",
    arguments: Road.allCases)
  func heldBytes(road: Road) async throws {
    var limits = ServerLimits()
    limits.maxHeldRequestBytes = 100_000
    let test = try await ServerUnderTest(over: road, limits: limits) { router in
      router.unary("Echo") { input, _ in input }
      router.clientStreaming("Count") { requests, _ in
        var count = 0
        for try await message in requests { count += message.count }
        return Bytes(String(count).utf8)
      }
    }
    for _ in 0..<5 {
      let message = Bytes(repeating: 0, count: 90_000)
      #expect(try await test.client.call("Echo", message).count == 90_000)
    }
    let large = await failure {
      _ = try await test.client.call("Echo", Bytes(repeating: 0, count: 200_000))
    }
    #expect(large?.code == .resourceExhausted)
    #expect(test.breaches.all == ["held_request_bytes"])
    let call = test.client.upload("Count")
    for _ in 0..<50 { try await call.requests.write(Bytes(repeating: 0, count: 20_000)) }
    call.requests.finish()
    #expect(try await call.response() == Bytes("1000000".utf8))
    await test.stop()
  }

  @Test("streams down in order, past the flow-control windows", arguments: Road.allCases)
  func serverStreaming(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.serverStreaming("Count") { input, writer, _ in
        for index in 0..<2000 { try await writer.write([UInt8(index % 256)] + input) }
      }
      router.serverStreaming("Nothing") { _, _, _ in }
    }
    let padding = Bytes(repeating: 1, count: 1000)
    var seen: [UInt8] = []
    for try await message in test.client.watch("Count", padding).responses {
      #expect(message.count == 1001)
      seen.append(message[0])
    }
    #expect(seen == (0..<2000).map { UInt8($0 % 256) })
    for try await _ in test.client.watch("Nothing").responses {
      Issue.record("there is no message")
    }
    await test.stop()
  }

  @Test("streams up, and the handler may answer before the end", arguments: Road.allCases)
  func clientStreaming(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.clientStreaming("Sum") { requests, _ in
        var count = 0
        for try await message in requests { count += message.count }
        return Bytes(String(count).utf8)
      }
      router.clientStreaming("Early") { requests, _ in
        for try await message in requests { return message }
        return []
      }
    }
    let call = test.client.upload("Sum")
    for _ in 0..<50 { try await call.requests.write(Bytes(repeating: 0, count: 50_000)) }
    call.requests.finish()
    #expect(try await call.response() == Bytes("2500000".utf8))
    let early = test.client.upload("Early")
    try await early.requests.write([4])
    #expect(try await early.response() == [4])
    await test.stop()
  }

  @Test("talks both ways, strictly in turns", arguments: Road.allCases)
  func bidirectional(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.bidirectional("Double") { requests, writer, _ in
        for try await message in requests { try await writer.write(message + message) }
      }
    }
    let call = test.client.converse("Double")
    var responses = call.responses.makeAsyncIterator()
    for size in [1, 0, 70_000, 3] {
      try await call.requests.write(Bytes(repeating: 5, count: size))
      #expect(try await responses.next()?.count == size * 2)
    }
    call.requests.finish()
    #expect(try await responses.next() == nil)
    await test.stop()
  }
}
