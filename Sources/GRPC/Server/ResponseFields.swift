import HTTP2

/// The header blocks that a server sends.
enum ResponseFields {
  /// Status text and details longer than this are cut or dropped: proxies fail on larger trailers.
  static let statusTextBytesMax = 4096

  static let unsupportedMediaType: FieldList = httpRefusal("415")
  static let methodNotAllowed: FieldList = httpRefusal("405")
  static let headersTooLarge: FieldList = httpRefusal("431")

  /// The beginnings of responses, by what the server can inflate.
  private static let plain = heads(contentType: "application/grpc")
  private static let codec = heads(contentType: "application/grpc+proto")
  /// The block after the last message of a call that succeeded and says no more.
  static let statusOK: PreparedFields = {
    var fields = FieldList()
    fields.append("grpc-status", literal: "0")
    return PreparedFields(fields)
  }()

  /// The block before the first message, when neither metadata nor an encoding belongs to it.
  static func plainInitial(
    namesCodec: Bool, accepting: CompressionAlgorithms
  ) -> PreparedFields {
    (namesCodec ? codec : plain)[Int(accepting.rawValue)]
  }

  /// The block before the first message.
  static func initial(
    namesCodec: Bool, accepting: CompressionAlgorithms, encoding: CompressionAlgorithm,
    _ metadata: Metadata
  ) -> FieldList {
    var fields = plainInitial(namesCodec: namesCodec, accepting: accepting).list
    if encoding != .identity { fields.append("grpc-encoding", literal: encoding.wireName) }
    if !metadata.isEmpty { append(metadata, to: &fields) }
    return fields
  }

  /// The block after the last message.
  static func trailers(_ status: Status, _ metadata: Metadata, details: [UInt8]?) -> FieldList {
    if status.code == .ok, metadata.isEmpty { return statusOK.list }
    var fields = FieldList()
    appendStatus(status, metadata, details: details, to: &fields)
    return fields
  }

  static func appendStatus(
    _ status: Status, _ metadata: Metadata, details: [UInt8]?, to fields: inout FieldList
  ) {
    fields.append("grpc-status", String(status.code.rawValue))
    if status.code != .ok {
      if !status.message.isEmpty {
        fields.append(
          "grpc-message",
          bytes: PercentEncoding.encode(status.message, maxBytes: statusTextBytesMax),
          neverIndexed: true)
      }
      if let details {
        let encoded = Base64.encode(details)
        if encoded.count <= statusTextBytesMax {
          fields.append("grpc-status-details-bin", bytes: encoded, neverIndexed: true)
        }
      }
    }
    append(metadata, to: &fields)
  }

  private static func append(_ metadata: Metadata, to fields: inout FieldList) {
    metadata.forEachField { name, value in
      fields.append(nameBytes: name, valueBytes: value)
    }
  }

  private static func heads(contentType: StaticString) -> [PreparedFields] {
    (0...CompressionAlgorithms.all.rawValue).map { accepting in
      var fields = FieldList()
      fields.append(":status", literal: "200")
      fields.append("content-type", literal: contentType)
      fields.append(
        "grpc-accept-encoding",
        literal: CompressionAlgorithms(rawValue: accepting).acceptEncoding)
      return PreparedFields(fields)
    }
  }

  private static func httpRefusal(_ status: StaticString) -> FieldList {
    var fields = FieldList()
    fields.append(":status", literal: status)
    return fields
  }
}
