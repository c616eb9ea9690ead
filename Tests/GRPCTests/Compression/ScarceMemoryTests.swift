import CZlib
import Testing

@testable import GRPC

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Counts what zlib takes and gives back; the k-th call fails.
private final class ScarceMemory {
  private let failing: Int
  private(set) var callCount = 0
  private(set) var liveCount = 0

  init(failing: Int) { self.failing = failing }

  var hasFailed: Bool { callCount >= failing }

  private static func of(_ data: UnsafeMutableRawPointer?) -> ScarceMemory {
    guard let data else { preconditionFailure("memory of nobody") }
    return Unmanaged.fromOpaque(data).takeUnretainedValue()
  }

  /// For as long as this object is there.
  var stream: z_stream {
    var stream = z_stream()
    stream.zalloc = { data, count, size in
      let memory = ScarceMemory.of(data)
      memory.callCount += 1
      guard memory.callCount != memory.failing else { return nil }
      memory.liveCount += 1
      return calloc(Int(count), Int(size))
    }
    stream.zfree = { data, pointer in
      if pointer != nil { ScarceMemory.of(data).liveCount -= 1 }
      free(pointer)
    }
    stream.opaque = Unmanaged.passUnretained(self).toOpaque()
    return stream
  }
}

@Suite("Memory that runs out while a message is inflated")
struct InflaterMemoryTests {
  private func deflated(_ message: [UInt8]) throws -> [UInt8] {
    let deflater = try #require(Deflater(.gzip))
    var output = [UInt8](repeating: 0, count: message.count)
    let count = message.withUnsafeBytes { input in
      output.withUnsafeMutableBytes { deflater.deflate(input, into: $0) }
    }
    return Array(output.prefix(try #require(count)))
  }

  @Test("whichever allocation fails, it is said so and all memory is given back")
  func sweep() throws {
    let message = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let input = try deflated(message)
    var k = 0
    while true {
      k += 1
      let memory = ScarceMemory(failing: k)
      // One state serves several messages: after a failure the next one is inflated.
      var failures = [InflationFailure?](repeating: nil, count: 3)
      var wasMade = false
      if let inflater = Inflater(memory.stream) {
        wasMade = true
        for number in 0..<3 {
          let result = input.withUnsafeBytes { bytes in
            Result { () throws(InflationFailure) in
              try inflater.inflate(bytes, .gzip, limit: message.count)
            }
          }
          switch result {
          case .success(let found): #expect(found == message)
          case .failure(let failure): failures[number] = failure
          }
        }
      }
      #expect(memory.liveCount == 0, "call \(k) leaves memory behind")
      guard memory.hasFailed else { break }
      #expect(!wasMade || failures.contains(.outOfMemory), "call \(k) goes unnoticed")
      #expect(failures.allSatisfy { $0 == nil || $0 == .outOfMemory }, "call \(k): \(failures)")
      #expect(failures.last == .some(nil), "call \(k): the state is of no use any more")
    }
    #expect(k > 2)
  }
}
