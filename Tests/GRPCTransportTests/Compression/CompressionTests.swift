import GRPC
import GRPCTransport
import Logging
import Synchronization
import Testing

/// Our client and our server, with compression on the way.
@Suite("Compression of calls", .timeLimit(.minutes(10)), .fewAtOnce)
struct CompressionTests {
  private static let large = [UInt8](repeating: 7, count: 300_000)

  private static func options(
    _ compression: CompressionAlgorithm, accepted: CompressionAlgorithms = .all
  ) -> CallOptions {
    CallOptions(
      timeout: .seconds(60), compression: compression, acceptedCompression: accepted)
  }

  /// Methods whose path names what the response is to be compressed with, and that say in a byte
  /// of their answer whether the request was.
  private static func server(
    _ policy: CompressionPolicy = CompressionPolicy()
  ) async throws -> ServerUnderTest {
    try await ServerUnderTest(compression: policy) { router in
      for algorithm in CompressionAlgorithm.allCases {
        router.unary("\(algorithm)") { input, context in
          #expect(context.setResponseCompression(algorithm) || algorithm != .identity)
          return [context.lastRequestWasCompressed ? 1 : 0] + input
        }
        router.bidirectional("\(algorithm)s") { requests, writer, context in
          context.setResponseCompression(algorithm)
          for try await request in requests {
            let answer = [context.lastRequestWasCompressed ? 1 : 0] + request
            // The second byte of a request asks for an answer that is not compressed.
            try await writer.write(answer, mayCompress: request[1] == 0)
            #expect(!context.setResponseCompression(.identity), "it is too late for that")
          }
        }
      }
      router.unary("Silent") { input, _ in input }
      router.registerSynchronousUnary(
        GRPCClient.method("Inline", .unary), deserializer: RawBytes(), serializer: RawBytes()
      ) { input, context in
        context.setResponseCompression(.deflate)
        return [context.lastRequestWasCompressed ? 1 : 0] + input
      }
      router.clientStreaming("Sum") { requests, context in
        var flags: [UInt8] = []
        for try await _ in requests { flags.append(context.lastRequestWasCompressed ? 1 : 0) }
        return flags
      }
      router.serverStreaming("Down") { input, writer, context in
        context.setResponseCompression(.gzip)
        for _ in 0..<3 { try await writer.write(input) }
      }
    }
  }

  private static func reply(
    _ test: ServerUnderTest, _ name: String, _ message: [UInt8], _ options: CallOptions
  ) async throws -> ClientResponse<[UInt8]> {
    try await test.client.unaryResponse(
      message, method: GRPCClient.method(name, .unary), serializer: RawBytes(),
      deserializer: RawBytes(), options: options)
  }

  @Test("unary calls, in every pair of algorithms", arguments: CompressionAlgorithm.allCases)
  func unary(request: CompressionAlgorithm) async throws {
    let test = try await Self.server()
    for response in CompressionAlgorithm.allCases {
      for message in [Self.large, [UInt8](repeating: 1, count: 1000)] {
        let reply = try await Self.reply(test, "\(response)", message, Self.options(request))
        #expect(reply.message == [request == .identity ? 0 : 1] + message)
        #expect(reply.wasCompressed == (response != .identity))
      }
      // What would not get smaller travels as it is.
      let small = try await Self.reply(test, "\(response)", [1, 2], Self.options(request))
      #expect(small.message == [0, 1, 2] && !small.wasCompressed)
    }
    await test.stop()
  }

  @Test("methods that never wait")
  func synchronous() async throws {
    let test = try await Self.server()
    for (compression, message) in [
      (.identity, Self.large), (.gzip, Self.large), (.gzip, [UInt8](repeating: 2, count: 500)),
    ] as [(CompressionAlgorithm, [UInt8])] {
      let reply = try await Self.reply(test, "Inline", message, Self.options(compression))
      #expect(reply.message == [compression == .identity ? 0 : 1] + message)
      #expect(reply.wasCompressed)
    }
    await test.stop()
  }

  @Test("each message of a stream may stay uncompressed", arguments: CompressionAlgorithm.allCases)
  func streams(algorithm: CompressionAlgorithm) async throws {
    let test = try await Self.server()
    let call = test.client.converse("\(algorithm)s", options: Self.options(algorithm))
    var responses = call.responses.makeAsyncIterator()
    let isOn = algorithm != .identity
    for (up, down) in [(true, true), (false, true), (true, false), (false, false), (true, true)] {
      let message: [UInt8] = [9, down ? 0 : 1] + Self.large
      try await call.requests.write(message, mayCompress: up)
      let response = try await responses.next()
      #expect(response == [up && isOn ? 1 : 0] + message)
      #expect(call.lastResponseWasCompressed == (down && isOn))
    }
    call.requests.finish()
    #expect(try await responses.next() == nil)
    await test.stop()
  }

  @Test("uploads and downloads")
  func halves() async throws {
    let test = try await Self.server()
    let upload = test.client.upload("Sum", options: Self.options(.deflate))
    for mayCompress in [true, false, true] {
      try await upload.requests.write(Self.large, mayCompress: mayCompress)
    }
    try await upload.requests.write(contentsOf: [Self.large, [1]])
    #expect(try await upload.response() == [1, 0, 1, 1, 0])
    let watch = test.client.watch("Down", Self.large, options: Self.options(.gzip))
    var count = 0
    for try await response in watch.responses {
      #expect(response == Self.large && watch.lastResponseWasCompressed)
      count += 1
    }
    #expect(count == 3)
    await test.stop()
  }

  @Test("a client that does not accept an algorithm does not get it")
  func notAccepted() async throws {
    let test = try await Self.server()
    for accepted in [[], .deflate] as [CompressionAlgorithms] {
      let reply = try await Self.reply(
        test, "gzip", Self.large, Self.options(.identity, accepted: accepted))
      #expect(reply.message == [0] + Self.large && !reply.wasCompressed)
    }
    await test.stop()
  }

  @Test("a server compresses unasked when it is told to, and not at all when that is off")
  func policies() async throws {
    for (policy, silent, chosen, refuses) in [
      (CompressionPolicy(), false, true, false),
      (CompressionPolicy(responses: .gzip), true, true, false),
      (CompressionPolicy(allowed: .gzip, responses: .deflate), false, true, false),
      (CompressionPolicy(allowed: [], responses: .gzip), false, false, true),
    ] {
      let test = try await Self.server(policy)
      let options = Self.options(.identity)
      #expect(try await Self.reply(test, "Silent", Self.large, options).wasCompressed == silent)
      #expect(try await Self.reply(test, "gzip", Self.large, options).wasCompressed == chosen)
      let error = await failure {
        _ = try await Self.reply(test, "Silent", Self.large, Self.options(.gzip))
      }
      #expect(error?.code == (refuses ? .unimplemented : nil))
      await test.stop()
    }
  }

  @Test("the limit of a request is that of the inflated message")
  func requestLimit() async throws {
    let test = try await Self.server()
    for (count, code) in [
      (RPCRouter.defaultMaxRequestBytes, nil),
      (RPCRouter.defaultMaxRequestBytes + 1, .resourceExhausted),
      (10 << 20, .resourceExhausted),
    ] as [(Int, Status.Code?)] {
      let message = [UInt8](repeating: 0, count: count)
      let unary = await failure {
        let options = CallOptions(
          timeout: .seconds(60), maxResponseMessageBytes: count + 1, compression: .gzip)
        _ = try await Self.reply(test, "Silent", message, options)
      }
      #expect(unary?.code == code, "\(count): \(String(describing: unary))")
      let upload = await failure {
        let call = test.client.upload("Sum", options: Self.options(.deflate))
        try await call.requests.write(message)
        _ = try await call.response()
      }
      #expect(upload?.code == code, "\(count): \(String(describing: upload))")
    }
    await test.stop()
  }

  @Test("the limit of a response is that of the inflated message")
  func responseLimit() async throws {
    let test = try await Self.server()
    for (limit, code) in [
      (Self.large.count + 1, nil), (Self.large.count, .resourceExhausted),
      (5000, .resourceExhausted),
    ] as [(Int, Status.Code?)] {
      let options = CallOptions(timeout: .seconds(60), maxResponseMessageBytes: limit)
      let unary = await failure {
        _ = try await Self.reply(test, "gzip", Self.large, options)
      }
      #expect(unary?.code == code)
      let stream = await failure {
        for try await _ in test.client.watch("Down", [0] + Self.large, options: options).responses {
        }
      }
      #expect(stream?.code == code)
    }
    await test.stop()
  }

  @Test("calls of many at once share the states and keep their messages apart")
  func concurrent() async throws {
    let test = try await Self.server()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in UInt8(0)..<64 {
        group.addTask {
          let message = [UInt8](repeating: number, count: 50_000 + Int(number) * 1000)
          let algorithm: CompressionAlgorithm = number.isMultiple(of: 2) ? .gzip : .deflate
          let reply = try await Self.reply(
            test, "\(algorithm)", message, Self.options(algorithm))
          #expect(reply.message == [1] + message && reply.wasCompressed)
        }
      }
      try await group.waitForAll()
    }
    await test.stop()
  }
}
