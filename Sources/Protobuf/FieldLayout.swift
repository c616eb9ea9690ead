/// Where one field lives in the C struct of its message, and what the wire scan must know of it.
///
/// Plain data at a stable address, so that the hot paths follow raw pointers only.
@usableFromInline
struct FieldLayout {
  /// What a slot holds; also fixes the wire type.
  @usableFromInline
  enum Shape: UInt8 {
    case varint, fixed32, fixed64, bytes, message

    /// The wire type of one unpacked value.
    var wireType: UInt8 {
      switch self {
      case .varint: 0
      case .fixed64: 1
      case .bytes, .message: 2
      case .fixed32: 5
      }
    }
  }

  /// Byte offset of the value; of the array pointer for repeated fields.
  @usableFromInline var offset: UInt32
  /// Byte offset of the has-flag, the oneof case or the element count; 0 when there is none.
  @usableFromInline var quantifier: UInt32
  /// What the quantifier holds when a singular field is set: 1, or the number in a oneof.
  @usableFromInline var quantifierValue: UInt32
  @usableFromInline var number: UInt32
  @usableFromInline var shape: Shape
  @usableFromInline var isRepeated: Bool
  @usableFromInline var isOneof: Bool
  /// Zero is not written (implicit presence).
  @usableFromInline var skipsZero: Bool
  var isBool: Bool
  /// Bit that says "this singular message field was seen already"; the last one is shared.
  var seenBit: UInt8
  /// The nested message's layout, for message fields, once the schema is linked.
  @usableFromInline var sub: UnsafePointer<MessageLayout>?
}
