import HTTP2

/// The header block of a request, sorted into what the protocol reads and what belongs to the
/// application.
///
/// Only a view: valid while the event that brought the block is being handled, so that routing
/// needs no String.
package struct RequestHeaders {
  /// `:path` as received.
  private(set) var path = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
  private(set) var isPost = false
  private(set) var contentType: ContentType?
  /// Whether the content type names its codec, and so should the answer's.
  private(set) var namesCodec = false
  /// `grpc-timeout` as received; nil when absent.
  private(set) var timeout: UnsafeBufferPointer<UInt8>?
  /// What `grpc-encoding` names; nil when it is none of ours.
  private(set) var encoding: CompressionAlgorithm? = .identity
  /// What `grpc-accept-encoding` lists of ours.
  private(set) var accepts: CompressionAlgorithms = []

  init(_ fields: FieldView) {
    for field in fields {
      guard let first = field.name.first else { continue }
      switch first {
      case UInt8(ascii: ":"):
        if field.name.equals(":path") {
          path = field.value
        } else if field.name.equals(":method") {
          isPost = field.value.equals("POST")
        }
      case UInt8(ascii: "c") where field.name.equals("content-type"):
        contentType = ContentType(field.value)
        namesCodec = field.value.contains(UInt8(ascii: "+"))
      case UInt8(ascii: "g"):
        if field.name.equals("grpc-timeout") {
          timeout = field.value
        } else if field.name.equals("grpc-encoding") {
          encoding = CompressionAlgorithm(wireName: field.value)
        } else if field.name.equals("grpc-accept-encoding") {
          accepts.formUnion(CompressionAlgorithms(acceptEncoding: field.value))
        }
      default:
        continue
      }
    }
  }

  /// The fields that handlers and interceptors see: all but those that HTTP and gRPC consume.
  package static func metadata(_ fields: FieldView) -> Metadata {
    var size = 0
    for field in fields where !isConsumed(field.name) {
      size += Metadata.storedSize(name: field.name.count, value: field.value.count)
    }
    guard size > 0 else { return Metadata() }
    var metadata = Metadata(reservingBytes: size)
    for field in fields where !isConsumed(field.name) {
      metadata.appendWireField(name: field.name, value: field.value)
    }
    return metadata
  }

  private static func isConsumed(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    switch name.first {
    case UInt8(ascii: ":"): true
    case UInt8(ascii: "t"): name.equals("te")
    case UInt8(ascii: "c"): name.equals("content-type") || name.equals("content-length")
    case UInt8(ascii: "g"):
      name.equals("grpc-timeout") || name.equals("grpc-encoding")
        || name.equals("grpc-accept-encoding")
    default: false
    }
  }
}
