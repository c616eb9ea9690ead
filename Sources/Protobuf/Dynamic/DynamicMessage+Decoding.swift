extension DynamicMessage {
  /// Decodes a message from its wire bytes.
  ///
  /// - Throws: ``DecodeError`` naming message, field and reason.
  public init(
    schema: MessageSchema, serializedBytes bytes: UnsafeRawBufferPointer,
    limits: DecodingLimits = .standard
  ) throws(DecodeError) {
    self = try schema.decode(bytes, limits: limits) { view throws(DecodeError) in
      try DynamicMessage(schema: schema, from: view)
    }
  }

  /// Decodes a message from its wire bytes.
  ///
  /// - Throws: ``DecodeError`` naming message, field and reason.
  public init(
    schema: MessageSchema, serializedBytes bytes: [UInt8], limits: DecodingLimits = .standard
  ) throws(DecodeError) {
    // withUnsafeBytes cannot carry a typed error through, hence the Result.
    let result = bytes.withUnsafeBytes { raw -> Result<DynamicMessage, DecodeError> in
      Result { () throws(DecodeError) in
        try DynamicMessage(schema: schema, serializedBytes: raw, limits: limits)
      }
    }
    self = try result.get()
  }

  /// Copies all fields out of a view of a message of this schema.
  init(schema: MessageSchema, from view: MessageView) throws(DecodeError) {
    self.init(schema: schema)
    for (index, field) in schema.fields.enumerated() {
      switch field.cardinality {
      case .repeated:
        self[index] = .list(try Self.list(view, index, field.type))
      case .map:
        self[index] = .map(try Self.map(view, index, field.type))
      case .implicit, .optional, .oneof, .required:
        guard view.has(index) else { continue }
        self[index] = try Self.single(view, index, field.type)
      }
    }
    unknownFields = view.unknownFields
  }

  private static func single(
    _ view: MessageView, _ index: Int, _ type: FieldType
  ) throws(DecodeError) -> DynamicValue {
    switch type {
    case .double: return .double(view.double(index))
    case .float: return .float(view.float(index))
    case .int32, .sint32, .sfixed32: return .int32(view.int32(index))
    case .int64, .sint64, .sfixed64: return .int64(view.int64(index))
    case .uint32, .fixed32: return .uint32(view.uint32(index))
    case .uint64, .fixed64: return .uint64(view.uint64(index))
    case .bool: return .bool(view.bool(index))
    case .string: return .string(try view.string(index))
    case .bytes: return .bytes(view.bytes(index))
    case .enum: return .enumeration(view.int32(index))
    case .message(let schema):
      guard let nested = view.messageView(index) else {
        return .message(DynamicMessage(schema: schema()))
      }
      return .message(try DynamicMessage(schema: schema(), from: nested))
    }
  }

  private static func list(
    _ view: MessageView, _ index: Int, _ type: FieldType
  ) throws(DecodeError) -> [DynamicValue] {
    switch type {
    case .double: return view.repeatedDouble(index).map { .double($0) }
    case .float: return view.repeatedFloat(index).map { .float($0) }
    case .int32, .sint32, .sfixed32: return view.repeatedInt32(index).map { .int32($0) }
    case .int64, .sint64, .sfixed64: return view.repeatedInt64(index).map { .int64($0) }
    case .uint32, .fixed32: return view.repeatedUInt32(index).map { .uint32($0) }
    case .uint64, .fixed64: return view.repeatedUInt64(index).map { .uint64($0) }
    case .bool: return view.repeatedBool(index).map { .bool($0) }
    case .string: return try view.repeatedString(index).map { .string($0) }
    case .bytes: return view.repeatedBytes(index).map { .bytes($0) }
    case .enum: return view.repeatedInt32(index).map { .enumeration($0) }
    case .message(let schema):
      let schema = schema()
      var messages: [DynamicValue] = []
      for position in 0..<view.count(index) {
        let nested = view.messageView(index, at: position)
        messages.append(.message(try DynamicMessage(schema: schema, from: nested)))
      }
      return messages
    }
  }

  /// Of entries with the same key the last one wins, as the protobuf specification says.
  private static func map(
    _ view: MessageView, _ index: Int, _ type: FieldType
  ) throws(DecodeError) -> [DynamicMapEntry] {
    guard let fields = type.messageSchema?.fields, fields.count == 2 else { return [] }
    var entries: [DynamicMapEntry] = []
    for position in 0..<view.count(index) {
      let entry = view.messageView(index, at: position)
      entries.append(
        DynamicMapEntry(
          key: try single(entry, 0, fields[0].type), value: try single(entry, 1, fields[1].type)))
    }
    return DynamicMapEntry.lastWins(entries)
  }
}
