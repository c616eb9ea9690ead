/// The message types that have a JSON form of their own.
enum WellKnownType {
  case timestamp, duration, fieldMask, any, structure, value, listValue
  /// `google.protobuf.Int64Value` and its kin: written as their one field.
  case wrapper

  /// Nil for ordinary types, and for a type that bears a well-known name without having its fields:
  /// descriptors may come from a foreign server.
  init?(_ schema: MessageSchema) {
    guard let (type, isExpectedShape) = Self.rule(for: schema.name),
      isExpectedShape(schema.fields)
    else { return nil }
    self = type
  }

  /// The type by name, with a check of the fields that the JSON mapping relies on.
  private static func rule(for name: String) -> (WellKnownType, ([FieldSchema]) -> Bool)? {
    switch name {
    case "google.protobuf.Timestamp": (.timestamp, isSecondsAndNanos)
    case "google.protobuf.Duration": (.duration, isSecondsAndNanos)
    case "google.protobuf.FieldMask": (.fieldMask, { isOneList($0) { isString($0) } })
    case "google.protobuf.ListValue":
      (.listValue, { isOneList($0) { $0.messageSchema?.name == "google.protobuf.Value" } })
    case "google.protobuf.Any":
      (
        .any,
        { fields in
          guard fields.count == 2, isString(fields[0].type), case .bytes = fields[1].type else {
            return false
          }
          return fields.allSatisfy { isSingular($0) }
        }
      )
    case "google.protobuf.Struct":
      (
        .structure,
        { fields in
          guard fields.count == 1, fields[0].isMap,
            let entry = fields[0].type.messageSchema?.fields, entry.count == 2
          else { return false }
          return isString(entry[0].type)
            && entry[1].type.messageSchema?.name == "google.protobuf.Value"
        }
      )
    case "google.protobuf.Value": (.value, isValue)
    case "google.protobuf.DoubleValue", "google.protobuf.FloatValue",
      "google.protobuf.Int64Value", "google.protobuf.UInt64Value", "google.protobuf.Int32Value",
      "google.protobuf.UInt32Value", "google.protobuf.BoolValue", "google.protobuf.StringValue",
      "google.protobuf.BytesValue":
      (.wrapper, { $0.count == 1 && isSingular($0[0]) && $0[0].type.messageSchema == nil })
    default: nil
    }
  }

  private static func isSecondsAndNanos(_ fields: [FieldSchema]) -> Bool {
    guard fields.count == 2, case .int64 = fields[0].type, case .int32 = fields[1].type else {
      return false
    }
    return fields.allSatisfy { isSingular($0) }
  }

  /// null_value, number_value, string_value, bool_value, struct_value, list_value.
  private static func isValue(_ fields: [FieldSchema]) -> Bool {
    guard fields.count == 6, fields.allSatisfy({ isSingular($0) }), case .enum = fields[0].type,
      case .double = fields[1].type, isString(fields[2].type), case .bool = fields[3].type
    else { return false }
    return fields[4].type.messageSchema?.name == "google.protobuf.Struct"
      && fields[5].type.messageSchema?.name == "google.protobuf.ListValue"
  }

  private static func isOneList(
    _ fields: [FieldSchema], of isElement: (FieldType) -> Bool
  ) -> Bool {
    fields.count == 1 && fields[0].isRepeated && isElement(fields[0].type)
  }

  private static func isSingular(_ field: FieldSchema) -> Bool {
    !field.isRepeated && !field.isMap
  }

  private static func isString(_ type: FieldType) -> Bool {
    if case .string = type { true } else { false }
  }

  /// Whether JSON `null` is a value of fields of this type, not their absence.
  static func nullIsAValue(_ type: FieldType) -> Bool {
    switch type {
    case .enum(let schema): schema().name == "google.protobuf.NullValue"
    case .message(let schema): schema().name == "google.protobuf.Value"
    default: false
    }
  }
}
