/// A `.proto` file to generate code for.
struct FileModel: Sendable {
  /// The path as importers write it.
  let path: String
  /// The paths of the imported files.
  let dependencies: [String]
  let messages: [MessageModel]
  let enums: [EnumModel]
  let services: [ServiceModel]
  /// The serialized FileDescriptorProto without source information.
  let descriptor: [UInt8]

  /// The namespace of the embedded descriptor: `a/b_c/d.proto` gives `A_BC_D_FileDescriptor`.
  static func descriptorType(path: String) -> String {
    let stem = path.hasSuffix(".proto") ? path.dropLast(6) : path[...]
    let parts = stem.split(separator: "/").map { part in
      part.split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
        .map(IdentifierCase.upperFirst).joined()
    }
    let name = parts.joined(separator: "_")
    let startsWithDigit = name.first?.isNumber == true
    return (startsWithDigit ? "_" : "") + name + "_FileDescriptor"
  }
}
