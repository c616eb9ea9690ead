/// What the files of a ``DescriptorPool`` define, by full name without leading dot.
struct SymbolTable {
  /// A message type and what is needed to make a schema of it.
  struct MessageEntry {
    let descriptor: Google_Protobuf_DescriptorProto
    let syntax: Syntax
  }

  /// How a file is to be read. Editions count as proto3 with presence everywhere, their default.
  enum Syntax {
    case proto2, proto3, editions

    init(_ name: String?) {
      switch name {
      case "proto3": self = .proto3
      case "editions": self = .editions
      default: self = .proto2
      }
    }
  }

  struct ExtensionKey: Hashable {
    let type: String
    let number: Int32
  }

  private(set) var messages: [String: MessageEntry] = [:]
  private(set) var enums: [String: Google_Protobuf_EnumDescriptorProto] = [:]
  private(set) var services: [String: Google_Protobuf_ServiceDescriptorProto] = [:]
  private(set) var serviceNames: [String] = []
  /// The file of every symbol: packages excepted, fields, oneofs, values and methods included.
  private(set) var files: [String: String] = [:]
  private(set) var extensions: [ExtensionKey: String] = [:]

  /// Takes everything a file defines.
  ///
  /// - Throws: ``DescriptorError``; the table may then hold a part of the file, so work on a copy.
  mutating func add(_ file: Google_Protobuf_FileDescriptorProto) throws(DescriptorError) {
    let name = file.name ?? ""
    let scope = file.package ?? ""
    let syntax = Syntax(file.syntax)
    for message in file.messageType {
      try add(message, in: scope, syntax: syntax, file: name)
    }
    for item in file.enumType { try add(item, in: scope, file: name) }
    for service in file.service {
      let fullName = Self.join(scope, service.name)
      try define(fullName, file: name)
      services[fullName] = service
      serviceNames.append(fullName)
      for method in service.method { try define(Self.join(fullName, method.name), file: name) }
    }
    for field in file.extension { try addExtension(field, in: scope, file: name) }
  }

  /// Resolves a `type_name`: absolute with a leading dot, or looked up from the inside out.
  func resolve(_ typeName: String, from scope: String) -> String? {
    if typeName.hasPrefix(".") {
      let name = String(typeName.dropFirst())
      return files[name] == nil ? nil : name
    }
    var scope = Substring(scope)
    while true {
      let candidate = Self.join(String(scope), typeName)
      if messages[candidate] != nil || enums[candidate] != nil { return candidate }
      if scope.isEmpty { return nil }
      scope = scope.lastIndex(of: ".").map { scope[..<$0] } ?? ""
    }
  }

  static func join(_ scope: String, _ name: String?) -> String {
    scope.isEmpty ? name ?? "" : "\(scope).\(name ?? "")"
  }

  private mutating func add(
    _ message: Google_Protobuf_DescriptorProto, in scope: String, syntax: Syntax, file: String
  ) throws(DescriptorError) {
    let fullName = Self.join(scope, message.name)
    try DescriptorCheck.check(message, fullName: fullName)
    try define(fullName, file: file)
    messages[fullName] = MessageEntry(descriptor: message, syntax: syntax)
    for field in message.field { try define(Self.join(fullName, field.name), file: file) }
    for oneof in message.oneofDecl { try define(Self.join(fullName, oneof.name), file: file) }
    for nested in message.nestedType {
      try add(nested, in: fullName, syntax: syntax, file: file)
    }
    for item in message.enumType { try add(item, in: fullName, file: file) }
    for field in message.extension { try addExtension(field, in: fullName, file: file) }
  }

  private mutating func add(
    _ item: Google_Protobuf_EnumDescriptorProto, in scope: String, file: String
  ) throws(DescriptorError) {
    let fullName = Self.join(scope, item.name)
    try define(fullName, file: file)
    enums[fullName] = item
    // Values are siblings of their enum, as in C++.
    for value in item.value { try define(Self.join(scope, value.name), file: file) }
  }

  private mutating func addExtension(
    _ field: Google_Protobuf_FieldDescriptorProto, in scope: String, file: String
  ) throws(DescriptorError) {
    try define(Self.join(scope, field.name), file: file)
    guard let extendee = field.extendee, let number = field.number else { return }
    let type = extendee.hasPrefix(".") ? String(extendee.dropFirst()) : extendee
    extensions[ExtensionKey(type: type, number: number)] = file
  }

  private mutating func define(_ symbol: String, file: String) throws(DescriptorError) {
    if let other = files.updateValue(file, forKey: symbol) {
      throw .duplicateSymbol(symbol, file: other)
    }
  }
}
