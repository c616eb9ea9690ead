/// Refuses message descriptors that no schema can be made of.
///
/// Descriptors arrive from servers by reflection, so this is input like any other. protoc never
/// produces what is refused here.
enum DescriptorCheck {
  /// More fields than any honest message; keeps indexes within 16 bits.
  static let fieldCountMax = 10_000

  static func check(
    _ message: Google_Protobuf_DescriptorProto, fullName: String
  ) throws(DescriptorError) {
    if message.name?.isEmpty ?? true { throw .malformed(symbol: fullName, problem: "no name") }
    if message.field.count > fieldCountMax {
      throw .malformed(symbol: fullName, problem: "more than \(fieldCountMax) fields")
    }
    var numbers: Set<Int32> = []
    for field in message.field {
      if let problem = problem(with: field, in: message, numbers: &numbers) {
        throw .malformed(symbol: SymbolTable.join(fullName, field.name), problem: problem)
      }
    }
  }

  private static func problem(
    with field: Google_Protobuf_FieldDescriptorProto, in message: Google_Protobuf_DescriptorProto,
    numbers: inout Set<Int32>
  ) -> String? {
    guard let number = field.number, (1...536_870_911).contains(number) else {
      return "its number is out of range"
    }
    if (19_000...19_999).contains(number) { return "its number is reserved by protobuf" }
    if !numbers.insert(number).inserted { return "its number is used twice" }
    if let oneof = field.oneofIndex, !message.oneofDecl.indices.contains(Int(oneof)) {
      return "its oneof does not exist"
    }
    if field.oneofIndex != nil, field.label == .repeated { return "a repeated field in a oneof" }
    switch field.type {
    case nil where field.typeName == nil: return "it has no type"
    case .message, .enum, .group:
      return field.typeName == nil ? "its type has no name" : nil
    case .UNRECOGNIZED(let type): return "type \(type) does not exist"
    default: return nil
    }
  }
}
