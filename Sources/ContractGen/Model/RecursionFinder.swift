import Protobuf

/// Finds the fields through which a message would contain itself by value.
struct RecursionFinder {
  let types: TypeTable

  /// Whether a message of type `start` holds, directly or through others, one of type `target`.
  ///
  /// Lists and maps are on the heap already and do not count.
  func reaches(_ target: String, from start: String) -> Bool {
    var pending = [start]
    var seen: Set<String> = []
    while let name = pending.popLast() {
      if name == target { return true }
      guard seen.insert(name).inserted, case .message(_, let descriptor)? = types[name] else {
        continue
      }
      for field in descriptor.field where Self.isSingularMessage(field) {
        pending.append(TypeTable.withoutDot(field.typeName ?? ""))
      }
    }
    return false
  }

  private static func isSingularMessage(_ field: Google_Protobuf_FieldDescriptorProto) -> Bool {
    field.type == .message && field.label != .repeated
  }
}
