import Testing

@testable import HTTP2

@Suite("Outbound queue")
struct OutboundQueueTests {
  @Test("chunks of all sizes come out in order, whatever pieces are taken meanwhile")
  func keepsOrder() {
    let sizes = [1, 25, 0, 300, 16 * 1024, 7, 40_000, 16 * 1024 - 1, 1, 1, 9_000, 9_000, 3]
    for pieceSize in [1, 10, 16 * 1024, 100_000] {
      for takenEvery in 1...sizes.count {
        var queue = OutboundQueue()
        var sent: [UInt8] = []
        var taken: [UInt8] = []
        for (index, size) in sizes.enumerated() {
          let chunk = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
          queue.append(chunk)
          sent += chunk
          if index % takenEvery == 0 { taken += take(pieceSize, from: &queue) }
          #expect(queue.byteCount == sent.count - taken.count)
        }
        while queue.byteCount > 0 { taken += take(max(pieceSize, 1000), from: &queue) }
        #expect(taken == sent)
        #expect(take(10, from: &queue).isEmpty)
      }
    }
  }

  @Test("a thousand small chunks fill one piece as far as it goes")
  func joinsSmallChunks() {
    var queue = OutboundQueue()
    for index in 0..<1000 { queue.append([UInt8](repeating: UInt8(index % 251), count: 25)) }
    #expect(take(16 * 1024, from: &queue).count == 16 * 1024)
    #expect(queue.byteCount == 25_000 - 16 * 1024)
  }

  private func take(_ count: Int, from queue: inout OutboundQueue) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let taken = bytes.withUnsafeMutableBytes { queue.take(into: $0) }
    return Array(bytes.prefix(taken))
  }
}
