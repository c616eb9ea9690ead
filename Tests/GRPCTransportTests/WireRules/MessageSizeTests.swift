import GRPC
import GRPCTransport
import Testing

@Suite("Message sizes", .timeLimit(.minutes(10)), .fewAtOnce)
struct MessageSizeTests {
  /// Around the default window of 65,535 bytes and the frame size of 16,384, with and without the
  /// five bytes of the prefix.
  private static let sizes: [Int] = {
    var sizes = Array(65_529...65_537)
    for multiple in stride(from: 16_384, through: 8 * 16_384, by: 16_384) {
      sizes += [multiple - 5, multiple, multiple + 1]
    }
    return sizes
  }()

  private static func message(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  }

  @Test("at the edges of windows and frames arrive whole, both ways and in every shape",
    arguments: Road.allCases)
  func edges(road: Road) async throws {
    let test = try await ServerWireTests.server(over: road)
    for size in Self.sizes {
      let message = Self.message(size)
      #expect(try await test.client.call("Echo", message) == message, "\(size)")
      var copies = 0
      for try await copy in test.client.watch("Twice", message).responses {
        #expect(copy == message, "\(size)")
        copies += 1
      }
      #expect(copies == 2)
    }
    let talk = test.client.converse("Talk", options: .timeout(.seconds(100)))
    var responses = talk.responses.makeAsyncIterator()
    for size in Self.sizes {
      let message = Self.message(size)
      try await talk.requests.write(message)
      #expect(try await responses.next() == message, "\(size)")
    }
    talk.requests.finish()
    #expect(try await responses.next() == nil)
    await test.stop()
  }
}
