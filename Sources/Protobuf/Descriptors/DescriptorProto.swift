/// A message type.
public struct Google_Protobuf_DescriptorProto: Message {
  public var name: String?
  public var field: [Google_Protobuf_FieldDescriptorProto] = []
  public var nestedType: [Google_Protobuf_DescriptorProto] = []
  public var enumType: [Google_Protobuf_EnumDescriptorProto] = []
  public var extensionRange: [Google_Protobuf_DescriptorProto.ExtensionRange] = []
  public var `extension`: [Google_Protobuf_FieldDescriptorProto] = []
  public var options: Google_Protobuf_MessageOptions?
  public var oneofDecl: [Google_Protobuf_OneofDescriptorProto] = []
  public var reservedRange: [Google_Protobuf_DescriptorProto.ReservedRange] = []
  public var reservedName: [String] = []
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.DescriptorProto",
    fields: [
      FieldSchema(1, "name", .string, .optional),
      FieldSchema(
        2, "field", .message { Google_Protobuf_FieldDescriptorProto.schema },
        .repeated(packed: false)),
      FieldSchema(
        3, "nested_type", .message { Google_Protobuf_DescriptorProto.schema },
        .repeated(packed: false)),
      FieldSchema(
        4, "enum_type", .message { Google_Protobuf_EnumDescriptorProto.schema },
        .repeated(packed: false)),
      FieldSchema(
        5, "extension_range", .message { Google_Protobuf_DescriptorProto.ExtensionRange.schema },
        .repeated(packed: false)),
      FieldSchema(
        6, "extension", .message { Google_Protobuf_FieldDescriptorProto.schema },
        .repeated(packed: false)),
      FieldSchema(7, "options", .message { Google_Protobuf_MessageOptions.schema }, .optional),
      FieldSchema(
        8, "oneof_decl", .message { Google_Protobuf_OneofDescriptorProto.schema },
        .repeated(packed: false)),
      FieldSchema(
        9, "reserved_range", .message { Google_Protobuf_DescriptorProto.ReservedRange.schema },
        .repeated(packed: false)),
      FieldSchema(10, "reserved_name", .string, .repeated(packed: false)),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    name = try view.optionalString(0)
    field = try view.repeatedMessage(1)
    nestedType = try view.repeatedMessage(2)
    enumType = try view.repeatedMessage(3)
    extensionRange = try view.repeatedMessage(4)
    `extension` = try view.repeatedMessage(5)
    options = try view.message(6)
    oneofDecl = try view.repeatedMessage(7)
    reservedRange = try view.repeatedMessage(8)
    reservedName = try view.repeatedString(9)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalString(name, 0)
    writer.repeatedMessage(field, 1)
    writer.repeatedMessage(nestedType, 2)
    writer.repeatedMessage(enumType, 3)
    writer.repeatedMessage(extensionRange, 4)
    writer.repeatedMessage(`extension`, 5)
    writer.message(options, 6)
    writer.repeatedMessage(oneofDecl, 7)
    writer.repeatedMessage(reservedRange, 8)
    writer.repeatedString(reservedName, 9)
    writer.unknownFields(unknownFields)
  }
}

extension Google_Protobuf_DescriptorProto {
  /// Field numbers open to extensions.
  public struct ExtensionRange: Message {
    public var start: Int32?
    public var end: Int32?
    public var unknownFields = UnknownFields()

    public init() {}

    public static let schema: MessageSchema = MessageSchema(
      name: "google.protobuf.DescriptorProto.ExtensionRange",
      fields: [
        FieldSchema(1, "start", .int32, .optional),
        FieldSchema(2, "end", .int32, .optional),
      ])

    public init(from view: MessageView) throws(DecodeError) {
      start = view.optionalInt32(0)
      end = view.optionalInt32(1)
      unknownFields = view.unknownFields
    }

    public func write(into writer: inout MessageWriter) {
      writer.optionalInt32(start, 0)
      writer.optionalInt32(end, 1)
      writer.unknownFields(unknownFields)
    }
  }
}

extension Google_Protobuf_DescriptorProto {
  /// Field numbers that must not be used again; the end is exclusive.
  public struct ReservedRange: Message {
    public var start: Int32?
    public var end: Int32?
    public var unknownFields = UnknownFields()

    public init() {}

    public static let schema: MessageSchema = MessageSchema(
      name: "google.protobuf.DescriptorProto.ReservedRange",
      fields: [
        FieldSchema(1, "start", .int32, .optional),
        FieldSchema(2, "end", .int32, .optional),
      ])

    public init(from view: MessageView) throws(DecodeError) {
      start = view.optionalInt32(0)
      end = view.optionalInt32(1)
      unknownFields = view.unknownFields
    }

    public func write(into writer: inout MessageWriter) {
      writer.optionalInt32(start, 0)
      writer.optionalInt32(end, 1)
      writer.unknownFields(unknownFields)
    }
  }
}

/// A oneof, the synthetic one of a proto3 `optional` field included.
public struct Google_Protobuf_OneofDescriptorProto: Message {
  public var name: String?
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.OneofDescriptorProto",
    fields: [
      FieldSchema(1, "name", .string, .optional),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    name = try view.optionalString(0)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalString(name, 0)
    writer.unknownFields(unknownFields)
  }
}
