/// The value of one field of a ``DynamicMessage``.
///
/// The case follows from the declared type of the field; integer types that differ only in their
/// encoding (`int32`, `sint32`, `sfixed32`) share one case.
public enum DynamicValue: Sendable, Hashable {
  case bool(Bool)
  case int32(Int32)
  case int64(Int64)
  case uint32(UInt32)
  case uint64(UInt64)
  case float(Float)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  /// The number of an enum value, known to the schema or not.
  case enumeration(Int32)
  case message(DynamicMessage)
  /// The elements of a repeated field.
  case list([DynamicValue])
  /// The entries of a map field, keys distinct.
  case map([DynamicMapEntry])

  /// The value that a singular field of this type has when nothing was set.
  public static func defaultValue(of type: FieldType) -> DynamicValue {
    switch type {
    case .double: .double(0)
    case .float: .float(0)
    case .int32, .sint32, .sfixed32: .int32(0)
    case .int64, .sint64, .sfixed64: .int64(0)
    case .uint32, .fixed32: .uint32(0)
    case .uint64, .fixed64: .uint64(0)
    case .bool: .bool(false)
    case .string: .string("")
    case .bytes: .bytes([])
    case .enum: .enumeration(0)
    case .message(let schema): .message(DynamicMessage(schema: schema()))
    }
  }

  /// Whether this is the default of a scalar type, which fields without presence do not write.
  ///
  /// Minus zero is not the default: it has bits to carry.
  var isDefaultScalar: Bool {
    switch self {
    case .bool(let value): !value
    case .int32(let value), .enumeration(let value): value == 0
    case .int64(let value): value == 0
    case .uint32(let value): value == 0
    case .uint64(let value): value == 0
    case .float(let value): value.bitPattern == 0
    case .double(let value): value.bitPattern == 0
    case .string(let value): value.isEmpty
    case .bytes(let value): value.isEmpty
    case .message, .list, .map: false
    }
  }

  /// Whether a field of this type can hold this value (not looking into messages and lists).
  func fits(_ type: FieldType) -> Bool {
    switch (self, type) {
    case (.bool, .bool), (.float, .float), (.double, .double), (.string, .string),
      (.bytes, .bytes), (.enumeration, .enum),
      (.int32, .int32), (.int32, .sint32), (.int32, .sfixed32),
      (.int64, .int64), (.int64, .sint64), (.int64, .sfixed64),
      (.uint32, .uint32), (.uint32, .fixed32), (.uint64, .uint64), (.uint64, .fixed64):
      true
    case (.message(let message), .message(let schema)): message.schema === schema()
    default: false
    }
  }
}
