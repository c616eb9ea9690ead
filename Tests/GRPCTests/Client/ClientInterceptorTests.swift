import Synchronization
import Testing

@testable import GRPC

@Suite("Client interceptors")
struct ClientInterceptorTests {
  /// Answers unary calls with the request and streams with the given messages.
  private final class FakeTransport: ClientTransport {
    let heads = Mutex<[ClientRequestHead]>([])
    let streams = Mutex<[FakeStream]>([])

    func unary(
      _ head: ClientRequestHead, framedMessage: [UInt8]
    ) async throws(RPCError) -> ClientReply {
      heads.withLock { $0.append(head) }
      return ClientReply(message: Array(framedMessage.dropFirst(5)))
    }

    func openStream(_ head: ClientRequestHead, onlyMessage: [UInt8]?) -> any ClientStream {
      heads.withLock { $0.append(head) }
      let stream = FakeStream()
      streams.withLock { $0.append(stream) }
      return stream
    }
  }

  private final class FakeStream: ClientStream {
    let left = Mutex<[[UInt8]]>([[1], [2]])
    let isCancelled = Mutex(false)
    let isFinished = Mutex(false)
    func send(framedMessage: [UInt8]) async throws(RPCError) {}
    func finishSending() { isFinished.withLock { $0 = true } }
    func receive() async throws(RPCError) -> [UInt8]? {
      left.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
    func initialMetadata() async throws(RPCError) -> Metadata { ["first": "1"] }
    var trailingMetadata: Metadata { ["last": "1"] }
    func cancel() { isCancelled.withLock { $0 = true } }
  }

  private struct Marking: ClientInterceptor {
    let name: String
    let log: @Sendable (String) -> Void

    func intercept(_ call: ClientRequestHead, next: @escaping Next) async throws -> ClientReply {
      var call = call
      call.metadata.addString(name, forKey: "order")
      log("\(name) begins")
      let reply = try await next(call)
      log("\(name) ends")
      return reply
    }
  }

  private struct Refusing: ClientInterceptor {
    func intercept(_ call: ClientRequestHead, next: @escaping Next) async throws -> ClientReply {
      throw RPCError(code: .unauthenticated, message: "no token")
    }
  }

  private struct Bytes: MessageSerializer, MessageDeserializer {
    func serialize(_ message: [UInt8], headroom: Int) -> [UInt8] {
      [UInt8](repeating: 0, count: headroom) + message
    }
    func deserialize(_ bytes: UnsafeRawBufferPointer) -> [UInt8] { Array(bytes) }
  }

  private static func method(_ kind: MethodDescriptor.Kind) -> MethodDescriptor {
    MethodDescriptor(
      service: ServiceDescriptor(fullyQualifiedService: "a.B"), method: "C", kind: kind)
  }

  @Test("run first one outermost, around unary calls and around streams")
  func order() async throws {
    let transport = FakeTransport()
    let events = Mutex<[String]>([])
    let log: @Sendable (String) -> Void = { event in events.withLock { $0.append(event) } }
    let client = GRPCClient(
      transport: transport,
      interceptors: [Marking(name: "outer", log: log), Marking(name: "inner", log: log)])
    let reply = try await client.unary(
      [7], method: Self.method(.unary), serializer: Bytes(), deserializer: Bytes())
    #expect(reply == [7])
    let expected = ["outer begins", "inner begins", "inner ends", "outer ends"]
    #expect(events.withLock { $0 } == expected)
    events.withLock { $0 = [] }
    let call = client.serverStreaming(
      [7], method: Self.method(.serverStreaming), serializer: Bytes(), deserializer: Bytes())
    var seen: [[UInt8]] = []
    for try await message in call.responses { seen.append(message) }
    #expect(seen == [[1], [2]])
    #expect(try await call.initialMetadata() == ["first": "1"])
    #expect(call.trailingMetadata == ["last": "1"])
    while events.withLock({ $0.count }) < 4 { await Task.yield() }
    #expect(events.withLock { $0 } == expected)
    for head in transport.heads.withLock({ $0 }) {
      #expect(head.metadata[stringValues: "order"] == ["outer", "inner"])
    }
  }

  @Test("that refuse a call fail it before the transport sees it")
  func refusal() async throws {
    let transport = FakeTransport()
    let client = GRPCClient(transport: transport, interceptors: [Refusing()])
    let unary = await #expect(throws: RPCError.self) {
      try await client.unary(
        [7], method: Self.method(.unary), serializer: Bytes(), deserializer: Bytes())
    }
    #expect(unary?.code == .unauthenticated)
    let call = client.bidirectionalStreaming(
      method: Self.method(.bidirectionalStreaming), serializer: Bytes(), deserializer: Bytes())
    let written = await #expect(throws: RPCError.self) { try await call.requests.write([1]) }
    #expect(written?.code == .unauthenticated)
    let read = await #expect(throws: RPCError.self) { for try await _ in call.responses {} }
    #expect(read?.code == .unauthenticated)
    #expect(transport.heads.withLock { $0.isEmpty })
  }

  @Test("do not keep a stream alive whose handle is gone")
  func dropped() async throws {
    let transport = FakeTransport()
    let client = GRPCClient(transport: transport, interceptors: [Marking(name: "a") { _ in }])
    func takeOne() async throws {
      let call = client.serverStreaming(
        [7], method: Self.method(.serverStreaming), serializer: Bytes(), deserializer: Bytes())
      for try await _ in call.responses { break }
    }
    try await takeOne()
    let stream = try #require(transport.streams.withLock { $0.first })
    while !stream.isCancelled.withLock({ $0 }) { await Task.yield() }
  }

  @Test("messages above the caller's limit are refused before they are sent")
  func requestLimit() async throws {
    let client = GRPCClient(transport: FakeTransport())
    let options = CallOptions(maxRequestMessageBytes: 3)
    for (size, isRefused) in [(3, false), (4, true)] {
      let message = [UInt8](repeating: 1, count: size)
      do {
        _ = try await client.unary(
          message, method: Self.method(.unary), serializer: Bytes(), deserializer: Bytes(),
          options: options)
        #expect(!isRefused)
      } catch let error as RPCError {
        #expect(isRefused && error.code == .resourceExhausted)
      }
    }
  }
}
