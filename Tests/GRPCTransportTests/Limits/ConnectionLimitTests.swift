import GRPC
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import GRPCTransport

@Suite("Limits of connections", .timeLimit(.minutes(10)), .fewAtOnce)
struct ConnectionLimitTests {
  private static func source(_ address: String) throws -> ConnectionQuota.Source? {
    ConnectionQuota.Source(try SocketAddress(ipAddress: address, port: 1))
  }

  @Test("a listener and an address have room for so many, and for one more when one has gone")
  func quota() throws {
    var quota = ConnectionQuota(max: 4, maxPerSource: 2)
    let (one, other) = (try Self.source("10.0.0.1"), try Self.source("10.0.0.2"))
    #expect(quota.arrived(from: one) == .admit)
    #expect(quota.arrived(from: one) == .admit)
    #expect(quota.arrived(from: one) == .refuse(.ofTheAddress))
    #expect(quota.arrived(from: other) == .admit)
    #expect(quota.arrived(from: nil) == .admit, "unix sockets count for the listener only")
    #expect(quota.arrived(from: nil) == .refuse(.connections))
    #expect(quota.arrived(from: other) == .refuse(.connections))
    quota.left(from: one)
    #expect(quota.arrived(from: one) == .admit)
    quota.left(from: nil)
    #expect(quota.arrived(from: other) == .admit)
  }

  @Test("IPv6 addresses count by their first half, IPv4 addresses each, unix sockets not at all")
  func sources() throws {
    let all = try [
      "10.0.0.1", "10.0.0.2", "2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1",
    ].map(Self.source)
    #expect(all[0] != all[1] && all[2] == all[3] && all[2] != all[4] && all[0] != all[2])
    #expect(try Self.source("::ffff:10.0.0.2") == all[1], "as listeners for both see it")
    let socket = try SocketAddress(unixDomainSocketPath: "/x")
    #expect(ConnectionQuota.Source(socket) == nil)
    #expect(ConnectionQuota.Source(nil) == nil)
  }

  @Test("a client beyond the limit is closed at once, and comes in when another has left",
    arguments: ["connections", "connections_per_address"])
  func refused(breach: String) async throws {
    var limits = ServerLimits()
    if breach == "connections" {
      limits.maxConnections = 3
    } else {
      limits.maxConnectionsPerAddress = 3
    }
    let test = try await ServerWireTests.server(limits: limits)
    #expect(try await test.client.call("Echo", [1]) == [1])
    let echo = [ServerWireTests.framed([7])]
    let clients = [try await WireClient(test.address), try await WireClient(test.address)]
    for client in clients { #expect(try await client.send("Echo", echo).answer().status == "0") }
    for _ in 0..<5 {
      let answer = try await RawConversation.bytes(with: test.address, sending: RawFrame.opening)
      #expect(answer.isEmpty)
    }
    #expect(test.breaches.all == [String](repeating: breach, count: 5))
    #expect(try await test.client.call("Echo", [2]) == [2])
    await clients[0].close()
    var answer: String?
    while answer != "0" {
      let client = try await WireClient(test.address)
      answer = try await client.send("Echo", echo).answer().status
    }
    await test.stop()
  }

  @Test("connections leave a part of the descriptors to others", arguments: [
    (20_000, nil, 18_999, true), (20_000, nil, 19_000, false), (1024, nil, 972, true),
    (1024, nil, 973, false), (256, nil, 223, true), (256, nil, 224, false),
    (1000, 10, 989, true), (1000, 10, 990, false), (1000, 0, 999, true),
    (1000, -5, 999, true), (40, nil, 19, true), (40, nil, 20, false), (1000, 900, 500, false),
    (1000, 10, nil, false),
  ] as [(Int, Int?, Int?, Bool)])
  func descriptors(limit: Int, reserve: Int?, next: Int?, isAllowed: Bool) {
    #expect(DescriptorReserve(limit: limit, reserve: reserve).allows(next: next) == isAllowed)
  }

  @Test("this process has descriptors left, and knows its limit")
  func thisProcess() throws {
    let reserve = DescriptorReserve(ofThisProcessWith: nil)
    #expect(reserve.limit >= 64 && reserve.reserve > 0)
    let next = try #require(DescriptorReserve.next())
    #expect(reserve.allows(next: next))
  }

  @Test("a listener that is short of descriptors accepts nobody until it has some again")
  func pausedAccepting() async throws {
    final class State: Sendable {
      let mayAccept = Atomic(false)
      let pauses = Atomic(0)
      let accepted = Atomic(0)
    }
    let state = State()
    let group = MultiThreadedEventLoopGroup.singleton
    let listener = try await ServerBootstrap(group: group)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            AcceptGate(
              mayAccept: { state.mayAccept.load(ordering: .relaxed) },
              onPause: { state.pauses.add(1, ordering: .relaxed) }))
        }
      }
      .childChannelInitializer { channel in
        state.accepted.add(1, ordering: .relaxed)
        return channel.eventLoop.makeSucceededVoidFuture()
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let address = try #require(listener.localAddress)
    func connect() async throws -> any Channel {
      try await ClientBootstrap(group: group).connect(to: address).get()
    }
    // The kernel takes them; the server does not.
    var channels = [try await connect(), try await connect()]
    while state.pauses.load(ordering: .relaxed) == 0 {
      try await Task.sleep(for: .milliseconds(5))
    }
    try await Task.sleep(for: .milliseconds(250))
    #expect(state.accepted.load(ordering: .relaxed) == 0)
    #expect(state.pauses.load(ordering: .relaxed) == 1)
    state.mayAccept.store(true, ordering: .relaxed)
    while state.accepted.load(ordering: .relaxed) < 2 {
      try await Task.sleep(for: .milliseconds(5))
    }
    channels.append(try await connect())
    while state.accepted.load(ordering: .relaxed) < 3 {
      try await Task.sleep(for: .milliseconds(5))
    }
    for channel in channels { try? await channel.close() }
    try await listener.close()
  }
}
