extension MessageJSONReader {
  /// Reads the special JSON form of a well-known type. The shape of its schema has been checked.
  func wellKnownMessage(
    _ type: WellKnownType, _ json: JSONValue, _ schema: MessageSchema, at path: JSONPath
  ) throws(JSONError) -> DynamicMessage {
    var message = DynamicMessage(schema: schema)
    switch type {
    case .timestamp:
      guard case .string(let text) = json, let stamp = TimestampText(text) else {
        throw mismatch(json, "an RFC 3339 time like \"2026-01-31T12:00:00Z\"", at: path)
      }
      message[0] = .int64(stamp.seconds)
      message[1] = .int32(stamp.nanos)
    case .duration:
      guard case .string(let text) = json, let duration = DurationText(text) else {
        throw mismatch(json, "a duration like \"1.5s\"", at: path)
      }
      message[0] = .int64(duration.seconds)
      message[1] = .int32(duration.nanos)
    case .fieldMask:
      message[0] = .list(try fieldMask(json, at: path))
    case .wrapper:
      message[0] = try single(json, schema.fields[0].type, at: path)
    case .structure:
      message[0] = .map(try structure(json, schema, at: path))
    case .listValue:
      guard case .array(let elements) = json else { throw mismatch(json, "an array", at: path) }
      var values: [DynamicValue] = []
      for (index, element) in elements.enumerated() {
        let place = path.appending(element: index)
        if let value = try single(element, schema.fields[0].type, at: place) {
          values.append(value)
        }
      }
      message[0] = .list(values)
    case .value:
      let index = Self.valueIndex(of: json)
      message[index] =
        index == 0 ? .enumeration(0) : try single(json, schema.fields[index].type, at: path)
    case .any:
      try readAny(json, into: &message, at: path)
    }
    return message
  }

  /// The member of `google.protobuf.Value` that holds this kind of JSON value.
  private static func valueIndex(of json: JSONValue) -> Int {
    switch json {
    case .null: 0
    case .number: 1
    case .string: 2
    case .bool: 3
    case .object: 4
    case .array: 5
    }
  }

  private func fieldMask(
    _ json: JSONValue, at path: JSONPath
  ) throws(JSONError) -> [DynamicValue] {
    guard case .string(let text) = json else { throw mismatch(json, "field paths", at: path) }
    guard !text.isEmpty else { return [] }
    var paths: [DynamicValue] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let snake = FieldMaskText.snake(part) else {
        throw JSONError(path: path, reason: "\"\(part)\" is no lowerCamelCase field path")
      }
      paths.append(.string(snake))
    }
    return paths
  }

  private func structure(
    _ json: JSONValue, _ schema: MessageSchema, at path: JSONPath
  ) throws(JSONError) -> [DynamicMapEntry] {
    guard case .object(let members) = json,
      let valueType = schema.fields[0].type.messageSchema?.fields.last?.type
    else { throw mismatch(json, "an object", at: path) }
    var entries: [DynamicMapEntry] = []
    for member in members {
      let place = path.appending(member: member.name)
      guard let value = try single(member.value, valueType, at: place) else { continue }
      entries.append(DynamicMapEntry(key: .string(member.name), value: value))
    }
    return entries
  }

  private func readAny(
    _ json: JSONValue, into message: inout DynamicMessage, at path: JSONPath
  ) throws(JSONError) {
    guard case .object(let members) = json else { throw mismatch(json, "an object", at: path) }
    if members.isEmpty { return }
    guard let typeIndex = members.firstIndex(where: { $0.name == "@type" }),
      case .string(let url) = members[typeIndex].value
    else { throw JSONError(path: path, reason: "an Any needs an \"@type\"") }
    guard let name = AnyTypeURL.messageName(url),
      let schema = options.resolver.messageSchema(named: name)
    else {
      throw JSONError(
        path: path.appending(member: "@type"), reason: "the type \"\(url)\" is not known")
    }
    var rest = members
    rest.remove(at: typeIndex)
    let content: DynamicMessage
    let isBareValue = rest.count == 1 && rest[0].name == "value"
    if WellKnownType(schema) != nil {
      guard isBareValue else {
        throw JSONError(path: path, reason: "the content of \(name) stands in \"value\"")
      }
      content = try self.message(rest[0].value, schema, at: path.appending(member: "value"))
    } else if isBareValue, name == "google.protobuf.Empty" {
      // Some writers treat Empty as a type with a form of its own.
      content = try self.message(rest[0].value, schema, at: path.appending(member: "value"))
    } else {
      content = try self.message(rest[...], schema, at: path)
    }
    do {
      message[1] = .bytes(try content.serializedBytes())
    } catch {
      throw JSONError(path: path, reason: "the content cannot be encoded: \(error)")
    }
    message[0] = .string(url)
  }
}
