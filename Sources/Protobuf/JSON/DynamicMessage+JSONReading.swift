extension DynamicMessage {
  /// Reads a message from proto3 JSON.
  ///
  /// - Throws: ``JSONError`` with the path of the value that does not fit its field.
  public init(
    schema: MessageSchema, json: JSONValue, options: JSONDecodingOptions = JSONDecodingOptions()
  ) throws(JSONError) {
    self = try MessageJSONReader(options: options).message(json, schema, at: .root)
  }

  /// Reads a message from proto3 JSON text.
  ///
  /// - Throws: ``JSONError`` with the place in the text, or the path of the value that does not
  ///   fit.
  public init(
    schema: MessageSchema, jsonString: String,
    options: JSONDecodingOptions = JSONDecodingOptions()
  ) throws(JSONError) {
    let json = try JSONParser.parse(jsonString, depthMax: options.depthMax)
    try self.init(schema: schema, json: json, options: options)
  }
}

/// Maps JSON values to messages.
struct MessageJSONReader {
  let options: JSONDecodingOptions

  func message(
    _ json: JSONValue, _ schema: MessageSchema, at path: JSONPath
  ) throws(JSONError) -> DynamicMessage {
    if let wellKnown = WellKnownType(schema) {
      return try wellKnownMessage(wellKnown, json, schema, at: path)
    }
    guard case .object(let members) = json else {
      throw mismatch(json, "an object (\(schema.name))", at: path)
    }
    return try message(members[...], schema, at: path)
  }

  func message(
    _ members: ArraySlice<JSONValue.Member>, _ schema: MessageSchema, at path: JSONPath
  ) throws(JSONError) -> DynamicMessage {
    var message = DynamicMessage(schema: schema)
    var seen = Set<Int>()
    var seenOneofs = Set<Int>()
    for member in members {
      let place = path.appending(member: member.name)
      guard
        let index = schema.fieldIndex(jsonName: member.name)
          ?? schema.fieldIndex(named: member.name)
      else {
        if options.ignoresUnknownFields { continue }
        throw JSONError(path: place, reason: "\(schema.name) has no such field")
      }
      let field = schema.fields[index]
      guard seen.insert(index).inserted else {
        throw JSONError(path: place, reason: "the field is already given by its other name")
      }
      guard let value = try self.field(member.value, field, at: place) else { continue }
      if let oneof = field.oneofIndex, !seenOneofs.insert(oneof).inserted {
        let name = schema.oneofs.indices.contains(oneof) ? schema.oneofs[oneof] : "oneof"
        throw JSONError(path: place, reason: "another member of \(name) is already given")
      }
      message[index] = value
    }
    return message
  }

  /// Nil when the field is absent: `null`, or an enum name that may be ignored.
  private func field(
    _ json: JSONValue, _ field: FieldSchema, at path: JSONPath
  ) throws(JSONError) -> DynamicValue? {
    switch field.cardinality {
    case .repeated:
      if json == .null { return nil }
      guard case .array(let elements) = json else { throw mismatch(json, "an array", at: path) }
      var values: [DynamicValue] = []
      for (index, element) in elements.enumerated() {
        let place = path.appending(element: index)
        try refuseNull(element, field.type, at: place)
        if let value = try single(element, field.type, at: place) { values.append(value) }
      }
      return .list(values)
    case .map:
      if json == .null { return nil }
      return try map(json, field, at: path)
    case .implicit, .optional, .oneof, .required:
      if json == .null && !WellKnownType.nullIsAValue(field.type) { return nil }
      return try single(json, field.type, at: path)
    }
  }

  private func map(
    _ json: JSONValue, _ field: FieldSchema, at path: JSONPath
  ) throws(JSONError) -> DynamicValue {
    guard case .object(let members) = json else { throw mismatch(json, "an object", at: path) }
    guard let entry = field.type.messageSchema?.fields, entry.count == 2 else {
      throw JSONError(path: path, reason: "the map has no key and value types")
    }
    var entries: [DynamicMapEntry] = []
    for member in members {
      let place = path.appending(member: member.name)
      let key = try mapKey(member.name, entry[0].type, at: place)
      try refuseNull(member.value, entry[1].type, at: place)
      guard let value = try single(member.value, entry[1].type, at: place) else { continue }
      entries.append(DynamicMapEntry(key: key, value: value))
    }
    let distinct = DynamicMapEntry.lastWins(entries)
    guard distinct.count == entries.count else {
      throw JSONError(path: path, reason: "two names stand for the same key")
    }
    return .map(entries)
  }

  private func mapKey(
    _ name: String, _ type: FieldType, at path: JSONPath
  ) throws(JSONError) -> DynamicValue {
    switch type {
    case .string: return .string(name)
    case .bool:
      guard name == "true" || name == "false" else {
        throw JSONError(path: path, reason: "the key is not true or false")
      }
      return .bool(name == "true")
    default:
      let key = try single(.string(name), type, at: path)
      guard let key else { throw JSONError(path: path, reason: "the key is not usable") }
      return key
    }
  }

  private func refuseNull(
    _ json: JSONValue, _ type: FieldType, at path: JSONPath
  ) throws(JSONError) {
    if json == .null && !WellKnownType.nullIsAValue(type) {
      throw JSONError(path: path, reason: "null cannot stand in a list or map")
    }
  }

  func mismatch(_ json: JSONValue, _ expected: String, at path: JSONPath) -> JSONError {
    JSONError(path: path, reason: "\(expected) is expected here, not \(json.kindName)")
  }
}
