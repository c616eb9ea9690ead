import Protobuf

/// The Swift names of all messages and enums that the files of a request declare.
struct TypeTable {
  /// What a full proto name stands for.
  enum Entry {
    case message(swiftName: String, descriptor: Google_Protobuf_DescriptorProto)
    /// An enum and the Swift case of its first value.
    case enumeration(swiftName: String, zeroCase: String)
  }

  private var entries: [String: Entry] = [:]

  init(_ files: [Google_Protobuf_FileDescriptorProto]) {
    for file in files {
      let prefix = Self.prefix(of: file)
      let scope = file.package.map { $0.isEmpty ? "" : $0 + "." } ?? ""
      for message in file.messageType {
        add(message, scope: scope, swiftScope: "", prefix: prefix)
      }
      for enumeration in file.enumType {
        add(enumeration, scope: scope, swiftScope: "", prefix: prefix)
      }
    }
  }

  /// What the top-level types of a file start with.
  static func prefix(of file: Google_Protobuf_FileDescriptorProto) -> String {
    file.options?.swiftPrefix ?? IdentifierCase.packagePrefix(file.package ?? "")
  }

  /// A message type's own Swift name; the prefix is nil for nested types.
  static func messageName(_ name: String, prefix: String?) -> String {
    ReservedNames.messageType(typeName(name, prefix: prefix), isBare: prefix == "")
  }

  /// An enum type's own Swift name; the prefix is nil for nested types.
  static func enumName(_ name: String, prefix: String?) -> String {
    ReservedNames.enumType(typeName(name, prefix: prefix), isBare: prefix == "")
  }

  private static func typeName(_ name: String, prefix: String?) -> String {
    guard let prefix, !prefix.isEmpty else { return IdentifierCase.upperFirst(name) }
    return prefix + name
  }

  /// Looks a type up by the name that descriptors write, with a leading dot.
  subscript(typeName: String) -> Entry? { entries[Self.withoutDot(typeName)] }

  /// A full name without the leading dot.
  static func withoutDot(_ name: String) -> String {
    name.hasPrefix(".") ? String(name.dropFirst()) : name
  }

  private mutating func add(
    _ message: Google_Protobuf_DescriptorProto, scope: String, swiftScope: String, prefix: String?
  ) {
    let name = message.name ?? ""
    let swiftName = swiftScope + Self.messageName(name, prefix: prefix)
    entries[scope + name] = .message(swiftName: swiftName, descriptor: message)
    for nested in message.nestedType {
      add(nested, scope: "\(scope)\(name).", swiftScope: swiftName + ".", prefix: nil)
    }
    for nested in message.enumType {
      add(nested, scope: "\(scope)\(name).", swiftScope: swiftName + ".", prefix: nil)
    }
  }

  private mutating func add(
    _ enumeration: Google_Protobuf_EnumDescriptorProto, scope: String, swiftScope: String,
    prefix: String?
  ) {
    let name = enumeration.name ?? ""
    let values = EnumCaseNames.assign(to: enumeration)
    entries[scope + name] = .enumeration(
      swiftName: swiftScope + Self.enumName(name, prefix: prefix),
      zeroCase: values.first?.swiftName ?? "UNRECOGNIZED(0)")
  }
}
