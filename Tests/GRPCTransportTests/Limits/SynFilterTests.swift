import NIOCore
import NIOPosix
import Testing

@testable import GRPCTransport

@Suite("The filter of SYNs", .timeLimit(.minutes(2)))
struct SynFilterTests {
  private static let syn: UInt8 = 2
  private static let shutOut = ["10.0.0.1", "10.0.0.2", "2001:db8:0:1::1", "2001:db8:0:2::1"]

  private static func source(_ address: String) throws -> ConnectionQuota.Source {
    try #require(ConnectionQuota.Source(try SocketAddress(ipAddress: address, port: 1)))
  }

  private static func filter(_ addresses: [String] = shutOut) throws -> SynFilter {
    var filter = SynFilter()
    for address in addresses { #expect(filter.insert(try source(address)) == true) }
    return filter
  }

  @Test("SYNs of the addresses are dropped, those of others and all other segments pass",
    arguments: [
      ("10.0.0.1", syn, false), ("10.0.0.2", syn, false), ("10.0.0.3", syn, true),
      ("2001:db8:0:1::1", syn, false), ("2001:db8:0:1:ffff::7", syn, false),
      ("2001:db8:0:2::9", syn, false), ("2001:db8:0:3::1", syn, true),
      ("2001:db9:0:1::1", syn, true), ("::ffff:10.0.0.1", syn, true),
      // SYN with ECN's flags; SYN and ACK, ACK, FIN, RST.
      ("10.0.0.1", 0xc2, false), ("10.0.0.1", 0x12, true), ("10.0.0.1", 0x10, true),
      ("10.0.0.1", 0x11, true), ("2001:db8:0:1::1", 0x18, true), ("2001:db8:0:1::1", 0x04, true),
    ])
  func verdicts(address: String, flags: UInt8, passes: Bool) throws {
    let packet = try FilterMachine(from: address, flags: flags)
    #expect(try packet.passes(Self.filter().program) == passes)
    #expect(try packet.passes(Self.filter(["10.0.0.9"]).program) == true)
    #expect(try packet.passes(Self.filter(["2001:db8:7::"]).program) == true)
  }

  @Test("an address that is let in again passes, and without addresses there is no program")
  func removed() throws {
    var filter = try Self.filter()
    filter.remove(try Self.source("10.0.0.1"))
    let packet = try FilterMachine(from: "10.0.0.1", flags: Self.syn)
    #expect(try packet.passes(filter.program) == true)
    #expect(filter.insert(try Self.source("10.0.0.2")) == false, "it is dropped already")
    for address in Self.shutOut { filter.remove(try Self.source(address)) }
    #expect(filter.program.isEmpty)
  }

  @Test("as many addresses are dropped as the program has room for, the first and the last")
  func full() throws {
    for prefix in ["10.0.0.", "2001:db8:0:"] {
      let suffix = prefix.hasPrefix("1") ? "" : "::1"
      let all = (0...SynFilter.sourcesMax).map { "\(prefix)\($0)\(suffix)" }
      var filter = try Self.filter(all.dropLast())
      #expect(filter.insert(try Self.source(all[SynFilter.sourcesMax])) == false)
      for (number, address) in all.enumerated() {
        let packet = try FilterMachine(from: address, flags: Self.syn)
        #expect(try packet.passes(filter.program) == (number == SynFilter.sourcesMax))
      }
    }
  }

  #if os(Linux)
    @Test("the kernel runs it: open connections go on, further ones come when they are let in")
    func kernel() async throws {
      let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(Echo())
          }
        }
        .bind(host: "127.0.0.1", port: 0).get()
      let address = try #require(server.localAddress)
      let open = try await Talk(from: "127.0.0.5", with: address)
      for count in [1, SynFilter.sourcesMax] {
        let all = try (2...count + 1).map { try Self.source("2001:db8:0:\($0)::1") }.dropLast()
        let five = try Self.source("127.0.0.5")
        try await server.eventLoop.submit {
          var filter = SynFilter()
          for source in all + [five] { #expect(filter.insert(source) == true) }
          filter.apply(to: server)
        }.get()
        await #expect(throws: (any Error).self) {
          _ = try await Talk(from: "127.0.0.5", with: address, timeout: .milliseconds(200))
        }
        let other = try await Talk(from: "127.0.0.6", with: address)
        #expect(try await other.echo("there") == "there")
        #expect(try await open.echo("still") == "still")
      }
      async let late = Talk(from: "127.0.0.5", with: address)
      try await server.eventLoop.submit { SynFilter().apply(to: server) }.get()
      #expect(try await late.echo("here") == "here")
      try await server.close()
    }

    private struct Talk: Sendable {
      let channel: any Channel
      let heard: AsyncStream<ByteBuffer>

      init(from host: String, with address: SocketAddress, timeout: TimeAmount = .seconds(60))
        async throws
      {
        let (heard, hears) = AsyncStream.makeStream(of: ByteBuffer.self)
        self.heard = heard
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
          .bind(to: try SocketAddress(ipAddress: host, port: 0))
          .connectTimeout(timeout)
          .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
              try channel.pipeline.syncOperations.addHandler(Hearing(hears))
            }
          }
          .connect(to: address).get()
      }

      func echo(_ text: String) async throws -> String {
        try await channel.writeAndFlush(ByteBuffer(string: text))
        for await bytes in heard { return String(buffer: bytes) }
        return ""
      }
    }

    private final class Hearing: ChannelInboundHandler {
      typealias InboundIn = ByteBuffer
      private let hears: AsyncStream<ByteBuffer>.Continuation
      init(_ hears: AsyncStream<ByteBuffer>.Continuation) { self.hears = hears }
      func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hears.yield(unwrapInboundIn(data))
      }
    }

    private final class Echo: ChannelInboundHandler {
      typealias InboundIn = ByteBuffer
      func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(data, promise: nil)
      }
    }
  #endif
}

/// Runs a filter as the kernel does, for one packet.
private struct FilterMachine {
  private struct NoInstruction: Error {}

  private let ip: [UInt8]
  private let tcp: [UInt8]

  init(from address: String, flags: UInt8) throws {
    let source = try SocketAddress(ipAddress: address, port: 1)
    switch source {
    case .v4(let four):
      ip = [0x45] + [UInt8](repeating: 0xee, count: 11)
        + withUnsafeBytes(of: four.address.sin_addr) { Array($0) } + [127, 0, 0, 1]
    case .v6(let six):
      ip = [0x60] + [UInt8](repeating: 0xee, count: 7)
        + withUnsafeBytes(of: six.address.sin6_addr) { Array($0) }
        + [UInt8](repeating: 0, count: 16)
    case .unixDomainSocket: throw NoInstruction()
    }
    tcp = [UInt8](repeating: 0xee, count: 13) + [flags] + [UInt8](repeating: 0xee, count: 6)
  }

  func passes(_ program: [SynFilter.Instruction]) throws -> Bool {
    var accumulator: UInt32 = 0
    var memory = [UInt32](repeating: 0, count: 16)
    var next = 0
    while program.indices.contains(next) {
      let one = program[next]
      next += 1
      switch SynFilter.Operation(rawValue: one.code) {
      case .loadByte: accumulator = try load(one.operand, count: 1)
      case .loadWord: accumulator = try load(one.operand, count: 4)
      case .loadMemory: accumulator = memory[Int(one.operand)]
      case .store: memory[Int(one.operand)] = accumulator
      case .and: accumulator &= one.operand
      case .jumpAlways: next += Int(one.operand)
      case .jumpIfEqual:
        next += Int(accumulator == one.operand ? one.jumpIfTrue : one.jumpIfFalse)
      case .answer: return one.operand > 0
      case nil: throw NoInstruction()
      }
    }
    throw NoInstruction()
  }

  private func load(_ operand: UInt32, count: Int) throws -> UInt32 {
    let isIP = operand >= SynFilter.networkHeader
    let bytes = isIP ? ip : tcp
    let offset = Int(isIP ? operand - SynFilter.networkHeader : operand)
    guard offset + count <= bytes.count else { throw NoInstruction() }
    return bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt32($1) }
  }
}
