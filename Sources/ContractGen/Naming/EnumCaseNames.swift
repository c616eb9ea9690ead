import Protobuf

/// Chooses the Swift cases of an enum: the prefix that repeats the enum's name goes, the rest
/// becomes camel case.
enum EnumCaseNames {
  /// A value with its Swift name.
  struct Assignment {
    let protoName: String
    let number: Int32
    let swiftName: String
    /// The case of the first value with the same number, nil when this is it.
    let aliasOf: String?
  }

  /// Names the values in declaration order.
  static func assign(to descriptor: Google_Protobuf_EnumDescriptorProto) -> [Assignment] {
    let names = descriptor.value.map { $0.name ?? "" }
    let stripped = withoutPrefix(names, of: descriptor.name ?? "")
    var taken: Set<String> = []
    var caseByNumber: [Int32: String] = [:]
    var result: [Assignment] = []
    for (index, value) in descriptor.value.enumerated() {
      let number = value.number ?? 0
      var name = ReservedNames.enumCase(IdentifierCase.lowerCamel(stripped[index]))
      let original = caseByNumber[number]
      if name == original {
        // Two spellings of one name: the second needs no property of its own.
        name += "_alias\(index)"
      } else if taken.contains(name) {
        name = "\(names[index])_\(index)"
      }
      taken.insert(name)
      if original == nil { caseByNumber[number] = name }
      result.append(
        Assignment(
          protoName: names[index], number: number, swiftName: name, aliasOf: original))
    }
    return result
  }

  /// The names without the prefix that spells the enum's own name; unchanged when one of them lacks
  /// it, or when what is left of one could not be an identifier.
  static func withoutPrefix(_ names: [String], of enumName: String) -> [String] {
    let wanted = enumName.lowercased().filter { $0 != "_" }
    var result: [String] = []
    for name in names {
      guard let rest = rest(of: name, afterPrefix: wanted) else { return names }
      result.append(rest)
    }
    return result
  }

  private static func rest(of name: String, afterPrefix prefix: String) -> String? {
    var remaining = prefix[...]
    var index = name.startIndex
    while let wanted = remaining.first {
      guard index < name.endIndex else { return nil }
      let character = name[index]
      index = name.index(after: index)
      if character == "_" { continue }
      guard character.lowercased() == String(wanted) else { return nil }
      remaining = remaining.dropFirst()
    }
    let rest = name[index...].drop { $0 == "_" }
    guard let first = rest.first, !first.isNumber else { return nil }
    // The name must end at a word: STATE of STATELESS is no prefix.
    guard name[index] == "_" || first.isUppercase && name.contains(where: \.isLowercase) else {
      return nil
    }
    return String(rest)
  }
}
