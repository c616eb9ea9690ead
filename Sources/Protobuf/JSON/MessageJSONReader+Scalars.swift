extension MessageJSONReader {
  /// One value of a field, list element or map value; nil for an enum name that may be ignored.
  func single(
    _ json: JSONValue, _ type: FieldType, at path: JSONPath
  ) throws(JSONError) -> DynamicValue? {
    switch type {
    case .int32, .sint32, .sfixed32: return .int32(try integer(json, "a 32-bit integer", at: path))
    case .int64, .sint64, .sfixed64: return .int64(try integer(json, "a 64-bit integer", at: path))
    case .uint32, .fixed32:
      return .uint32(try integer(json, "an unsigned 32-bit integer", at: path))
    case .uint64, .fixed64:
      return .uint64(try integer(json, "an unsigned 64-bit integer", at: path))
    case .double: return .double(try floatingPoint(json, at: path) { $0.double })
    case .float: return .float(try floatingPoint(json, at: path) { $0.float })
    case .bool:
      guard case .bool(let flag) = json else { throw mismatch(json, "true or false", at: path) }
      return .bool(flag)
    case .string:
      guard case .string(let text) = json else { throw mismatch(json, "a string", at: path) }
      return .string(text)
    case .bytes:
      guard case .string(let text) = json else { throw mismatch(json, "base64 text", at: path) }
      guard let bytes = Base64.decode(text) else {
        throw JSONError(path: path, reason: "the text is not base64")
      }
      return .bytes(bytes)
    case .enum(let schema):
      return try enumeration(json, schema(), at: path).map { .enumeration($0) }
    case .message(let schema): return .message(try message(json, schema(), at: path))
    }
  }

  private func integer<I: FixedWidthInteger>(
    _ json: JSONValue, _ kind: String, at path: JSONPath
  ) throws(JSONError) -> I {
    let number: JSONNumber
    switch json {
    case .number(let plain): number = plain
    case .string(let text):
      guard let quoted = JSONNumber(text) else {
        throw JSONError(path: path, reason: "the text is not \(kind)")
      }
      number = quoted
    default: throw mismatch(json, kind, at: path)
    }
    guard let value = number.integer(I.self) else {
      throw JSONError(path: path, reason: "\(number.text) is not \(kind)")
    }
    return value
  }

  private func floatingPoint<F: BinaryFloatingPoint>(
    _ json: JSONValue, at path: JSONPath, convert: (JSONNumber) -> F?
  ) throws(JSONError) -> F {
    let number: JSONNumber
    switch json {
    case .number(let plain): number = plain
    case .string("NaN"): return .nan
    case .string("Infinity"): return .infinity
    case .string("-Infinity"): return -.infinity
    case .string(let text):
      guard let quoted = JSONNumber(text) else {
        throw JSONError(path: path, reason: "the text is not a number")
      }
      number = quoted
    default: throw mismatch(json, "a number", at: path)
    }
    guard let value = convert(number) else {
      throw JSONError(path: path, reason: "\(number.text) is out of range")
    }
    return value
  }

  private func enumeration(
    _ json: JSONValue, _ schema: EnumSchema, at path: JSONPath
  ) throws(JSONError) -> Int32? {
    switch json {
    case .null where schema.name == "google.protobuf.NullValue": return 0
    case .number: return try integer(json, "a number of \(schema.name)", at: path) as Int32
    case .string(let name):
      if let number = schema.number(named: name) { return number }
      if options.ignoresUnknownFields { return nil }
      throw JSONError(path: path, reason: "\(schema.name) has no value \"\(name)\"")
    default: throw mismatch(json, "a name of \(schema.name)", at: path)
    }
  }
}
