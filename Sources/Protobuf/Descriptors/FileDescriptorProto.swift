/// A set of `.proto` files, as `protoc --descriptor_set_out` writes it.
public struct Google_Protobuf_FileDescriptorSet: Message {
  public var file: [Google_Protobuf_FileDescriptorProto] = []
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.FileDescriptorSet",
    fields: [
      FieldSchema(
        1, "file", .message { Google_Protobuf_FileDescriptorProto.schema },
        .repeated(packed: false)),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    file = try view.repeatedMessage(0)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.repeatedMessage(file, 0)
    writer.unknownFields(unknownFields)
  }
}

/// One `.proto` file.
public struct Google_Protobuf_FileDescriptorProto: Message {
  public var name: String?
  public var package: String?
  public var dependency: [String] = []
  public var messageType: [Google_Protobuf_DescriptorProto] = []
  public var enumType: [Google_Protobuf_EnumDescriptorProto] = []
  public var service: [Google_Protobuf_ServiceDescriptorProto] = []
  public var `extension`: [Google_Protobuf_FieldDescriptorProto] = []
  public var options: Google_Protobuf_FileOptions?
  public var sourceCodeInfo: Google_Protobuf_SourceCodeInfo?
  public var publicDependency: [Int32] = []
  public var weakDependency: [Int32] = []
  public var syntax: String?
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.FileDescriptorProto",
    fields: [
      FieldSchema(1, "name", .string, .optional),
      FieldSchema(2, "package", .string, .optional),
      FieldSchema(3, "dependency", .string, .repeated(packed: false)),
      FieldSchema(
        4, "message_type", .message { Google_Protobuf_DescriptorProto.schema },
        .repeated(packed: false)),
      FieldSchema(
        5, "enum_type", .message { Google_Protobuf_EnumDescriptorProto.schema },
        .repeated(packed: false)),
      FieldSchema(
        6, "service", .message { Google_Protobuf_ServiceDescriptorProto.schema },
        .repeated(packed: false)),
      FieldSchema(
        7, "extension", .message { Google_Protobuf_FieldDescriptorProto.schema },
        .repeated(packed: false)),
      FieldSchema(8, "options", .message { Google_Protobuf_FileOptions.schema }, .optional),
      FieldSchema(
        9, "source_code_info", .message { Google_Protobuf_SourceCodeInfo.schema },
        .optional),
      FieldSchema(10, "public_dependency", .int32, .repeated(packed: false)),
      FieldSchema(11, "weak_dependency", .int32, .repeated(packed: false)),
      FieldSchema(12, "syntax", .string, .optional),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    name = try view.optionalString(0)
    package = try view.optionalString(1)
    dependency = try view.repeatedString(2)
    messageType = try view.repeatedMessage(3)
    enumType = try view.repeatedMessage(4)
    service = try view.repeatedMessage(5)
    `extension` = try view.repeatedMessage(6)
    options = try view.message(7)
    sourceCodeInfo = try view.message(8)
    publicDependency = view.repeatedInt32(9)
    weakDependency = view.repeatedInt32(10)
    syntax = try view.optionalString(11)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalString(name, 0)
    writer.optionalString(package, 1)
    writer.repeatedString(dependency, 2)
    writer.repeatedMessage(messageType, 3)
    writer.repeatedMessage(enumType, 4)
    writer.repeatedMessage(service, 5)
    writer.repeatedMessage(`extension`, 6)
    writer.message(options, 7)
    writer.message(sourceCodeInfo, 8)
    writer.repeatedInt32(publicDependency, 9)
    writer.repeatedInt32(weakDependency, 10)
    writer.optionalString(syntax, 11)
    writer.unknownFields(unknownFields)
  }
}
