import Testing

@testable import GRPC

@Suite("Compressed messages")
struct MessageCompressionTests {
  /// `credit ` twenty times, as Python's zlib compresses it.
  private static let foreign: [(CompressionAlgorithm, [UInt8])] = [
    (
      .gzip,
      [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 75, 46, 74, 77, 201, 44, 81, 72, 30, 12, 20, 0, 170, 253,
        43, 24, 140, 0, 0, 0,
      ]
    ),
    (
      .deflate,
      [
        120, 218, 75, 46, 74, 77, 201, 44, 81, 72, 30, 12, 20, 0, 106, 40, 52, 29,
      ]
    ),
  ]
  private static let plain = [UInt8]("credit ".utf8.cycled(20))

  private static func inflate(
    _ payload: [UInt8], _ algorithm: CompressionAlgorithm, limit: Int = 1 << 20
  ) -> Result<[UInt8], InflationFailure> {
    guard let inflater = Inflater() else { return .failure(.outOfMemory) }
    do throws(InflationFailure) {
      return try .success(
        payload.withUnsafeBufferPointer { bytes throws(InflationFailure) -> [UInt8] in
          try inflater.inflate(UnsafeRawBufferPointer(bytes), algorithm, limit: limit)
        })
    } catch {
      return .failure(error)
    }
  }

  /// The payload of a message that compresses well.
  private static func compressed(
    _ message: [UInt8], _ algorithm: CompressionAlgorithm
  ) -> [UInt8] {
    let framed = MessageCompression.compress(
      framed: MessageDeframerTests.framed(message), with: algorithm)
    #expect(framed[0] == 1)
    #expect(framed[1...4].reduce(0) { $0 << 8 | Int($1) } == framed.count - 5)
    return Array(framed[5...])
  }

  @Test("what another library compressed is read")
  func reads() {
    for (algorithm, bytes) in Self.foreign {
      #expect(Self.inflate(bytes, algorithm) == .success(Self.plain))
    }
  }

  @Test("what was compressed comes back, whatever its size", arguments: [
    CompressionAlgorithm.gzip, .deflate,
  ])
  func roundTrip(algorithm: CompressionAlgorithm) throws {
    for size in [40, 100, 1000, 16_383, 16_384, 16_385, 32_768, 65_536, 100_000, 1_000_003] {
      let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 37 &* $0 / 4096) }
      let payload = Self.compressed(message, algorithm)
      #expect(payload.count < message.count)
      #expect(
        try MessageCompression.inflate(payload, with: algorithm, maxBytes: size) == message)
    }
  }

  @Test("a message that would not get smaller is sent as it is", arguments: [
    CompressionAlgorithm.gzip, .deflate,
  ])
  func notSmaller(algorithm: CompressionAlgorithm) async {
    var random = SystemRandomNumberGenerator()
    for size in [0, 1, 5, 31, 32, 33, 500, 70_000] {
      let noise = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
      let framed = MessageDeframerTests.framed(noise)
      #expect(MessageCompression.compress(framed: framed, with: algorithm) == framed)
      #expect(await MessageCompression.compressAside(framed: framed, with: algorithm) == framed)
    }
    let zeros = MessageDeframerTests.framed([UInt8](repeating: 0, count: 31))
    #expect(MessageCompression.compress(framed: zeros, with: algorithm) == zeros)
    let large = MessageDeframerTests.framed([UInt8](repeating: 0, count: 200_000))
    #expect(MessageCompression.compress(framed: large, with: .identity) == large)
    #expect(
      await MessageCompression.compressAside(framed: large, with: algorithm)
        == MessageCompression.compress(framed: large, with: algorithm))
  }

  @Test("the limit is reached and not passed", arguments: [CompressionAlgorithm.gzip, .deflate])
  func limit(algorithm: CompressionAlgorithm) {
    for size in [100, 16_384, 16_385, 50_000] {
      let payload = Self.compressed([UInt8](repeating: 0, count: size), algorithm)
      #expect(Self.inflate(payload, algorithm, limit: size).map(\.count) == .success(size))
      for limit in [size - 1, size / 2, 1, 0] {
        #expect(
          Self.inflate(payload, algorithm, limit: limit) == .failure(.tooLarge(limit: limit)))
      }
    }
    #expect(InflationFailure.tooLarge(limit: 1).rpcError.code == .resourceExhausted)
  }

  @Test("the memory of a message never exceeds its limit by more than an allocation's rounding")
  func memory() {
    let payload = Self.compressed([UInt8](repeating: 0, count: 3_000_000), .gzip)
    #expect(payload.count < 20_000)
    guard case .success(let message) = Self.inflate(payload, .gzip, limit: 3_000_000) else {
      Issue.record("the message fits its limit")
      return
    }
    // Allocators round up, jemalloc to half MiBs here. Doubling would make it four.
    #expect(message.capacity <= 3 * 1024 * 1024)
  }

  @Test("a bomb costs its limit, not its size")
  func bomb() {
    // 16 MiB, which are less than 100 KiB on the wire.
    let bomb = Self.compressed([UInt8](repeating: 0, count: 16 << 20), .gzip)
    for _ in 0..<100 {
      #expect(Self.inflate(bomb, .gzip, limit: 65_536) == .failure(.tooLarge(limit: 65_536)))
    }
  }

  @Test("a message that may be large is inflated aside, with the same outcome")
  func aside() async throws {
    let message = [UInt8](repeating: 3, count: 500_000)
    let payload = Self.compressed(message, .gzip)
    #expect(
      try await MessageCompression.inflateAside(payload, with: .gzip, maxBytes: 500_000)
        == message)
    for (bytes, limit, code) in [
      (payload, 499_999, .resourceExhausted), (payload, 1000, .resourceExhausted),
      (Array(payload.dropLast()), 500_000, .internalError), ([], 500_000, .internalError),
    ] as [([UInt8], Int, Status.Code)] {
      let error = await #expect(throws: RPCError.self) {
        try await MessageCompression.inflateAside(bytes, with: .gzip, maxBytes: limit)
      }
      #expect(error?.code == code)
    }
  }

  @Test("every beginning of a message is truncated")
  func truncated() {
    for (algorithm, bytes) in Self.foreign {
      for count in 0..<bytes.count {
        #expect(
          Self.inflate(Array(bytes[..<count]), algorithm) == .failure(.truncated), "\(count) bytes")
      }
    }
    #expect(InflationFailure.truncated.rpcError.code == .internalError)
  }

  @Test("nothing may follow, not even another member of gzip")
  func trailing() {
    for (algorithm, bytes) in Self.foreign {
      #expect(Self.inflate(bytes + [0], algorithm) == .failure(.trailingBytes))
      #expect(Self.inflate(bytes + bytes, algorithm) == .failure(.trailingBytes))
    }
    #expect(InflationFailure.trailingBytes.rpcError.code == .internalError)
  }

  @Test("garbage and the other formats are corrupt")
  func corrupt() {
    let (gzip, deflate) = (Self.foreign[0].1, Self.foreign[1].1)
    let raw = Array(deflate[2..<(deflate.count - 4)])
    for (algorithm, bytes) in [
      (.gzip, deflate), (.deflate, gzip), (.gzip, raw), (.deflate, raw),
      (.gzip, Array("not compressed at all".utf8)), (.deflate, [0xFF, 0xFF, 0xFF, 0xFF]),
      (.gzip, [0, 0, 0, 0, 0]),
      // A dictionary, which nobody agreed upon.
      (.deflate, [0x78, 0xBB, 0, 0, 0, 1, 3, 0]),
    ] as [(CompressionAlgorithm, [UInt8])] {
      #expect(Self.inflate(bytes, algorithm) == .failure(.corrupt), "\(algorithm) \(bytes)")
    }
    #expect(InflationFailure.corrupt.rpcError.code == .internalError)
  }

  @Test("a flipped bit is noticed, or was in a place without meaning")
  func flippedBits() {
    for (algorithm, bytes) in Self.foreign {
      for position in bytes.indices {
        for bit in 0..<8 {
          var damaged = bytes
          damaged[position] ^= 1 << bit
          switch Self.inflate(damaged, algorithm, limit: 4096) {
          case .success(let message): #expect(message == Self.plain)
          case .failure: break
          }
        }
      }
    }
  }

  @Test("states are lent again, and after failures too")
  func pool() throws {
    let pool = StatePool(idleMax: 2) { Inflater() }
    for (algorithm, bytes) in Self.foreign + Self.foreign {
      _ = pool.withState { inflater in
        [UInt8](bytes.dropLast()).withUnsafeBytes { bytes in
          _ = try? inflater.inflate(bytes, algorithm, limit: 100)
        }
      }
      #expect(pool.idleCount == 1)
      let message = pool.withState { inflater in
        bytes.withUnsafeBytes { bytes in try? inflater.inflate(bytes, algorithm, limit: 1000) }
      }
      #expect(message == Self.plain)
    }
    pool.withState { _ in pool.withState { _ in pool.withState { _ in } } }
    #expect(pool.idleCount == 2, "the third one was freed")
  }
}

extension Sequence {
  fileprivate func cycled(_ count: Int) -> [Element] { (0..<count).flatMap { _ in self } }
}
