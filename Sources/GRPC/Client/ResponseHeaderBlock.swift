/// One received block of response headers or trailers, sorted into what the protocol reads and what
/// belongs to the application.
package struct ResponseHeaderBlock: Sendable {
  /// `:status`; nil in trailers or when it is not a number.
  package private(set) var httpStatus: Int?
  /// What `content-type` says; nil when absent.
  package private(set) var contentType: ContentType?
  /// What `grpc-encoding` names.
  package private(set) var encoding = CompressionAlgorithm.identity
  /// What `grpc-encoding` names when it is none of ours.
  package private(set) var foreignEncoding: String?
  /// `grpc-status` as received; the outer optional says whether it is there, the inner one whether
  /// it is a code.
  package private(set) var grpcStatus: Status.Code??
  /// `grpc-message`, decoded.
  package private(set) var grpcMessage = ""
  /// `grpc-status-details-bin`, decoded.
  package private(set) var detailsBytes: [UInt8]?
  /// `grpc-retry-pushback-ms`; nil when absent.
  package private(set) var retryPushback: RetryPushback?
  /// Everything else.
  package private(set) var metadata = Metadata()

  package init() {}

  /// Adds a field as it came from the wire.
  package mutating func add(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
    guard let first = name.first else { return }
    switch first {
    case UInt8(ascii: ":"):
      if name.equals(":status") { httpStatus = Self.number(value, digitsMax: 3) }
    case UInt8(ascii: "g") where name.starts(with: "grpc-".utf8):
      addProtocolField(name: name, value: value)
    case UInt8(ascii: "c") where name.equals("content-type"):
      contentType = ContentType(value)
    default:
      metadata.appendWireField(name: name, value: value)
    }
  }

  private mutating func addProtocolField(
    name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>
  ) {
    if name.equals("grpc-status") {
      let code = Self.number(value, digitsMax: 9).flatMap(Status.Code.init(rawValue:))
      grpcStatus = .some(code)
    } else if name.equals("grpc-message") {
      grpcMessage = PercentEncoding.decode(value)
    } else if name.equals("grpc-status-details-bin") {
      detailsBytes = Base64.decode(value)
    } else if name.equals("grpc-encoding") {
      if let known = CompressionAlgorithm(wireName: value) {
        encoding = known
      } else {
        foreignEncoding = String(decoding: value, as: UTF8.self)
      }
    } else if name.equals("grpc-retry-pushback-ms") {
      retryPushback = retryPushback == nil ? RetryPushback(value) : .never
    }
  }

  private static func number(_ text: UnsafeBufferPointer<UInt8>, digitsMax: Int) -> Int? {
    guard (1...digitsMax).contains(text.count) else { return nil }
    var number = 0
    for byte in text {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      number = number &* 10 &+ Int(byte &- UInt8(ascii: "0"))
    }
    return number
  }
}
