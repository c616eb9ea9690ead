import Foundation
import GRPC
import GRPCTransport
import Synchronization
import Testing

@Suite("Calls that are read too late", .timeLimit(.minutes(10)), .fewAtOnce)
struct LateCallTests {
  /// As no handler should.
  private static func holdTheLoop() {
    Thread.sleep(forTimeInterval: 0.3)
  }

  @Test("do not begin when their time was over meanwhile, are counted, and get a status")
  func late() async throws {
    let begun = Mutex(0)
    let test = try await ServerWireTests.server { router in
      router.unary("Block") { message, _ in
        Self.holdTheLoop()
        return message
      }
      router.unary("Begin") { message, _ in
        begun.withLock { $0 += 1 }
        return message
      }
    }
    // In one piece, of which the first read takes 2 KiB: the call in question is in the second,
    // when the first one has held the loop for longer than it has.
    let filler = [UInt8](repeating: 1, count: 3000)
    let bytes =
      RawFrame.opening + RawFrame.headers(WireClient.request("Block"), stream: 1)
      + RawFrame.data(ServerWireTests.framed([1]), stream: 1, endStream: true)
      + RawFrame.headers(WireClient.request("Echo"), stream: 3)
      + RawFrame.data(ServerWireTests.framed(filler), stream: 3, endStream: true)
      + RawFrame.headers(WireClient.request("Begin") + [("grpc-timeout", "50m")], stream: 5)
      + RawFrame.data(ServerWireTests.framed([1]), stream: 5, endStream: true)
      // So that the connection ends when the calls have.
      + RawFrame.goAway(lastStreamID: 0)
    let answer = try await RawConversation.bytes(with: test.address, sending: bytes)
    #expect(begun.withLock { $0 } == 0)
    #expect(test.breaches.all.filter { $0 == "late_call" }.count == 1)
    // HEADERS, the status, and no RST_STREAM: a client whose clock is behind ours would take that
    // for a cancellation.
    #expect(RawFrame.all(in: answer).filter { $0.stream == 5 }.map(\.type) == [1])
    #expect(try await test.client.call("Begin", [1]) == [1])
    await test.stop()
  }
}
