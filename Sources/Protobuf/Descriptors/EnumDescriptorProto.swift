/// An enum type.
public struct Google_Protobuf_EnumDescriptorProto: Message {
  public var name: String?
  public var value: [Google_Protobuf_EnumValueDescriptorProto] = []
  public var options: Google_Protobuf_EnumOptions?
  public var reservedRange: [Google_Protobuf_EnumDescriptorProto.EnumReservedRange] = []
  public var reservedName: [String] = []
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.EnumDescriptorProto",
    fields: [
      FieldSchema(1, "name", .string, .optional),
      FieldSchema(
        2, "value", .message { Google_Protobuf_EnumValueDescriptorProto.schema },
        .repeated(packed: false)),
      FieldSchema(3, "options", .message { Google_Protobuf_EnumOptions.schema }, .optional),
      FieldSchema(
        4, "reserved_range", .message { EnumReservedRange.schema },
        .repeated(packed: false)),
      FieldSchema(5, "reserved_name", .string, .repeated(packed: false)),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    name = try view.optionalString(0)
    value = try view.repeatedMessage(1)
    options = try view.message(2)
    reservedRange = try view.repeatedMessage(3)
    reservedName = try view.repeatedString(4)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalString(name, 0)
    writer.repeatedMessage(value, 1)
    writer.message(options, 2)
    writer.repeatedMessage(reservedRange, 3)
    writer.repeatedString(reservedName, 4)
    writer.unknownFields(unknownFields)
  }
}

extension Google_Protobuf_EnumDescriptorProto {
  /// Numbers that must not be used again; the end is inclusive.
  public struct EnumReservedRange: Message {
    public var start: Int32?
    public var end: Int32?
    public var unknownFields = UnknownFields()

    public init() {}

    public static let schema: MessageSchema = MessageSchema(
      name: "google.protobuf.EnumDescriptorProto.EnumReservedRange",
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

/// One value of an enum.
public struct Google_Protobuf_EnumValueDescriptorProto: Message {
  public var name: String?
  public var number: Int32?
  public var options: Google_Protobuf_EnumValueOptions?
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.EnumValueDescriptorProto",
    fields: [
      FieldSchema(1, "name", .string, .optional),
      FieldSchema(2, "number", .int32, .optional),
      FieldSchema(3, "options", .message { Google_Protobuf_EnumValueOptions.schema }, .optional),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    name = try view.optionalString(0)
    number = view.optionalInt32(1)
    options = try view.message(2)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalString(name, 0)
    writer.optionalInt32(number, 1)
    writer.message(options, 2)
    writer.unknownFields(unknownFields)
  }
}
