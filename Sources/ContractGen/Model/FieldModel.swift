/// A scalar type of the proto language.
enum ScalarType: String, Sendable {
  case double, float, int32, int64, uint32, uint64, sint32, sint64
  case fixed32, fixed64, sfixed32, sfixed64, bool, string, bytes

  /// The Swift type of a value.
  var swiftType: String {
    switch self {
    case .double: "Double"
    case .float: "Float"
    case .int32, .sint32, .sfixed32: "Int32"
    case .int64, .sint64, .sfixed64: "Int64"
    case .uint32, .fixed32: "UInt32"
    case .uint64, .fixed64: "UInt64"
    case .bool: "Bool"
    case .string: "String"
    case .bytes: "[UInt8]"
    }
  }

  /// The default value as Swift text.
  var zero: String {
    switch self {
    case .bool: "false"
    case .string: "\"\""
    case .bytes: "[]"
    default: "0"
    }
  }
}

/// What a field holds one of, many of, or by key.
enum FieldKind: Sendable {
  case scalar(ScalarType)
  /// An enum: its Swift type and the case that stands for "not set".
  case enumeration(swiftType: String, zeroCase: String)
  /// A message: its Swift type.
  case message(swiftType: String)

  /// The Swift type of a value.
  var swiftType: String {
    switch self {
    case .scalar(let scalar): scalar.swiftType
    case .enumeration(let type, _): type
    case .message(let type): type
    }
  }

  var isMessage: Bool { if case .message = self { true } else { false } }
}

/// One field of a message.
struct FieldModel: Sendable {
  /// How the field appears in the struct.
  enum Shape: Sendable {
    /// Always there, the default when not set.
    case implicit
    /// A Swift Optional.
    case optional
    /// Proto2 `required`: a Swift Optional that decoding insists on.
    case required
    case repeated(packed: Bool)
    /// A member of the oneof with this index in the message.
    case oneof(Int)
    /// A dictionary: the key, the value, and the full proto name of the entry message.
    case map(key: ScalarType, value: FieldKind, entryName: String)
  }

  let number: Int32
  let protoName: String
  /// The JSON name, nil when it is the lowerCamelCase form of the proto name.
  let jsonName: String?
  let swiftName: String
  /// For maps the kind of the values.
  let kind: FieldKind
  var shape: Shape
  /// Position among the message's fields by ascending number: how views and writers name it.
  var index = 0
  /// Whether the message would contain itself without a box here.
  var isRecursive = false
  /// Lines of the doc comment.
  let comment: [String]
  /// The full proto name of the message type, nil for other kinds and for maps.
  let messageName: String?
}

/// A oneof, without the synthetic ones of proto3 `optional`.
struct OneofModel: Sendable {
  let protoName: String
  let swiftName: String
  /// The nested enum, such as `OneOf_Amount`.
  let swiftType: String
  let comment: [String]
}
