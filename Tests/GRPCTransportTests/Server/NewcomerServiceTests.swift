import Dispatch
import GRPC
import GRPCTransport
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// Clients that are new to a server with one event loop, and all have much to say at once.
@Suite("New clients that send much at once", .timeLimit(.minutes(10)), .fewAtOnce)
struct NewcomerServiceTests {
  private static let clients: UInt8 = 6
  private static let calls = 300

  @Test("are read as fast as known ones from their first answer on, what stood in line included")
  func leaveTheLine() async throws {
    let order = Mutex<[UInt8]>([])
    let gate = DispatchSemaphore(value: 0)
    let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var limits = ServerLimits.unhurried
    limits.session.maxConcurrentStreams = 10_000
    let test = try await ServerUnderTest(limits: limits, loops: loops) { router in
      router.registerSynchronousUnary(
        GRPCClient.method("Note", .unary), deserializer: RawBytes(), serializer: RawBytes()
      ) { message, _ in
        order.withLock { $0.append(message[0]) }
        return message
      }
      // Holds the loop itself, so that all the others have sent what they have when it goes on.
      router.registerSynchronousUnary(
        GRPCClient.method("Hold", .unary), deserializer: RawBytes(), serializer: RawBytes()
      ) { message, _ in
        order.withLock { $0.append(message[0]) }
        gate.wait()
        return message
      }
    }
    let channels = try await Self.connected(to: test.address)
    let hold = try await WireClient(test.address).send("Hold", [ServerWireTests.framed([0])])
    while order.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
    for (number, channel) in zip(UInt8(1)..., channels) {
      try await channel.writeAndFlush(ByteBuffer(bytes: Self.requests(number)))
    }
    gate.signal()
    #expect(await hold.answer().status == "0")
    let all = 1 + Int(Self.clients) * Self.calls
    while order.withLock({ $0.count }) < all { try await Task.sleep(for: .milliseconds(5)) }

    let numbers = order.withLock { $0 }
    #expect(numbers.first == 0)
    let turns = zip(numbers, numbers.dropFirst()).count { $0 != $1 }
    // Two each: until the first answer, and the rest. By 4 KiB at a time there were 52.
    #expect(turns <= 24)
    for channel in channels { try await channel.close() }
    await test.stop()
    try await loops.shutdownGracefully()
  }

  /// Connections on which HTTP/2 has begun.
  private static func connected(to address: ServerAddress) async throws -> [any Channel] {
    guard case .tcp(let host, let port) = address else { return [] }
    var channels: [any Channel] = []
    for _ in 0..<clients {
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: host, port: port).get()
      let opening = RawFrame.opening + RawFrame.settings(isAcknowledgement: true)
      try await channel.writeAndFlush(ByteBuffer(bytes: opening))
      channels.append(channel)
    }
    return channels
  }

  /// All calls of a client, in one piece.
  private static func requests(_ client: UInt8) -> [UInt8] {
    (0..<calls).flatMap { index in
      let stream = Int32(2 * index + 1)
      return RawFrame.headers(WireClient.request("Note"), stream: stream)
        + RawFrame.data(ServerWireTests.framed([client]), stream: stream, endStream: true)
    }
  }
}
