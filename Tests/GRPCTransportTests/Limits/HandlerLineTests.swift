import GRPC
import GRPCTransport
import HTTP2
import Synchronization
import Testing

/// A server that lets one unary handler of each loop run at once, and one connection to it.
@Suite("Unary calls above the handlers of a loop", .timeLimit(.minutes(10)), .fewAtOnce)
struct HandlerLineTests {
  private let begun = Begun()

  final class Begun: Sendable {
    private let state = Mutex<[UInt8]>([])
    var all: [UInt8] { state.withLock { $0 } }
    func append(_ number: UInt8) { state.withLock { $0.append(number) } }
  }

  /// "Wait" notes its message and waits for the gate, unless that is 9; "Later" does the same
  /// without a task; "Now" never waits.
  private func server(_ gate: Gate) async throws -> ServerUnderTest {
    var limits = ServerLimits.unhurried
    limits.maxUnaryHandlersPerLoop = 1
    limits.shutdownGrace = .milliseconds(20)
    let begun = begun
    return try await ServerWireTests.server(limits: limits) { router in
      router.unary("Wait") { message, _ in
        begun.append(message[0])
        if message[0] != 9 { await gate.wait() }
        return message
      }
      router.registerDeferredUnary(
        GRPCClient.method("Later", .unary), deserializer: RawBytes(), serializer: RawBytes()
      ) { message, _, answer in
        begun.append(message[0])
        if message[0] == 9 { return answer.give { message } }
        Task {
          await gate.wait()
          answer.give { message }
        }
      }
      router.registerSynchronousUnary(
        GRPCClient.method("Now", .unary), deserializer: RawBytes(), serializer: RawBytes()
      ) { message, _ in message }
    }
  }

  private func call(
    _ client: WireClient, _ number: UInt8, timeout: String? = nil, of name: String = "Wait"
  ) async throws -> WireClient.Exchange {
    try await client.send(
      name, [ServerWireTests.framed([number])],
      more: timeout.map { [("grpc-timeout", $0)] } ?? [])
  }

  /// Streams, and what never waits, are answered at once: so all that was sent before was read.
  private func fence(_ client: WireClient) async throws {
    let message = [ServerWireTests.framed([1])]
    #expect(try await client.send("Twice", message).answer().status == "0")
    #expect(try await client.send("Now", message).answer().status == "0")
  }

  @Test("begin in their order when there is room", arguments: ["Wait", "Later"])
  func order(name: String) async throws {
    let gate = Gate()
    let test = try await server(gate)
    let client = try await WireClient(test.address)
    var calls: [WireClient.Exchange] = []
    for number in [1, 2, 9, 3] as [UInt8] {
      calls.append(try await call(client, number, of: name))
    }
    try await fence(client)
    #expect(begun.all == [1])
    gate.open()
    for call in calls { #expect(await call.answer().status == "0") }
    #expect(begun.all == [1, 2, 9, 3])
    #expect(test.breaches.all == [])
    await test.stop()
  }

  @Test("do not begin when they were reset in line, or their deadline passed there")
  func gone() async throws {
    let gate = Gate()
    let test = try await server(gate)
    let client = try await WireClient(test.address)
    let first = try await call(client, 1)
    let reset = try await call(client, 2)
    let late = try await call(client, 3, timeout: "900m")
    let last = try await call(client, 4)
    #expect(await late.answer().status == "4")
    reset.write(RawFrame.reset(8, stream: reset.stream))
    try await fence(client)
    gate.open()
    #expect(await first.answer().status == "0")
    #expect(await last.answer().status == "0")
    #expect(begun.all == [1, 4])
    await test.stop()
  }

  @Test("are refused when too little of their time is left, by what handlers took")
  func hopeless() async throws {
    let gate = Gate()
    let test = try await server(gate)
    let client = try await WireClient(test.address)
    let first = try await call(client, 1)
    // The first one takes six seconds: less than four times as much are left of 29 then.
    let hopeless = try await call(client, 2, timeout: "29S")
    let patient = try await call(client, 3)
    try await Task.sleep(for: .seconds(6))
    gate.open()
    #expect(await first.answer().status == "0")
    let refused = await hopeless.answer()
    #expect(refused.status == "8" && refused.trailers == nil, "RESOURCE_EXHAUSTED in one block")
    #expect(await patient.answer().status == "0")
    #expect(begun.all == [1, 3])
    #expect(test.breaches.all == ["hopeless_call"])
    await test.stop()
  }
}
