/// Keeps generated identifiers apart from Swift's keywords and from the names the code relies on.
///
/// A keyword that Swift accepts in backticks gets backticks. A name that would still be misread, or
/// hide something the generated code needs, gets a suffix; the suffixes are swift-protobuf's.
enum ReservedNames {
  private static let keywords: Set<String> = [
    "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer",
    "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for",
    "func", "guard", "if", "import", "in", "inout", "internal", "is", "let", "nil", "operator",
    "precedencegroup", "private", "protocol", "public", "repeat", "rethrows", "return", "static",
    "struct", "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias", "var",
    "where", "while", "Any", "_",
  ]

  /// `x.self`, `x.init`, `x.Type` and `x.Protocol` mean something else even in backticks.
  private static let unquotable: Set<String> = ["self", "Self", "init", "Type", "Protocol"]

  /// Members that every message has.
  private static let messageMembers: Set<String> = [
    "unknownFields", "hashValue", "serializedBytes", "jsonString", "write",
  ]

  /// Members that every enum has.
  private static let enumMembers: Set<String> = [
    "schema", "rawValue", "hashValue", "UNRECOGNIZED", "none", "some",
  ]

  /// Types that generated code names without their module, and the modules.
  private static let typeNames: Set<String> = [
    "Any", "Array", "Bool", "Dictionary", "Double", "Error", "Float", "Hashable", "Hasher", "Int",
    "Int32", "Int64", "Never", "Optional", "Result", "Sendable", "Set", "String", "Swift", "UInt",
    "UInt32", "UInt64", "UInt8", "Void", "Self", "Type", "Protocol", "Message", "ProtoEnum",
    "MessageSchema", "FieldSchema", "FieldType", "EnumSchema", "MessageView", "MessageWriter",
    "UnknownFields", "DecodeError", "EncodeError", "Indirect", "EmbeddedFile", "Protobuf", "GRPC",
  ]

  /// Types that generated services name: a message without package prefix would hide them.
  private static let serviceTypeNames: Set<String> = [
    "Client", "ClientProtocol", "Method", "SimpleServiceProtocol", "Input", "Output", "Metadata",
    "CallOptions", "RPCWriter", "RPCAsyncSequence", "ServerContext", "RPCRouter", "GRPCClient",
    "ServiceDescriptor", "MethodDescriptor", "ProtobufSerializer", "ProtobufDeserializer",
    "RegistrableRPCService", "ClientStreamingCall", "BidirectionalCall",
  ]

  /// A property of a message.
  static func property(_ name: String) -> String {
    if unquotable.contains(name) || messageMembers.contains(name) { return name + "_p" }
    return quoted(name)
  }

  /// A case of an enum or of a oneof.
  static func enumCase(_ name: String) -> String {
    if unquotable.contains(name) || enumMembers.contains(name) { return name + "_" }
    return quoted(name)
  }

  /// A function of a service or client.
  static func method(_ name: String) -> String {
    unquotable.contains(name) || name == "registerMethods" ? name + "_" : quoted(name)
  }

  /// A message type. Bare ones are at the top level without a package prefix.
  static func messageType(_ name: String, isBare: Bool = false) -> String {
    isTaken(name, isBare: isBare) ? name + "Message" : name
  }

  /// An enum type. Bare ones are at the top level without a package prefix.
  static func enumType(_ name: String, isBare: Bool = false) -> String {
    isTaken(name, isBare: isBare) ? name + "Enum" : name
  }

  private static func isTaken(_ name: String, isBare: Bool) -> Bool {
    typeNames.contains(name) || keywords.contains(name)
      || isBare && serviceTypeNames.contains(name)
  }

  /// The namespace of a method within `Method`.
  static func methodType(_ name: String) -> String {
    typeNames.contains(name) || keywords.contains(name) ? name + "Method" : name
  }

  private static func quoted(_ name: String) -> String {
    keywords.contains(name) ? "`\(name)`" : name
  }
}
