/// How a message is made smaller on the wire.
public enum CompressionAlgorithm: UInt8, Sendable, Hashable, CaseIterable {
  /// Not at all.
  case identity = 0
  /// gzip (RFC 1952).
  case gzip = 1
  /// The zlib format (RFC 1950), which HTTP and gRPC call deflate.
  case deflate = 2

  /// The name in `grpc-encoding`.
  public var name: String { "\(wireName)" }

  /// The algorithm of that name; names are in lower case.
  public init?(name: String) {
    guard let known = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = known
  }

  /// The algorithm that a header value names; nil when it is none of ours.
  init?(wireName name: UnsafeBufferPointer<UInt8>) {
    guard let known = Self.allCases.first(where: { name.equals($0.wireName) }) else { return nil }
    self = known
  }

  var wireName: StaticString {
    switch self {
    case .identity: "identity"
    case .gzip: "gzip"
    case .deflate: "deflate"
    }
  }
}

extension CompressionAlgorithm: CustomStringConvertible {
  /// The name in `grpc-encoding`.
  public var description: String { name }
}

/// Some of the algorithms; identity is in every set.
public struct CompressionAlgorithms: OptionSet, Sendable, Hashable {
  /// One bit for each algorithm.
  public let rawValue: UInt8

  /// Makes a set of bits; those that mean nothing are dropped.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue & 0b11
  }

  /// Only ``CompressionAlgorithm/gzip``.
  public static let gzip = CompressionAlgorithms(rawValue: 0b01)
  /// Only ``CompressionAlgorithm/deflate``.
  public static let deflate = CompressionAlgorithms(rawValue: 0b10)
  /// Everything this runtime can do.
  public static let all: CompressionAlgorithms = [.gzip, .deflate]

  /// Whether an algorithm may be used: identity always.
  public func allows(_ algorithm: CompressionAlgorithm) -> Bool {
    switch algorithm {
    case .identity: true
    case .gzip: contains(.gzip)
    case .deflate: contains(.deflate)
    }
  }

  /// Reads a `grpc-accept-encoding`: names between commas; those we do not know are skipped.
  init(acceptEncoding value: UnsafeBufferPointer<UInt8>) {
    var found: CompressionAlgorithms = []
    var start = 0
    while start < value.count {
      var end = start
      while end < value.count, value[end] != UInt8(ascii: ",") { end += 1 }
      var first = start
      var last = end
      while first < last, value[first] == UInt8(ascii: " ") { first += 1 }
      while last > first, value[last - 1] == UInt8(ascii: " ") { last -= 1 }
      let name = UnsafeBufferPointer(rebasing: value[first..<last])
      if name.equals("gzip") {
        found.insert(.gzip)
      } else if name.equals("deflate") {
        found.insert(.deflate)
      }
      start = end + 1
    }
    self = found
  }

  /// The value of `grpc-accept-encoding`.
  var acceptEncoding: StaticString {
    switch (contains(.gzip), contains(.deflate)) {
    case (true, true): "identity,gzip,deflate"
    case (true, false): "identity,gzip"
    case (false, true): "identity,deflate"
    case (false, false): "identity"
    }
  }
}
