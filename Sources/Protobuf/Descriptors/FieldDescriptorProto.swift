/// A field of a message, or an extension.
public struct Google_Protobuf_FieldDescriptorProto: Message {
  public var name: String?
  public var extendee: String?
  public var number: Int32?
  public var label: Label?
  public var type: TypeEnum?
  public var typeName: String?
  public var defaultValue: String?
  public var options: Google_Protobuf_FieldOptions?
  public var oneofIndex: Int32?
  public var jsonName: String?
  public var proto3Optional: Bool?
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.FieldDescriptorProto",
    fields: [
      FieldSchema(1, "name", .string, .optional),
      FieldSchema(2, "extendee", .string, .optional),
      FieldSchema(3, "number", .int32, .optional),
      FieldSchema(4, "label", .enum { Label.schema }, .optional),
      FieldSchema(5, "type", .enum { TypeEnum.schema }, .optional),
      FieldSchema(6, "type_name", .string, .optional),
      FieldSchema(7, "default_value", .string, .optional),
      FieldSchema(8, "options", .message { Google_Protobuf_FieldOptions.schema }, .optional),
      FieldSchema(9, "oneof_index", .int32, .optional),
      FieldSchema(10, "json_name", .string, .optional),
      FieldSchema(17, "proto3_optional", .bool, .optional),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    name = try view.optionalString(0)
    extendee = try view.optionalString(1)
    number = view.optionalInt32(2)
    label = view.optionalEnumeration(3)
    type = view.optionalEnumeration(4)
    typeName = try view.optionalString(5)
    defaultValue = try view.optionalString(6)
    options = try view.message(7)
    oneofIndex = view.optionalInt32(8)
    jsonName = try view.optionalString(9)
    proto3Optional = view.optionalBool(10)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalString(name, 0)
    writer.optionalString(extendee, 1)
    writer.optionalInt32(number, 2)
    writer.optionalEnumeration(label, 3)
    writer.optionalEnumeration(type, 4)
    writer.optionalString(typeName, 5)
    writer.optionalString(defaultValue, 6)
    writer.message(options, 7)
    writer.optionalInt32(oneofIndex, 8)
    writer.optionalString(jsonName, 9)
    writer.optionalBool(proto3Optional, 10)
    writer.unknownFields(unknownFields)
  }

  /// How many values the field has.
  public enum Label: ProtoEnum {
    case optional
    case required
    case repeated
    case UNRECOGNIZED(Int32)

    public init(rawValue: Int32) {
      switch rawValue {
      case 1: self = .optional
      case 2: self = .required
      case 3: self = .repeated
      default: self = .UNRECOGNIZED(rawValue)
      }
    }

    public var rawValue: Int32 {
      switch self {
      case .optional: 1
      case .required: 2
      case .repeated: 3
      case .UNRECOGNIZED(let number): number
      }
    }

    public static let schema: EnumSchema = EnumSchema(
      name: "google.protobuf.FieldDescriptorProto.Label",
      values: [
        ("LABEL_OPTIONAL", 1),
        ("LABEL_REQUIRED", 2),
        ("LABEL_REPEATED", 3),
      ])
  }

  /// The declared type. Proto `Type`, a name that Swift reserves.
  public enum TypeEnum: ProtoEnum {
    case double
    case float
    case int64
    case uint64
    case int32
    case fixed64
    case fixed32
    case bool
    case string
    case group
    case message
    case bytes
    case uint32
    case `enum`
    case sfixed32
    case sfixed64
    case sint32
    case sint64
    case UNRECOGNIZED(Int32)

    public init(rawValue: Int32) {
      switch rawValue {
      case 1: self = .double
      case 2: self = .float
      case 3: self = .int64
      case 4: self = .uint64
      case 5: self = .int32
      case 6: self = .fixed64
      case 7: self = .fixed32
      case 8: self = .bool
      case 9: self = .string
      case 10: self = .group
      case 11: self = .message
      case 12: self = .bytes
      case 13: self = .uint32
      case 14: self = .enum
      case 15: self = .sfixed32
      case 16: self = .sfixed64
      case 17: self = .sint32
      case 18: self = .sint64
      default: self = .UNRECOGNIZED(rawValue)
      }
    }

    public var rawValue: Int32 {
      switch self {
      case .double: 1
      case .float: 2
      case .int64: 3
      case .uint64: 4
      case .int32: 5
      case .fixed64: 6
      case .fixed32: 7
      case .bool: 8
      case .string: 9
      case .group: 10
      case .message: 11
      case .bytes: 12
      case .uint32: 13
      case .enum: 14
      case .sfixed32: 15
      case .sfixed64: 16
      case .sint32: 17
      case .sint64: 18
      case .UNRECOGNIZED(let number): number
      }
    }

    public static let schema: EnumSchema = EnumSchema(
      name: "google.protobuf.FieldDescriptorProto.Type",
      values: [
        ("TYPE_DOUBLE", 1),
        ("TYPE_FLOAT", 2),
        ("TYPE_INT64", 3),
        ("TYPE_UINT64", 4),
        ("TYPE_INT32", 5),
        ("TYPE_FIXED64", 6),
        ("TYPE_FIXED32", 7),
        ("TYPE_BOOL", 8),
        ("TYPE_STRING", 9),
        ("TYPE_GROUP", 10),
        ("TYPE_MESSAGE", 11),
        ("TYPE_BYTES", 12),
        ("TYPE_UINT32", 13),
        ("TYPE_ENUM", 14),
        ("TYPE_SFIXED32", 15),
        ("TYPE_SFIXED64", 16),
        ("TYPE_SINT32", 17),
        ("TYPE_SINT64", 18),
      ])
  }
}
