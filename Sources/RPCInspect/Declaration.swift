import Protobuf

/// Something a `.proto` file declares and a full name stands for.
public struct Declaration: Sendable {
  /// What is declared, with its descriptor.
  public enum Kind: Sendable {
    case service(Google_Protobuf_ServiceDescriptorProto)
    case method(Google_Protobuf_MethodDescriptorProto)
    case message(Google_Protobuf_DescriptorProto)
    case enumeration(Google_Protobuf_EnumDescriptorProto)
    /// A field, shown with the message it belongs to.
    case field(Google_Protobuf_FieldDescriptorProto, in: Google_Protobuf_DescriptorProto)
    case enumValue(Google_Protobuf_EnumValueDescriptorProto)
  }

  /// The full name, without a leading dot.
  public let name: String
  /// What is declared.
  public let kind: Kind
  /// The name of the file that declares it.
  public let file: String
  /// Where it stands in the file, in the terms of `google.protobuf.SourceCodeInfo`.
  let location: [Int32]

  /// The kind in words, with its article: "a service".
  public var kindName: String {
    switch kind {
    case .service: "a service"
    case .method: "a method"
    case .message: "a message"
    case .enumeration: "an enum"
    case .field: "a field"
    case .enumValue: "an enum value"
    }
  }
}
