extension DynamicMessage {
  /// Encodes the message, map entries in their present order, unknown fields last.
  ///
  /// - Parameter headroom: number of zero bytes to leave in front of the message.
  /// - Throws: ``EncodeError`` when the message nests too deeply or would pass 2 GiB.
  public func serializedBytes(headroom: Int = 0) throws(EncodeError) -> [UInt8] {
    try schema.encode(headroom: headroom) { writer in write(into: &writer) }
  }

  func write(into writer: inout MessageWriter) {
    for (index, field) in schema.fields.enumerated() {
      guard let value = self[index] else { continue }
      switch value {
      case .list(let elements): Self.write(elements, index, field.type, into: &writer)
      case .map(let entries):
        writer.repeatedMessage(index, count: entries.count) { position, entry in
          Self.write(entries[position].key, 0, into: &entry)
          Self.write(entries[position].value, 1, into: &entry)
        }
      default: Self.write(value, index, into: &writer)
      }
    }
    writer.unknownFields(unknownFields)
  }

  private static func write(
    _ value: DynamicValue, _ index: Int, into writer: inout MessageWriter
  ) {
    switch value {
    case .bool(let value): writer.bool(value, index)
    case .int32(let value), .enumeration(let value): writer.int32(value, index)
    case .int64(let value): writer.int64(value, index)
    case .uint32(let value): writer.uint32(value, index)
    case .uint64(let value): writer.uint64(value, index)
    case .float(let value): writer.float(value, index)
    case .double(let value): writer.double(value, index)
    case .string(let value): writer.string(value, index)
    case .bytes(let value): writer.bytes(value, index)
    case .message(let value): writer.message(index) { nested in value.write(into: &nested) }
    case .list, .map: preconditionFailure("a list or map cannot be inside a list or map")
    }
  }

  private static func write(
    _ elements: [DynamicValue], _ index: Int, _ type: FieldType, into writer: inout MessageWriter
  ) {
    switch type {
    case .double: writer.repeatedDouble(elements.compactMap(\.asDouble), index)
    case .float: writer.repeatedFloat(elements.compactMap(\.asFloat), index)
    case .int32, .sint32, .sfixed32, .enum:
      writer.repeatedInt32(elements.compactMap(\.asInt32), index)
    case .int64, .sint64, .sfixed64: writer.repeatedInt64(elements.compactMap(\.asInt64), index)
    case .uint32, .fixed32: writer.repeatedUInt32(elements.compactMap(\.asUInt32), index)
    case .uint64, .fixed64: writer.repeatedUInt64(elements.compactMap(\.asUInt64), index)
    case .bool: writer.repeatedBool(elements.compactMap(\.asBool), index)
    case .string: writer.repeatedString(elements.compactMap(\.asString), index)
    case .bytes: writer.repeatedBytes(elements.compactMap(\.asBytes), index)
    case .message:
      let messages = elements.compactMap(\.asMessage)
      writer.repeatedMessage(index, count: messages.count) { position, nested in
        messages[position].write(into: &nested)
      }
    }
  }
}
