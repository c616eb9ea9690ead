import Protobuf

/// The declarations of a set of `.proto` files by full name.
struct DeclarationTable: Sendable {
  /// The files, by name.
  private(set) var files: [String: Google_Protobuf_FileDescriptorProto] = [:]
  private var declarations: [String: Declaration] = [:]

  /// The declaration that a full name stands for.
  subscript(name: String) -> Declaration? { declarations[name] }

  /// Full names of all services, sorted.
  var services: [String] {
    declarations.values.compactMap { declaration in
      if case .service = declaration.kind { declaration.name } else { nil }
    }.sorted()
  }

  /// Names of imported files that are not here.
  var missingFiles: Set<String> {
    var missing: Set<String> = []
    for file in files.values {
      for name in file.dependency where files[name] == nil { missing.insert(name) }
    }
    return missing
  }

  /// Adds a file; of two with the same name the first one stays.
  mutating func add(_ file: Google_Protobuf_FileDescriptorProto) {
    let fileName = file.name ?? ""
    guard files[fileName] == nil else { return }
    files[fileName] = file
    let scope = Self.scope(file.package ?? "")
    for (index, service) in file.service.enumerated() {
      add(service, scope: scope, file: fileName, location: [6, Int32(index)])
    }
    for (index, message) in file.messageType.enumerated() {
      add(message, scope: scope, file: fileName, location: [4, Int32(index)])
    }
    for (index, enumeration) in file.enumType.enumerated() {
      add(enumeration, scope: scope, file: fileName, location: [5, Int32(index)])
    }
  }

  private static func scope(_ name: String) -> String { name.isEmpty ? "" : name + "." }

  private mutating func insert(
    _ name: String, _ kind: Declaration.Kind, file: String, location: [Int32]
  ) {
    declarations[name] = Declaration(name: name, kind: kind, file: file, location: location)
  }

  private mutating func add(
    _ service: Google_Protobuf_ServiceDescriptorProto, scope: String, file: String,
    location: [Int32]
  ) {
    let name = scope + (service.name ?? "")
    insert(name, .service(service), file: file, location: location)
    for (index, method) in service.method.enumerated() {
      insert(
        "\(name).\(method.name ?? "")", .method(method), file: file,
        location: location + [2, Int32(index)])
    }
  }

  private mutating func add(
    _ message: Google_Protobuf_DescriptorProto, scope: String, file: String, location: [Int32]
  ) {
    let name = scope + (message.name ?? "")
    insert(name, .message(message), file: file, location: location)
    for (index, field) in message.field.enumerated() {
      insert(
        "\(name).\(field.name ?? "")", .field(field, in: message), file: file,
        location: location + [2, Int32(index)])
    }
    for (index, nested) in message.nestedType.enumerated() {
      add(nested, scope: name + ".", file: file, location: location + [3, Int32(index)])
    }
    for (index, nested) in message.enumType.enumerated() {
      add(nested, scope: name + ".", file: file, location: location + [4, Int32(index)])
    }
  }

  private mutating func add(
    _ enumeration: Google_Protobuf_EnumDescriptorProto, scope: String, file: String,
    location: [Int32]
  ) {
    let name = scope + (enumeration.name ?? "")
    insert(name, .enumeration(enumeration), file: file, location: location)
    for (index, value) in enumeration.value.enumerated() {
      let place = location + [2, Int32(index)]
      insert("\(name).\(value.name ?? "")", .enumValue(value), file: file, location: place)
      // The name C++ gives it, beside its enum.
      if declarations[scope + (value.name ?? "")] == nil {
        insert(scope + (value.name ?? ""), .enumValue(value), file: file, location: place)
      }
    }
  }
}
