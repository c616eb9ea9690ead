/// A protobuf message as a Swift value.
///
/// Generated code conforms; hand-written code rarely has to. A conforming type describes itself
/// by a ``MessageSchema`` and moves its fields in and out of protobuf-c's representation **by
/// field index**: the position of the field in `schema.fields`, which is ordered by ascending
/// field number.
public protocol Message: Sendable, Hashable {
  /// Creates the default message: nothing set.
  init()

  /// The table that describes this message type. Generated as `static let schema: MessageSchema =
  /// …`; the type must be spelled out, or messages that contain themselves are a circular
  /// reference.
  static var schema: MessageSchema { get }

  /// Reads the fields from a decoded message.
  ///
  /// - Throws: ``DecodeError`` when a string field is not UTF-8, in this message or below it.
  init(from view: MessageView) throws(DecodeError)

  /// Writes the fields for encoding. Cannot fail: the writer remembers what went wrong.
  func write(into writer: inout MessageWriter)

  /// Fields that were on the wire and are not in the schema. They are written again when encoding.
  var unknownFields: UnknownFields { get set }
}

extension Message {
  /// Decodes a message from its wire bytes.
  ///
  /// - Parameters:
  ///   - bytes: the whole message, without any length prefix. Read during the call only.
  ///   - limits: what the sender may cost; see ``DecodingLimits``.
  /// - Throws: ``DecodeError`` naming message, field and reason.
  @inlinable
  public init(
    serializedBytes bytes: UnsafeRawBufferPointer, limits: DecodingLimits = .standard
  ) throws(DecodeError) {
    self = try Self.schema.decode(bytes, limits: limits) { view throws(DecodeError) in
      try Self(from: view)
    }
  }

  /// Decodes a message from its wire bytes; see
  /// ``init(serializedBytes:limits:)-(UnsafeRawBufferPointer,_)``.
  @inlinable
  public init(
    serializedBytes bytes: [UInt8], limits: DecodingLimits = .standard
  ) throws(DecodeError) {
    self = try bytes.withUnsafeBufferPointer { buffer throws(DecodeError) in
      try Self(serializedBytes: UnsafeRawBufferPointer(buffer), limits: limits)
    }
  }

  /// Encodes the message, maps in key order, unknown fields last.
  ///
  /// - Parameter headroom: number of zero bytes to leave in front of the message, so that a frame
  ///   prefix can be put there without moving the payload.
  /// - Throws: ``EncodeError`` when the message nests too deeply or would pass 2 GiB.
  @inlinable
  public func serializedBytes(headroom: Int = 0) throws(EncodeError) -> [UInt8] {
    try Self.schema.encode(headroom: headroom) { writer in self.write(into: &writer) }
  }
}
