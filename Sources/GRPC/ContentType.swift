#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a `content-type` header means to gRPC.
public enum ContentType: Sendable, Hashable {
  /// `application/grpc` or `application/grpc+proto`, parameters allowed.
  case protobuf
  /// `application/grpc+` and another codec.
  case otherCodec(String)
  /// Not gRPC (also `application/grpc-web`).
  case foreign

  private static let prefix = Array("application/grpc".utf8)

  /// Reads a header value; upper and lower case are the same.
  public init(_ value: UnsafeBufferPointer<UInt8>) {
    // What nearly everybody sends.
    if value.equals("application/grpc") || value.equals("application/grpc+proto") {
      self = .protobuf
      return
    }
    guard value.count >= Self.prefix.count,
      zip(value, Self.prefix).allSatisfy({ ($0 | ($0 >= 0x41 && $0 <= 0x5A ? 0x20 : 0)) == $1 })
    else {
      self = .foreign
      return
    }
    let rest = value.dropFirst(Self.prefix.count)
    switch rest.first {
    case nil, UInt8(ascii: ";"):
      self = .protobuf
    case UInt8(ascii: "+"):
      let codec = String(
        decoding: rest.dropFirst().prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 }, as: UTF8.self
      ).lowercased()
      self = codec == "proto" ? .protobuf : .otherCodec(codec)
    default:
      self = .foreign
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether these are exactly the bytes of a literal.
  package func equals(_ literal: StaticString) -> Bool {
    guard count == literal.utf8CodeUnitCount else { return false }
    guard let baseAddress else { return true }
    return memcmp(baseAddress, literal.utf8Start, count) == 0
  }
}
