import HTTP2

/// The header block of a request, sorted into what the protocol reads and what belongs to the
/// application.
///
/// But for the metadata only a view: valid while the event that brought the block is being handled,
/// so that routing needs no String.
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

  /// The fields that handlers and interceptors see: all but those that HTTP and gRPC consume.
  package private(set) var metadata = Metadata()

  package init(_ fields: FieldView) {
    for index in 0..<fields.count {
      let field = fields[index]
      guard !consume(field) else { continue }
      if metadata.isEmpty {
        // Room for this field and all that follow, whether those belong here or not.
        metadata = Metadata(
          reservingBytes: fields.byteCount(from: index)
            + (fields.count - index) * Metadata.storedSize(name: 0, value: 0))
      }
      metadata.appendWireField(name: field.name, value: field.value)
    }
  }

  /// Reads a field of HTTP or gRPC; false when it is neither's.
  private mutating func consume(_ field: FieldView.Field) -> Bool {
    switch field.name.first {
    case UInt8(ascii: ":"):
      if field.name.equals(":path") {
        path = field.value
      } else if field.name.equals(":method") {
        isPost = field.value.equals("POST")
      }
      return true
    case UInt8(ascii: "t"):
      return field.name.equals("te")
    case UInt8(ascii: "c"):
      guard field.name.equals("content-type") else { return field.name.equals("content-length") }
      contentType = ContentType(field.value)
      namesCodec = field.value.contains(UInt8(ascii: "+"))
      return true
    case UInt8(ascii: "g"):
      if field.name.equals("grpc-timeout") {
        timeout = field.value
      } else if field.name.equals("grpc-encoding") {
        encoding = CompressionAlgorithm(wireName: field.value)
      } else if field.name.equals("grpc-accept-encoding") {
        accepts.formUnion(CompressionAlgorithms(acceptEncoding: field.value))
      } else {
        return false
      }
      return true
    default:
      return false
    }
  }
}
