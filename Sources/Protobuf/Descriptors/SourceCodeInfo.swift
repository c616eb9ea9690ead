/// Where the declarations of a file are in its text, and their comments.
public struct Google_Protobuf_SourceCodeInfo: Message {
  public var location: [Google_Protobuf_SourceCodeInfo.Location] = []
  public var unknownFields = UnknownFields()

  public init() {}

  public static let schema: MessageSchema = MessageSchema(
    name: "google.protobuf.SourceCodeInfo",
    fields: [
      FieldSchema(
        1, "location", .message { Google_Protobuf_SourceCodeInfo.Location.schema },
        .repeated(packed: false)),
    ])

  public init(from view: MessageView) throws(DecodeError) {
    location = try view.repeatedMessage(0)
    unknownFields = view.unknownFields
  }

  public func write(into writer: inout MessageWriter) {
    writer.repeatedMessage(location, 0)
    writer.unknownFields(unknownFields)
  }
}

extension Google_Protobuf_SourceCodeInfo {
  /// One declaration, named by its path through the descriptor.
  public struct Location: Message {
    public var path: [Int32] = []
    public var span: [Int32] = []
    public var leadingComments: String?
    public var trailingComments: String?
    public var leadingDetachedComments: [String] = []
    public var unknownFields = UnknownFields()

    public init() {}

    public static let schema: MessageSchema = MessageSchema(
      name: "google.protobuf.SourceCodeInfo.Location",
      fields: [
        FieldSchema(1, "path", .int32, .repeated(packed: true)),
        FieldSchema(2, "span", .int32, .repeated(packed: true)),
        FieldSchema(3, "leading_comments", .string, .optional),
        FieldSchema(4, "trailing_comments", .string, .optional),
        FieldSchema(6, "leading_detached_comments", .string, .repeated(packed: false)),
      ])

    public init(from view: MessageView) throws(DecodeError) {
      path = view.repeatedInt32(0)
      span = view.repeatedInt32(1)
      leadingComments = try view.optionalString(2)
      trailingComments = try view.optionalString(3)
      leadingDetachedComments = try view.repeatedString(4)
      unknownFields = view.unknownFields
    }

    public func write(into writer: inout MessageWriter) {
      writer.repeatedInt32(path, 0)
      writer.repeatedInt32(span, 1)
      writer.optionalString(leadingComments, 2)
      writer.optionalString(trailingComments, 3)
      writer.repeatedString(leadingDetachedComments, 4)
      writer.unknownFields(unknownFields)
    }
  }
}
