import Protobuf

extension Google_Protobuf_Any {
  /// Wraps a message with its type, under the usual `type.googleapis.com/` prefix.
  public static func packing(_ message: some Message) throws(EncodeError) -> Google_Protobuf_Any {
    var any = Google_Protobuf_Any()
    any.typeURL = "type.googleapis.com/" + type(of: message).schema.name
    any.value = try message.serializedBytes()
    return any
  }

  /// The message inside, or nil when it is of another type or unreadable.
  public func unpacking<Content: Message>(_ type: Content.Type) -> Content? {
    guard typeURL.split(separator: "/").last.map(String.init) == type.schema.name else {
      return nil
    }
    return try? Content(serializedBytes: value)
  }
}
