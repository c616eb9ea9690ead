extension DynamicMessage {
  /// The canonical proto3 JSON of this message. Unknown fields have no JSON form and are left out.
  ///
  /// - Throws: ``JSONError`` when a well-known type holds a value without JSON form, such as a
  ///   timestamp after the year 9999, or an `Any` of an unknown type.
  public func jsonValue(
    options: JSONEncodingOptions = JSONEncodingOptions()
  ) throws(JSONError) -> JSONValue {
    try MessageJSONWriter(options: options).message(self, at: .root)
  }

  /// The canonical proto3 JSON text of this message; see ``jsonValue(options:)``.
  public func jsonString(
    options: JSONEncodingOptions = JSONEncodingOptions()
  ) throws(JSONError) -> String {
    try jsonValue(options: options).text(options.layout)
  }
}

/// Maps messages to JSON values.
struct MessageJSONWriter {
  let options: JSONEncodingOptions

  func message(_ message: DynamicMessage, at path: JSONPath) throws(JSONError) -> JSONValue {
    // An `Any` is decoded here, beyond the decoder's own depth limit; each one lengthens the path.
    guard path.depth <= JSONParser.depthMax else {
      throw JSONError(path: path, reason: "nested deeper than \(JSONParser.depthMax) levels")
    }
    if let wellKnown = WellKnownType(message.schema) {
      return try wellKnownValue(wellKnown, message, at: path)
    }
    return .object(try members(of: message, at: path))
  }

  func members(
    of message: DynamicMessage, at path: JSONPath
  ) throws(JSONError) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    for (index, field) in message.schema.fields.enumerated() {
      var value = message[index]
      if value == nil, options.emitDefaults, !field.hasPresence {
        value = message.valueOrDefault(index)
      }
      guard let value else { continue }
      let name = options.usesProtoNames ? field.name : field.jsonName
      let json = try self.field(value, field, at: path.appending(member: name))
      members.append(.init(name, json))
    }
    return members
  }

  private func field(
    _ value: DynamicValue, _ field: FieldSchema, at path: JSONPath
  ) throws(JSONError) -> JSONValue {
    switch value {
    case .list(let elements):
      var result: [JSONValue] = []
      for (index, element) in elements.enumerated() {
        result.append(try single(element, field.type, at: path.appending(element: index)))
      }
      return .array(result)
    case .map(let entries):
      guard let entryFields = field.type.messageSchema?.fields, entryFields.count == 2 else {
        throw JSONError(path: path, reason: "the map has no key and value types")
      }
      var result: [JSONValue.Member] = []
      for entry in entries {
        let name = mapKey(entry.key)
        let place = path.appending(member: name)
        result.append(.init(name, try single(entry.value, entryFields[1].type, at: place)))
      }
      return .object(result)
    default:
      return try single(value, field.type, at: path)
    }
  }

  private func mapKey(_ key: DynamicValue) -> String {
    switch key {
    case .string(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .int32(let number): String(number)
    case .int64(let number): String(number)
    case .uint32(let number): String(number)
    case .uint64(let number): String(number)
    // protoc admits no other key types.
    default: ""
    }
  }

  func single(
    _ value: DynamicValue, _ type: FieldType, at path: JSONPath
  ) throws(JSONError) -> JSONValue {
    switch value {
    case .bool(let flag): return .bool(flag)
    case .int32(let number): return .integer(number)
    case .uint32(let number): return .integer(number)
    case .int64(let number): return .string(String(number))
    case .uint64(let number): return .string(String(number))
    case .float(let number): return floatingPoint(number)
    case .double(let number): return floatingPoint(number)
    case .string(let text): return .string(text)
    case .bytes(let bytes): return .string(Base64.encode(bytes))
    case .enumeration(let number): return enumeration(number, type)
    case .message(let inner): return try message(inner, at: path)
    case .list, .map: throw JSONError(path: path, reason: "a list or map cannot stand here")
    }
  }

  private func enumeration(_ number: Int32, _ type: FieldType) -> JSONValue {
    guard let schema = type.enumSchema else { return .integer(number) }
    if schema.name == "google.protobuf.NullValue" { return .null }
    guard !options.writesEnumsAsNumbers, let name = schema.name(of: number) else {
      return .integer(number)
    }
    return .string(name)
  }

  private func floatingPoint<F: BinaryFloatingPoint & LosslessStringConvertible>(
    _ value: F
  ) -> JSONValue {
    if value.isNaN { return .string("NaN") }
    if value.isInfinite { return .string(value < 0 ? "-Infinity" : "Infinity") }
    // The shortest text that reads back as the same value; whole numbers lose their ".0". Minus
    // zero keeps it: readers that take "-0" for an integer would lose the sign.
    let text = String(value)
    let isWhole = text.hasSuffix(".0") && text != "-0.0"
    return .number(JSONNumber(checked: isWhole ? String(text.dropLast(2)) : text))
  }
}
