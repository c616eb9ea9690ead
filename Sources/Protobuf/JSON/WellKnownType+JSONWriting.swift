extension MessageJSONWriter {
  /// The special JSON form of a well-known type. The shape of its schema has been checked.
  func wellKnownValue(
    _ type: WellKnownType, _ message: DynamicMessage, at path: JSONPath
  ) throws(JSONError) -> JSONValue {
    switch type {
    case .timestamp:
      let (seconds, nanos) = secondsAndNanos(message)
      guard let stamp = TimestampText(seconds: seconds, nanos: nanos) else {
        throw JSONError(path: path, reason: "the timestamp lies outside the years 1 to 9999")
      }
      return .string(stamp.text)
    case .duration:
      let (seconds, nanos) = secondsAndNanos(message)
      guard let duration = DurationText(seconds: seconds, nanos: nanos) else {
        throw JSONError(path: path, reason: "the duration is out of range or of mixed sign")
      }
      return .string(duration.text)
    case .fieldMask:
      return .string(try fieldMask(message, at: path))
    case .wrapper:
      return try single(message.valueOrDefault(0), message.schema.fields[0].type, at: path)
    case .structure:
      return try structure(message, at: path)
    case .listValue:
      guard case .list(let elements) = message.valueOrDefault(0) else { return .array([]) }
      var result: [JSONValue] = []
      for (index, element) in elements.enumerated() {
        let place = path.appending(element: index)
        result.append(try single(element, message.schema.fields[0].type, at: place))
      }
      return .array(result)
    case .value:
      return try value(message, at: path)
    case .any:
      return try any(message, at: path)
    }
  }

  private func secondsAndNanos(_ message: DynamicMessage) -> (Int64, Int32) {
    guard case .int64(let seconds) = message.valueOrDefault(0),
      case .int32(let nanos) = message.valueOrDefault(1)
    else { return (0, 0) }
    return (seconds, nanos)
  }

  private func fieldMask(
    _ message: DynamicMessage, at path: JSONPath
  ) throws(JSONError) -> String {
    guard case .list(let elements) = message.valueOrDefault(0) else { return "" }
    var paths: [String] = []
    for case .string(let original) in elements {
      guard let camel = FieldMaskText.camel(original) else {
        throw JSONError(path: path, reason: "the path \"\(original)\" has no JSON form")
      }
      paths.append(camel)
    }
    return paths.joined(separator: ",")
  }

  private func structure(
    _ message: DynamicMessage, at path: JSONPath
  ) throws(JSONError) -> JSONValue {
    guard case .map(let entries) = message.valueOrDefault(0),
      let valueType = message.schema.fields[0].type.messageSchema?.fields.last?.type
    else { return .object([]) }
    var members: [JSONValue.Member] = []
    for entry in entries {
      guard case .string(let name) = entry.key else { continue }
      let place = path.appending(member: name)
      members.append(.init(name, try single(entry.value, valueType, at: place)))
    }
    return .object(members)
  }

  private func value(
    _ message: DynamicMessage, at path: JSONPath
  ) throws(JSONError) -> JSONValue {
    for (index, field) in message.schema.fields.enumerated() {
      guard let value = message[index] else { continue }
      if case .double(let number) = value, !number.isFinite {
        throw JSONError(path: path, reason: "a Value cannot hold NaN or an infinity in JSON")
      }
      return index == 0 ? .null : try single(value, field.type, at: path)
    }
    throw JSONError(path: path, reason: "a Value without content has no JSON form")
  }

  private func any(_ message: DynamicMessage, at path: JSONPath) throws(JSONError) -> JSONValue {
    guard case .string(let url) = message.valueOrDefault(0),
      case .bytes(let bytes) = message.valueOrDefault(1)
    else { return .object([]) }
    if url.isEmpty && bytes.isEmpty { return .object([]) }
    let type = JSONValue.Member("@type", .string(url))
    guard let name = AnyTypeURL.messageName(url),
      let schema = options.resolver.messageSchema(named: name)
    else {
      if options.showsUnresolvedAny {
        return .object([type, .init("@value", .string(Base64.encode(bytes)))])
      }
      throw JSONError(path: path, reason: "the type \"\(url)\" is not known")
    }
    let content: DynamicMessage
    do {
      content = try DynamicMessage(schema: schema, serializedBytes: bytes)
    } catch {
      throw JSONError(path: path, reason: "the content is no \(name): \(error)")
    }
    if WellKnownType(schema) != nil {
      let inner = try self.message(content, at: path.appending(member: "value"))
      return .object([type, .init("value", inner)])
    }
    return .object([type] + (try members(of: content, at: path)))
  }
}

/// The URL in `google.protobuf.Any.type_url`.
enum AnyTypeURL {
  /// The full message name after the last slash; nil when there is no slash or nothing after it.
  static func messageName(_ url: String) -> String? {
    guard let slash = url.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    let name = url[url.utf8.index(after: slash)...]
    return name.isEmpty ? nil : String(name)
  }
}
