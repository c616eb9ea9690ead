import Protobuf

/// A JSON example of a message type with every field in it, to be edited by people.
public enum MessageTemplate {
  /// Types inside each other are opened this many levels deep at most.
  private static let depthMax = 8

  /// One member per field: defaults for scalars, one element in lists and maps, the first member of
  /// each oneof. A type that contains itself is opened once.
  public static func json(for schema: MessageSchema) -> JSONValue {
    value(schema, open: [])
  }

  private static func value(_ schema: MessageSchema, open: [String]) -> JSONValue {
    if let special = wellKnown(schema.name) { return special }
    guard !open.contains(schema.name), open.count < depthMax else { return .object([]) }
    var members: [JSONValue.Member] = []
    var oneofs: Set<Int> = []
    for field in schema.fields {
      if let oneof = field.oneofIndex, !oneofs.insert(oneof).inserted { continue }
      members.append(.init(field.jsonName, value(field, open: open + [schema.name])))
    }
    return .object(members)
  }

  private static func value(_ field: FieldSchema, open: [String]) -> JSONValue {
    switch field.cardinality {
    case .map:
      guard let entry = field.type.messageSchema?.fields, entry.count == 2 else {
        return .object([])
      }
      return .object([.init(key(entry[0].type), single(entry[1].type, open: open))])
    case .repeated: return .array([single(field.type, open: open)])
    case .implicit, .optional, .oneof, .required: return single(field.type, open: open)
    }
  }

  private static func key(_ type: FieldType) -> String {
    switch type {
    case .string: ""
    case .bool: "false"
    default: "0"
    }
  }

  private static func single(_ type: FieldType, open: [String]) -> JSONValue {
    switch type {
    case .bool: .bool(false)
    case .string, .bytes: .string("")
    case .int64, .sint64, .sfixed64, .uint64, .fixed64: .string("0")
    case .double, .float, .int32, .sint32, .sfixed32, .uint32, .fixed32: .integer(0)
    case .enum(let schema): .string(schema().values.first?.name ?? "")
    case .message(let schema): value(schema(), open: open)
    }
  }

  private static func wellKnown(_ name: String) -> JSONValue? {
    switch name {
    case "google.protobuf.Timestamp": .string("1970-01-01T00:00:00Z")
    case "google.protobuf.Duration": .string("0s")
    case "google.protobuf.FieldMask": .string("")
    case "google.protobuf.Struct": .object([])
    case "google.protobuf.Value": .null
    case "google.protobuf.ListValue": .array([])
    case "google.protobuf.Any":
      .object([.init("@type", .string("type.googleapis.com/google.protobuf.Empty"))])
    case "google.protobuf.StringValue", "google.protobuf.BytesValue": .string("")
    case "google.protobuf.BoolValue": .bool(false)
    case "google.protobuf.Int64Value", "google.protobuf.UInt64Value": .string("0")
    case "google.protobuf.Int32Value", "google.protobuf.UInt32Value",
      "google.protobuf.FloatValue", "google.protobuf.DoubleValue":
      .integer(0)
    default: nil
    }
  }
}
