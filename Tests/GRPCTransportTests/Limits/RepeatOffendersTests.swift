import GRPC
import NIOCore
import NIOPosix
import Testing

@testable import GRPCTransport

@Suite("Repeat offenders", .timeLimit(.minutes(10)), .fewAtOnce)
struct RepeatOffendersTests {
  private static func source(_ number: Int) throws -> ConnectionQuota.Source {
    let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    let address = try SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 1)
    return try #require(ConnectionQuota.Source(address))
  }

  private static func at(milliseconds: Int64) -> Deadline {
    Deadline(nanoseconds: 1_000_000_000 + milliseconds * 1_000_000)
  }

  @Test("a burst is borne, then an address waits until enough is forgotten, and no other does")
  func burst() throws {
    var offenders = RepeatOffenders(burst: 3, perSecond: 10)
    let (one, other) = (try Self.source(1), try Self.source(2))
    for _ in 0..<3 {
      #expect(offenders.offended(from: one, at: Self.at(milliseconds: 0)) == false)
      #expect(offenders.arrived(from: one, at: Self.at(milliseconds: 0)) == .enter)
    }
    #expect(offenders.offended(from: one, at: Self.at(milliseconds: 0)) == true, "one too many")
    #expect(offenders.offended(from: one, at: Self.at(milliseconds: 0)) == false, "it is known")
    #expect(offenders.arrived(from: one, at: Self.at(milliseconds: 0)) == .wait)
    #expect(offenders.arrived(from: other, at: Self.at(milliseconds: 0)) == .enter)
    // Two too many, one of which is forgotten every 100 ms.
    #expect(offenders.arrived(from: one, at: Self.at(milliseconds: 199)) == .wait)
    #expect(offenders.waited(from: one, at: Self.at(milliseconds: 199)) == false)
    #expect(offenders.waited(from: one, at: Self.at(milliseconds: 200)) == true)
    #expect(offenders.arrived(from: one, at: Self.at(milliseconds: 200)) == .enter)
    #expect(offenders.offended(from: one, at: Self.at(milliseconds: 200)) == true, "again")
  }

  @Test("no more than twice the burst is held against an address")
  func bounded() throws {
    var offenders = RepeatOffenders(burst: 5, perSecond: 10)
    let one = try Self.source(1)
    for _ in 0..<1000 { _ = offenders.offended(from: one, at: Self.at(milliseconds: 0)) }
    #expect(offenders.arrived(from: one, at: Self.at(milliseconds: 499)) == .wait)
    #expect(offenders.arrived(from: one, at: Self.at(milliseconds: 500)) == .enter)
  }

  @Test("so many wait from an address, so many from all, and further ones leave at once")
  func waiting() throws {
    var offenders = RepeatOffenders(burst: 1, perSecond: 1)
    let now = Self.at(milliseconds: 0)
    let sources = try (0...RepeatOffenders.waitingMax / RepeatOffenders.waitingMaxPerSource)
      .map(Self.source)
    for source in sources {
      for _ in 0..<2 { _ = offenders.offended(from: source, at: now) }
    }
    for source in sources.dropLast() {
      for _ in 0..<RepeatOffenders.waitingMaxPerSource {
        #expect(offenders.arrived(from: source, at: now) == .wait)
      }
    }
    let last = try #require(sources.last)
    #expect(offenders.arrived(from: last, at: now) == .leave, "all places are taken")
    #expect(offenders.waited(from: sources[0], at: now) == false)
    #expect(offenders.arrived(from: sources[1], at: now) == .leave, "it has its share")
    #expect(offenders.arrived(from: last, at: now) == .wait)
    #expect(offenders.arrived(from: last, at: now) == .leave)
  }

  @Test("as many addresses are remembered as there is room for, and those that waited are kept")
  func room() throws {
    var offenders = RepeatOffenders(burst: 1, perSecond: 1)
    let now = Self.at(milliseconds: 0)
    for number in 0..<RepeatOffenders.sourcesMax {
      for _ in 0..<2 { _ = offenders.offended(from: try Self.source(number), at: now) }
    }
    #expect(offenders.arrived(from: try Self.source(0), at: now) == .wait)
    let late = try Self.source(RepeatOffenders.sourcesMax)
    for _ in 0..<2 { #expect(offenders.offended(from: late, at: now) == false) }
    #expect(offenders.arrived(from: late, at: now) == .enter, "there was no room")
    let later = Self.at(milliseconds: 5000)
    for _ in 0..<2 { _ = offenders.offended(from: late, at: later) }
    #expect(offenders.arrived(from: late, at: later) == .wait, "the others were forgotten")
    #expect(offenders.waited(from: try Self.source(0), at: later) == true, "but who waits is not")
  }

  @Test("figures that make no sense count as one")
  func harmless() throws {
    var offenders = RepeatOffenders(burst: .min, perSecond: -1)
    let one = try Self.source(1)
    #expect(offenders.offended(from: one, at: Self.at(milliseconds: 0)) == false)
    #expect(offenders.offended(from: one, at: Self.at(milliseconds: 0)) == true)
    var patient = RepeatOffenders(burst: .max, perSecond: 1)
    for _ in 0..<1000 { #expect(patient.offended(from: one, at: .now()) == false) }
    #expect(patient.arrived(from: one, at: .now()) == .enter)
  }

  // MARK: On the wire

  /// What costs a connection: DATA where there is no stream.
  private static let fault =
    RawFrame.opening + RawFrame.settings(isAcknowledgement: true) + RawFrame.data([1], stream: 1)

  private static func server(
    burst: Int, perSecond: Int, wait: Duration
  ) async throws -> ServerUnderTest {
    var limits = ServerLimits.unhurried
    limits.fruitlessBurst = burst
    limits.fruitlessPerSecond = perSecond
    limits.fruitlessWait = wait
    limits.shutdownGrace = .milliseconds(50)
    let test = try await ServerWireTests.server(limits: limits)
    #expect(try await test.client.call("Echo", [1]) == [1])
    return test
  }

  private static func hasMadeWait(_ test: ServerUnderTest) -> Bool {
    test.breaches.all.contains("fruitless_connections")
  }

  @Test("who was sent away too often is not listened to, and its open connections are served")
  func notListenedTo() async throws {
    let test = try await Self.server(burst: 30, perSecond: 1, wait: .milliseconds(20))
    var answer: [UInt8] = []
    while !Self.hasMadeWait(test) {
      answer = try await RawConversation.bytes(with: test.address, sending: Self.fault)
    }
    #expect(answer.isEmpty, "not even SETTINGS")
    #expect(test.breaches.all.count { $0 == "protocol_error" } > 30)
    #expect(try await test.client.call("Echo", [2]) == [2])
    await test.stop()
  }

  @Test("who comes and goes without a call counts, too, and whoever calls does not")
  func fruitless() async throws {
    let test = try await Self.server(burst: 30, perSecond: 1, wait: .milliseconds(20))
    for number in 0..<60 {
      let client = try await WireClient(test.address)
      let echo = [ServerWireTests.framed([UInt8(number)])]
      #expect(try await client.send("Echo", echo).answer().status == "0")
      await client.close()
    }
    #expect(test.breaches.all.isEmpty)
    while !Self.hasMadeWait(test) { await (try await WireClient(test.address)).close() }
    #expect(try await test.client.call("Echo", [2]) == [2])
    await test.stop()
  }

  @Test("who has waited is served when enough is forgotten by then")
  func served() async throws {
    let test = try await Self.server(burst: 1, perSecond: 2, wait: .seconds(2))
    for _ in 0..<2 {
      _ = try await RawConversation.bytes(with: test.address, sending: Self.fault)
    }
    let client = try await WireClient(test.address)
    let answer = try await client.send("Echo", [ServerWireTests.framed([7])]).answer()
    #expect(answer.status == "0")
    await client.close()
    await test.stop()
  }

  #if os(Linux)
    @Test("who finds no place to wait is shut out until there is one, and nobody inside notices")
    func shutOut() async throws {
      let test = try await Self.server(burst: 30, perSecond: 1, wait: .seconds(4))
      let address = test.address
      // Twice the burst is held against them, which takes half a minute to be forgotten.
      for _ in 0..<2 {
        let bad = try await Self.connections(30, to: address).compactMap { $0 }
        for channel in bad {
          // On a busy machine the server may have closed one that came so long ago.
          try? await channel.writeAndFlush(ByteBuffer(bytes: Self.fault))
          try await channel.closeFuture.get()
        }
      }
      var come: [(any Channel)?] = []
      while !come.contains(where: { $0 == nil }) {
        come += try await Self.connections(RepeatOffenders.waitingMaxPerSource + 10, to: address)
      }
      let waiting = test.breaches.all.count { $0 == "fruitless_connections" }
      #expect(waiting > RepeatOffenders.waitingMaxPerSource)
      #expect(try await test.client.call("Echo", [2]) == [2])
      let late = try await Self.connection(to: address, timeout: .seconds(60))
      try? await late.close()
      for channel in come { try? await channel?.close() }
      await test.stop()
    }

    /// Nil stands for those whose connections were not answered in time.
    private static func connections(
      _ count: Int, to address: ServerAddress
    ) async throws -> [(any Channel)?] {
      await withTaskGroup { group in
        for _ in 0..<count {
          group.addTask { try? await connection(to: address, timeout: .seconds(2)) }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
    }

    private static func connection(
      to address: ServerAddress, timeout: TimeAmount
    ) async throws -> any Channel {
      guard case .tcp(let host, let port) = address else { throw ChannelError.unknownLocalAddress }
      return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(timeout).connect(host: host, port: port).get()
    }
  #endif

  @Test("the end of the server waits for nobody who waits, and closes them")
  func shutdown() async throws {
    let test = try await Self.server(burst: 1, perSecond: 1, wait: .seconds(3600))
    let address = test.address
    try await withThrowingTaskGroup(of: Void.self) { group in
      while !Self.hasMadeWait(test) {
        group.addTask {
          // Who comes too late finds nobody.
          _ = try? await RawConversation.bytes(with: address, sending: Self.fault)
        }
        try await Task.sleep(for: .milliseconds(20))
      }
      await test.stop()
      try await group.waitForAll()
    }
  }
}
