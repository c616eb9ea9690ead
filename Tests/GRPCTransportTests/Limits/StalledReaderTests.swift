import GRPC
import GRPCTransport
import HTTP2
import Testing

/// Readers that make a server hold what it has for them.
@Suite("A server and readers that stall", .timeLimit(.minutes(10)), .fewAtOnce)
struct StalledReaderTests {
  private static let cancel: UInt32 = 8

  private static func server(
    _ cancelled: Gate, stallWindow: Duration? = .milliseconds(120)
  ) async throws -> ServerUnderTest {
    var limits = ServerLimits()
    limits.stallWindow = stallWindow
    return try await ServerWireTests.server(limits: limits) { router in
      router.serverStreaming("Flood") { _, writer, context in
        defer { if context.isCancelled { cancelled.open() } }
        while true { try await writer.write([UInt8](repeating: 1, count: 1000)) }
      }
      router.unary("Large") { _, _ in [UInt8](repeating: 1, count: 300_000) }
    }
  }

  @Test("a response that is not taken is reset, its handler cancelled, and others are served",
    arguments: ["Flood", "Large"])
  func responseStall(method: String) async throws {
    let cancelled = Gate()
    let test = try await Self.server(cancelled)
    let lazy = try await WireClient(test.address, givesCredit: false)
    let flood = try await lazy.send(method, [ServerWireTests.framed([])])
    #expect(await flood.answer(untilClosed: true).closed == Self.cancel)
    if method == "Flood" { await cancelled.wait() }
    #expect(test.breaches.all == ["response_stall"])
    // The same connection goes on, and so does an honest one beside it.
    #expect(try await lazy.send("Echo", [ServerWireTests.framed([1])]).answer().status == "0")
    #expect(try await test.client.call("Echo", [2]) == [2])
    await test.stop()
  }

  @Test("credit for a few bytes now and then does not help a reader")
  func dribble() async throws {
    let test = try await Self.server(Gate())
    let lazy = try await WireClient(test.address, givesCredit: false, window: 16)
    let flood = try await lazy.send("Flood", [ServerWireTests.framed([])])
    let dribbling = Task {
      while !Task.isCancelled {
        lazy.giveCredit()
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    #expect(await flood.answer(untilClosed: true).closed == Self.cancel)
    dribbling.cancel()
    #expect(test.breaches.all == ["response_stall"])
    await test.stop()
  }

  @Test("readers may take as long as they like where no window is set")
  func patient() async throws {
    let test = try await Self.server(Gate(), stallWindow: nil)
    let lazy = try await WireClient(test.address, givesCredit: false)
    let large = try await lazy.send("Large", [ServerWireTests.framed([])])
    let window = Int(SessionConfiguration().streamWindowBytes)
    for _ in 0..<4 {
      #expect(await large.payload(window).count == window)
      try await Task.sleep(for: .milliseconds(60))
      lazy.giveCredit()
    }
    #expect(await large.answer().status == "0")
    #expect(test.breaches.all == [])
    await test.stop()
  }

  @Test("a client that reads nothing from its socket loses the connection")
  func connectionStall() async throws {
    let cancelled = Gate()
    let test = try await Self.server(cancelled)
    let deaf = try await DeafClient(test.address)
    // Credit for more than any socket buffers.
    deaf.write(
      RawFrame.windowUpdate(1 << 30, stream: 0)
        + RawFrame.headers(WireClient.request("Flood"), stream: 1)
        + RawFrame.windowUpdate(1 << 30, stream: 1)
        + RawFrame.data(ServerWireTests.framed([]), stream: 1, endStream: true))
    await cancelled.wait()
    while !test.breaches.all.contains("connection_stall") {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(try await test.client.call("Echo", [2]) == [2])
    await deaf.close()
    await test.stop()
  }
}
