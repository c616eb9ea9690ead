import GRPC
import GRPCTransport
import HTTP2
import Synchronization
import Testing

/// Attacks by frames, at a bounded size: the attacker's connection ends with ENHANCE_YOUR_CALM, a
/// counter moves, and an honest client beside it is served before and after.
@Suite("Floods of frames", .timeLimit(.minutes(10)), .fewAtOnce)
struct FloodTests {
  private static let calm: UInt8 = 11

  /// What is sent, again and again, after a beginning.
  struct Attack: Sendable, CustomTestStringConvertible {
    let name: String
    var begin: [UInt8] = []
    let breach: LimitBreach
    let frames: @Sendable (_ stream: Int32) -> [UInt8]
    var testDescription: String { name }
  }

  /// Attacks the server and answers what it sent until it closed.
  private static func attack(
    _ attack: Attack, times: Int, on test: ServerUnderTest
  ) async throws -> [RawFrame.Received] {
    #expect(try await test.client.call("Echo", [1]) == [1])
    var bytes = RawFrame.opening + RawFrame.settings(isAcknowledgement: true) + attack.begin
    for index in 0..<times { bytes += attack.frames(Int32(2 * index + 3)) }
    let received = try await RawConversation.bytes(with: test.address, sending: bytes)
    #expect(try await test.client.call("Echo", [2]) == [2])
    return RawFrame.all(in: received)
  }

  /// Many streams at once, so that the limit of those is not what ends the connection.
  private static let limits: ServerLimits = {
    var limits = ServerLimits()
    limits.session.maxConcurrentStreams = 10_000
    limits.shutdownGrace = .milliseconds(50)
    return limits
  }()

  private static let request = WireClient.request("Talk")

  @Test("that lead to nothing cost the connection", arguments: [
    Attack(name: "PING", breach: .pings) { _ in
      RawFrame.frame(type: 6, flags: 0, stream: 0, [UInt8](repeating: 0, count: 8))
    },
    Attack(name: "answers to no PING", breach: .idleFrames) { _ in
      RawFrame.frame(type: 6, flags: 1, stream: 0, [UInt8](repeating: 0, count: 8))
    },
    Attack(name: "SETTINGS", breach: .idleFrames) { _ in RawFrame.settings() },
    Attack(name: "PRIORITY", breach: .idleFrames) { stream in
      RawFrame.frame(type: 2, flags: 0, stream: stream, [0, 0, 0, 0, 16])
    },
    Attack(
      name: "empty DATA", begin: RawFrame.headers(request, stream: 1), breach: .idleFrames
    ) { _ in RawFrame.data([], stream: 1) },
    Attack(name: "unknown types", breach: .idleFrames) { _ in
      RawFrame.frame(type: 0xEE, flags: 0, stream: 0, [1, 2, 3])
    },
    Attack(name: "WINDOW_UPDATE", breach: .idleFrames) { _ in
      RawFrame.windowUpdate(1, stream: 0)
    },
    Attack(
      name: "CONTINUATION", begin: RawFrame.frame(type: 1, flags: 0, stream: 1, [0x83]),
      breach: .continuations
    ) { _ in RawFrame.frame(type: 9, flags: 0, stream: 1, []) },
    Attack(
      name: "GOAWAY", begin: RawFrame.headers(request, stream: 1), breach: .idleFrames
    ) { _ in RawFrame.goAway(lastStreamID: 0) },
  ])
  func idleFrames(attack: Attack) async throws {
    let test = try await ServerWireTests.server(limits: Self.limits)
    let frames = try await Self.attack(attack, times: 4000, on: test)
    #expect(frames.last { $0.type == 7 }?.code == Self.calm)
    #expect(test.breaches.all == [attack.breach.rawValue])
    await test.stop()
  }

  @Test("that have to be answered by resets cost the connection", arguments: [
    Attack(name: "a pseudo field twice", breach: .provokedResets) { stream in
      RawFrame.headers(request + [(":path", "/")], stream: stream, endStream: true)
    },
    Attack(name: "no path", breach: .provokedResets) { stream in
      RawFrame.headers([(":method", "POST")], stream: stream, endStream: true)
    },
    Attack(name: "a content-length that is none", breach: .provokedResets) { stream in
      RawFrame.headers(request + [("content-length", "1x")], stream: stream)
    },
    Attack(name: "a content-length that lies", breach: .provokedResets) { stream in
      RawFrame.headers(request + [("content-length", "1")], stream: stream)
        + RawFrame.data([0, 0, 0, 0, 0], stream: stream, endStream: true)
    },
    Attack(name: "a window that overflows", breach: .provokedResets) { stream in
      RawFrame.headers(request, stream: stream)
        + RawFrame.windowUpdate(0x7FFF_FFFF, stream: stream)
    },
    Attack(name: "a field of HTTP/1", breach: .provokedResets) { stream in
      RawFrame.headers([("connection", "close")] + request, stream: stream, endStream: true)
    },
  ])
  func provokedResets(attack: Attack) async throws {
    let test = try await ServerWireTests.server(limits: Self.limits)
    let frames = try await Self.attack(attack, times: 1500, on: test)
    #expect(frames.last { $0.type == 7 }?.code == Self.calm)
    let resets = frames.filter { $0.type == 3 && $0.code != 0 }
    #expect(resets.count >= 100, "so many are forgiven")
    #expect(test.breaches.all.contains(attack.breach.rawValue))
    await test.stop()
  }

  @Test("that open calls and reset them cost the connection, and never run too many handlers")
  func rapidResets() async throws {
    let running = Mutex((now: 0, most: 0))
    let test = try await ServerWireTests.server(limits: Self.limits) { router in
      router.bidirectional("Linger") { _, _, _ in
        running.withLock {
          $0.now += 1
          $0.most = max($0.most, $0.now)
        }
        try? await Task.sleep(for: .seconds(60))
        // Even a handler that is slow to notice its cancellation counts until it returns.
        await Task { try? await Task.sleep(for: .milliseconds(20)) }.value
        running.withLock { $0.now -= 1 }
      }
    }
    let attack = Attack(name: "rapid reset", breach: .rapidResets) { stream in
      RawFrame.headers(WireClient.request("Linger"), stream: stream)
        + RawFrame.reset(8, stream: stream)
    }
    let frames = try await Self.attack(attack, times: 4000, on: test)
    #expect(frames.last { $0.type == 7 }?.code == Self.calm)
    #expect(test.breaches.all.contains("rapid_resets"))
    while running.withLock({ $0.now }) > 0 { try await Task.sleep(for: .milliseconds(5)) }
    #expect((0...100).contains(running.withLock { $0.most }))
    await test.stop()
  }

  @Test("a call whose reset comes with it does not begin, and others go on")
  func stillborn() async throws {
    let begun = Mutex(0)
    let test = try await ServerWireTests.server(limits: Self.limits) { router in
      router.unary("Begin") { message, _ in
        begun.withLock { $0 += 1 }
        return message
      }
    }
    // In one piece, with a breach of the rules at its end, so that the connection ends.
    let bytes =
      RawFrame.opening + RawFrame.headers(WireClient.request("Begin"), stream: 1)
      + RawFrame.data(ServerWireTests.framed([1]), stream: 1, endStream: true)
      + RawFrame.reset(8, stream: 1) + RawFrame.data([], stream: 0)
    _ = try await RawConversation.bytes(with: test.address, sending: bytes)
    #expect(begun.withLock { $0 } == 0)
    #expect(try await test.client.call("Begin", [1]) == [1])
    #expect(begun.withLock { $0 } == 1)
    await test.stop()
  }

  @Test("by a client whose calls expire are no attack")
  func expiringCalls() async throws {
    var limits = Self.limits
    limits.rapidResetBurst = 1
    limits.rapidResetsPerSecond = 0
    limits.rapidResetLifetime = .milliseconds(5)
    let test = try await ServerWireTests.server(limits: limits)
    let client = try await WireClient(test.address)
    for _ in 0..<20 {
      let talk = try await client.open(WireClient.request("Talk"))
      talk.write(RawFrame.data(ServerWireTests.framed([1]), stream: talk.stream))
      // The call has begun when its answer comes.
      #expect(await talk.payload(6) == ServerWireTests.framed([1]))
      try await Task.sleep(for: .milliseconds(10))
      talk.write(RawFrame.reset(8, stream: talk.stream))
    }
    let answer = try await client.send("Echo", [ServerWireTests.framed([1])]).answer()
    #expect(answer.status == "0")
    #expect(test.breaches.all == [])
    await test.stop()
  }

  @Test("with header blocks over the limit cost the connection at the fourth")
  func headerBlocks() async throws {
    let test = try await ServerWireTests.server(limits: Self.limits)
    let bomb = Self.request + (0..<110).map { ("x-\($0)", "") }
    let attack = Attack(name: "bombs", breach: .headerBlocks) { stream in
      RawFrame.headers(bomb, stream: stream, endStream: true)
    }
    let frames = try await Self.attack(attack, times: 20, on: test)
    #expect(frames.last { $0.type == 7 }?.code == Self.calm)
    #expect(Set(test.breaches.all) == ["header_block", "header_blocks"])
    await test.stop()
  }

  @Test("that break the rules of HTTP/2 are counted as such")
  func protocolErrors() async throws {
    let test = try await ServerWireTests.server(limits: Self.limits)
    let attack = Attack(name: "DATA on stream 0", breach: .protocolError) { _ in
      RawFrame.data([1], stream: 0)
    }
    let frames = try await Self.attack(attack, times: 100, on: test)
    #expect(frames.last { $0.type == 7 }?.code == 1)
    #expect(test.breaches.all == ["protocol_error"])
    await test.stop()
  }

  @Test("announce messages over the limit: each is counted, and refused at its prefix")
  func messages() async throws {
    let test = try await ServerWireTests.server(limits: Self.limits)
    let client = try await WireClient(test.address)
    for _ in 0..<3 {
      let exchange = try await client.open(WireClient.request("Echo"))
      exchange.write(RawFrame.data([0, 0xFF, 0xFF, 0xFF, 0xFF], stream: exchange.stream))
      #expect(await exchange.answer().status == "8")
    }
    #expect(test.breaches.all == ["message_bytes", "message_bytes", "message_bytes"])
    await test.stop()
  }
}
