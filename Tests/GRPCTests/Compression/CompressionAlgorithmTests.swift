import Testing

@testable import GRPC

@Suite("Names of compression")
struct CompressionAlgorithmTests {
  private static func accepted(_ value: String) -> CompressionAlgorithms {
    Array(value.utf8).withUnsafeBufferPointer { CompressionAlgorithms(acceptEncoding: $0) }
  }

  private static func algorithm(_ value: String) -> CompressionAlgorithm? {
    Array(value.utf8).withUnsafeBufferPointer { CompressionAlgorithm(wireName: $0) }
  }

  @Test("an encoding is named exactly, or is none of ours")
  func names() {
    for algorithm in CompressionAlgorithm.allCases {
      #expect(Self.algorithm(algorithm.name) == algorithm)
      #expect(CompressionAlgorithm(name: algorithm.name) == algorithm)
    }
    for foreign in ["", "Gzip", "gzip ", "gzi", "gzipp", "zstd", "br", "snappy", "x-gzip", "*"] {
      #expect(Self.algorithm(foreign) == nil && CompressionAlgorithm(name: foreign) == nil)
    }
  }

  @Test("what a peer accepts is read from a list, foreign names skipped", arguments: [
    ("", []), ("identity", []), ("gzip", .gzip), ("deflate", .deflate),
    ("identity, deflate, gzip", .all), ("identity,deflate,gzip", .all), ("gzip,gzip", .gzip),
    (" gzip , zstd,", .gzip), (",,deflate", .deflate), ("gzip;q=1", []), ("GZIP", []),
    ("br,zstd,snappy", []), (",", []), ("   ", []), ("gzip deflate", []),
  ] as [(String, CompressionAlgorithms)])
  func lists(value: String, expected: CompressionAlgorithms) {
    #expect(Self.accepted(value) == expected)
  }

  @Test("identity is always allowed, and what a set says is read back")
  func sets() {
    for bits in UInt8(0)...3 {
      let set = CompressionAlgorithms(rawValue: bits)
      #expect(set.allows(.identity))
      #expect(set.allows(.gzip) == set.contains(.gzip))
      #expect(set.allows(.deflate) == set.contains(.deflate))
      #expect(Self.accepted("\(set.acceptEncoding)") == set)
    }
    #expect(CompressionAlgorithms(rawValue: 0xFF) == .all)
  }
}
