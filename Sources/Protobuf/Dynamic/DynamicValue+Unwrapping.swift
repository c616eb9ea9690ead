/// Each gives the value of its case and nil for every other case.
extension DynamicValue {
  /// The value of a bool field.
  public var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The value of a 32-bit signed field, or the number of an enum value.
  public var asInt32: Int32? {
    switch self {
    case .int32(let value), .enumeration(let value): value
    default: nil
    }
  }

  /// The value of a 64-bit signed field.
  public var asInt64: Int64? { if case .int64(let value) = self { value } else { nil } }

  /// The value of a 32-bit unsigned field.
  public var asUInt32: UInt32? { if case .uint32(let value) = self { value } else { nil } }

  /// The value of a 64-bit unsigned field.
  public var asUInt64: UInt64? { if case .uint64(let value) = self { value } else { nil } }

  /// The value of a float field.
  public var asFloat: Float? { if case .float(let value) = self { value } else { nil } }

  /// The value of a double field.
  public var asDouble: Double? { if case .double(let value) = self { value } else { nil } }

  /// The value of a string field.
  public var asString: String? { if case .string(let value) = self { value } else { nil } }

  /// The value of a bytes field.
  public var asBytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }

  /// The value of a message field.
  public var asMessage: DynamicMessage? {
    if case .message(let value) = self { value } else { nil }
  }

  /// The elements of a repeated field.
  public var asList: [DynamicValue]? { if case .list(let value) = self { value } else { nil } }

  /// The entries of a map field.
  public var asMap: [DynamicMapEntry]? { if case .map(let value) = self { value } else { nil } }
}
