/// A service.
public struct Google_Protobuf_ServiceDescriptorProto: Message {
  public var name: String?
  public var method: [Google_Protobuf_MethodDescriptorProto] = []
  public var options: Google_Protobuf_ServiceOptions?
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.ServiceDescriptorProto",
    fields: [
      FieldSchema(1, "name", .string, .optional),
      FieldSchema(
        2, "method", .message { Google_Protobuf_MethodDescriptorProto.schema },
        .repeated(packed: false)),
      FieldSchema(3, "options", .message { Google_Protobuf_ServiceOptions.schema }, .optional),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    name = try view.optionalString(0)
    method = try view.repeatedMessage(1)
    options = try view.message(2)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalString(name, 0)
    writer.repeatedMessage(method, 1)
    writer.message(options, 2)
    writer.unknownFields(unknownFields)
  }
}

/// A method of a service.
public struct Google_Protobuf_MethodDescriptorProto: Message {
  public var name: String?
  public var inputType: String?
  public var outputType: String?
  public var options: Google_Protobuf_MethodOptions?
  public var clientStreaming: Bool?
  public var serverStreaming: Bool?
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.MethodDescriptorProto",
    fields: [
      FieldSchema(1, "name", .string, .optional),
      FieldSchema(2, "input_type", .string, .optional),
      FieldSchema(3, "output_type", .string, .optional),
      FieldSchema(4, "options", .message { Google_Protobuf_MethodOptions.schema }, .optional),
      FieldSchema(5, "client_streaming", .bool, .optional),
      FieldSchema(6, "server_streaming", .bool, .optional),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    name = try view.optionalString(0)
    inputType = try view.optionalString(1)
    outputType = try view.optionalString(2)
    options = try view.message(3)
    clientStreaming = view.optionalBool(4)
    serverStreaming = view.optionalBool(5)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.optionalString(name, 0)
    writer.optionalString(inputType, 1)
    writer.optionalString(outputType, 2)
    writer.message(options, 3)
    writer.optionalBool(clientStreaming, 4)
    writer.optionalBool(serverStreaming, 5)
    writer.unknownFields(unknownFields)
  }
}
