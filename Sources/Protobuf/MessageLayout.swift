import CProtobufC

/// The C side of a ``MessageSchema``: protobuf-c's descriptor and the offsets of all fields.
///
/// A message in memory, every slot 8-aligned so that no access can leave its slot:
///
///     0            8          16         24
///     +------------+----------+----------+--------------------+-----------+-------------+
///     | descriptor | unknown# | unknown* | slots in order     | has-flags | oneof cases |
///     +------------+----------+----------+--------------------+-----------+-------------+
///     slot = scalar or message pointer (8) | length, data (16) | count, array (16)
///            | union of the members of a oneof (16)
@usableFromInline
struct MessageLayout {
  @usableFromInline var fields: UnsafeMutablePointer<FieldLayout>
  @usableFromInline var fieldCount: Int
  /// Byte offsets of the oneof cases, by oneof index.
  @usableFromInline var oneofCases: UnsafeMutablePointer<UInt32>
  @usableFromInline var oneofCount: Int
  /// `fieldIndex + 1` by field number, 0 for none; numbers from `denseCount` on are searched.
  var dense: UnsafeMutablePointer<UInt16>
  var denseCount: Int
  var descriptor: UnsafeMutablePointer<ProtobufCMessageDescriptor>
  /// Writable access to `descriptor.fields`, for linking.
  var cFields: UnsafeMutablePointer<ProtobufCFieldDescriptor>
  /// Set right after creation; retained for ever.
  var schema: Unmanaged<MessageSchema>?

  /// Numbers below this are looked up by table.
  static let denseNumberMax = 255
  /// Offset of the unknown field count in the message base.
  static let unknownCountOffset = 8
  static let unknownPointerOffset = 16
  static let baseSize: UInt32 = 24

  /// The index of a field by number, -1 when the schema does not have it.
  func index(ofNumber number: UInt32) -> Int {
    if Int(number) < denseCount { return Int(dense[Int(number)]) - 1 }
    var low = 0
    var high = fieldCount
    while low < high {
      let middle = (low + high) / 2
      let candidate = fields[middle].number
      if candidate == number { return middle }
      if candidate < number { low = middle + 1 } else { high = middle }
    }
    return -1
  }

  /// A decode error in this message, the field named by number when it is unknown.
  func error(_ reason: DecodeError.Reason, number: UInt32? = nil) -> DecodeError {
    let schema = schema?.takeUnretainedValue()
    var field: String?
    if let number {
      let index = index(ofNumber: number)
      field = index >= 0 ? schema?.fields[index].name : String(number)
    }
    return DecodeError(reason, message: schema?.name ?? "", field: field)
  }
}
