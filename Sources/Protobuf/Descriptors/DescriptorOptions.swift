/// Options of a file; those not listed here are kept as unknown fields.
public struct Google_Protobuf_FileOptions: Message {
  public var goPackage: String?
  public var deprecated: Bool?
  public var swiftPrefix: String?
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.FileOptions",
    fields: [
      FieldSchema(11, "go_package", .string, .optional),
      FieldSchema(23, "deprecated", .bool, .optional),
      FieldSchema(39, "swift_prefix", .string, .optional),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    goPackage = try view.optionalString(0)
    deprecated = view.optionalBool(1)
    swiftPrefix = try view.optionalString(2)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalString(goPackage, 0)
    writer.optionalBool(deprecated, 1)
    writer.optionalString(swiftPrefix, 2)
    writer.unknownFields(unknownFields)
  }
}

/// Options of a message; those not listed here are kept as unknown fields.
public struct Google_Protobuf_MessageOptions: Message {
  public var deprecated: Bool?
  public var mapEntry: Bool?
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.MessageOptions",
    fields: [
      FieldSchema(3, "deprecated", .bool, .optional),
      FieldSchema(7, "map_entry", .bool, .optional),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    deprecated = view.optionalBool(0)
    mapEntry = view.optionalBool(1)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalBool(deprecated, 0)
    writer.optionalBool(mapEntry, 1)
    writer.unknownFields(unknownFields)
  }
}

/// Options of a field; those not listed here are kept as unknown fields.
public struct Google_Protobuf_FieldOptions: Message {
  public var packed: Bool?
  public var deprecated: Bool?
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.FieldOptions",
    fields: [
      FieldSchema(2, "packed", .bool, .optional),
      FieldSchema(3, "deprecated", .bool, .optional),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    packed = view.optionalBool(0)
    deprecated = view.optionalBool(1)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalBool(packed, 0)
    writer.optionalBool(deprecated, 1)
    writer.unknownFields(unknownFields)
  }
}

/// Options of an enum; those not listed here are kept as unknown fields.
public struct Google_Protobuf_EnumOptions: Message {
  public var allowAlias: Bool?
  public var deprecated: Bool?
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.EnumOptions",
    fields: [
      FieldSchema(2, "allow_alias", .bool, .optional),
      FieldSchema(3, "deprecated", .bool, .optional),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    allowAlias = view.optionalBool(0)
    deprecated = view.optionalBool(1)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalBool(allowAlias, 0)
    writer.optionalBool(deprecated, 1)
    writer.unknownFields(unknownFields)
  }
}

/// Options of an enum value; those not listed here are kept as unknown fields.
public struct Google_Protobuf_EnumValueOptions: Message {
  public var deprecated: Bool?
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.EnumValueOptions",
    fields: [
      FieldSchema(1, "deprecated", .bool, .optional),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    deprecated = view.optionalBool(0)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalBool(deprecated, 0)
    writer.unknownFields(unknownFields)
  }
}

/// Options of a service; those not listed here are kept as unknown fields.
public struct Google_Protobuf_ServiceOptions: Message {
  public var deprecated: Bool?
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.ServiceOptions",
    fields: [
      FieldSchema(33, "deprecated", .bool, .optional),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    deprecated = view.optionalBool(0)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalBool(deprecated, 0)
    writer.unknownFields(unknownFields)
  }
}

/// Options of a method; those not listed here are kept as unknown fields.
public struct Google_Protobuf_MethodOptions: Message {
  public var deprecated: Bool?
  public var idempotencyLevel: IdempotencyLevel?
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.MethodOptions",
    fields: [
      FieldSchema(33, "deprecated", .bool, .optional),
      FieldSchema(34, "idempotency_level", .enum { IdempotencyLevel.schema }, .optional),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    deprecated = view.optionalBool(0)
    idempotencyLevel = view.optionalEnumeration(1)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalBool(deprecated, 0)
    writer.optionalEnumeration(idempotencyLevel, 1)
    writer.unknownFields(unknownFields)
  }

  /// What calling the method twice does.
  public enum IdempotencyLevel: ProtoEnum {
    case idempotencyUnknown
    case noSideEffects
    case idempotent
    case UNRECOGNIZED(Int32)

    public init(rawValue: Int32) {
      switch rawValue {
      case 0: self = .idempotencyUnknown
      case 1: self = .noSideEffects
      case 2: self = .idempotent
      default: self = .UNRECOGNIZED(rawValue)
      }
    }

    public var rawValue: Int32 {
      switch self {
      case .idempotencyUnknown: 0
      case .noSideEffects: 1
      case .idempotent: 2
      case .UNRECOGNIZED(let number): number
      }
    }

    public static let schema: EnumSchema = EnumSchema(
      name: "google.protobuf.MethodOptions.IdempotencyLevel",
      values: [
        ("IDEMPOTENCY_UNKNOWN", 0),
        ("NO_SIDE_EFFECTS", 1),
        ("IDEMPOTENT", 2),
      ])
  }
}
