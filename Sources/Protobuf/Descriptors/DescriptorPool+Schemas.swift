extension DescriptorPool {
  /// The schema of a message type, nil when the pool does not know it.
  ///
  /// - Parameter name: the full name, with or without leading dot.
  public func messageSchema(named name: String) -> MessageSchema? {
    let name = name.hasPrefix(".") ? String(name.dropFirst()) : name
    return state.withLock { $0.messageSchema(named: name, pool: self) }
  }

  /// The schema of an enum type, nil when the pool does not know it.
  public func enumSchema(named name: String) -> EnumSchema? {
    let name = name.hasPrefix(".") ? String(name.dropFirst()) : name
    return state.withLock { $0.enumSchema(named: name) }
  }

  /// The schema of a message type, or an error that says which imports are missing.
  public func requireMessageSchema(named name: String) throws(DescriptorError) -> MessageSchema {
    if let schema = messageSchema(named: name) { return schema }
    throw .notFound(name, missingImports: missingImports)
  }

  /// The target of a message field. A missing one stands in as a message without known fields, so
  /// its content is kept as unknown fields.
  fileprivate func target(ofMessageField typeName: String, in scope: String) -> MessageSchema {
    state.withLock { state in
      let name = state.table.resolve(typeName, from: scope)
      if let name, let schema = state.messageSchema(named: name, pool: self) { return schema }
      let bare = typeName.hasPrefix(".") ? String(typeName.dropFirst()) : typeName
      if let standIn = state.messageSchemas[bare] { return standIn }
      return MessageSchema(name: bare, fields: [])
    }
  }

  fileprivate func target(ofEnumField typeName: String, in scope: String) -> EnumSchema {
    state.withLock { state in
      let name = state.table.resolve(typeName, from: scope)
      if let name, let schema = state.enumSchema(named: name) { return schema }
      let bare = typeName.hasPrefix(".") ? String(typeName.dropFirst()) : typeName
      return EnumSchema(name: bare, values: [])
    }
  }
}

extension DescriptorPool.State {
  mutating func messageSchema(named name: String, pool: DescriptorPool) -> MessageSchema? {
    if let schema = messageSchemas[name] { return schema }
    guard let entry = table.messages[name] else { return nil }
    let schema = SchemaBuilder(name: name, entry: entry, table: table, pool: pool).build()
    messageSchemas[name] = schema
    return schema
  }

  mutating func enumSchema(named name: String) -> EnumSchema? {
    if let schema = enumSchemas[name] { return schema }
    guard let descriptor = table.enums[name] else { return nil }
    let schema = EnumSchema(
      name: name, values: descriptor.value.map { ($0.name ?? "", $0.number ?? 0) })
    enumSchemas[name] = schema
    return schema
  }
}

/// Turns one checked message descriptor into a schema. Types are looked up when the schema is
/// linked.
private struct SchemaBuilder {
  let name: String
  let entry: SymbolTable.MessageEntry
  let table: SymbolTable
  let pool: DescriptorPool

  func build() -> MessageSchema {
    let descriptor = entry.descriptor
    // A proto3 `optional` is in a oneof of its own that is not one for users.
    let realOneofs = Set(
      descriptor.field.filter { $0.proto3Optional != true }.compactMap(\.oneofIndex)
    ).sorted()
    let oneofIndexes = Dictionary(
      uniqueKeysWithValues: realOneofs.enumerated().map { ($1, $0) })
    let fields = descriptor.field.sorted { ($0.number ?? 0) < ($1.number ?? 0) }
      .compactMap { schema(of: $0, oneofs: oneofIndexes) }
    return MessageSchema(
      name: name, fields: fields,
      oneofs: realOneofs.map { descriptor.oneofDecl[Int($0)].name ?? "" },
      isMapEntry: isMapEntry(descriptor))
  }

  private func schema(
    of field: Google_Protobuf_FieldDescriptorProto, oneofs: [Int32: Int]
  ) -> FieldSchema? {
    // Groups stay out of the schema; the wire scan refuses them by their wire type.
    guard let type = type(of: field) else { return nil }
    return FieldSchema(
      field.number ?? 0, field.name ?? "", json: field.jsonName, type,
      cardinality(of: field, type: type, oneofs: oneofs))
  }

  private func cardinality(
    of field: Google_Protobuf_FieldDescriptorProto, type: FieldType, oneofs: [Int32: Int]
  ) -> FieldSchema.Cardinality {
    if field.label == .repeated {
      if isMap(field) { return .map }
      let packed = field.options?.packed ?? (entry.syntax != .proto2)
      return .repeated(packed: packed && type.isPackable)
    }
    if field.proto3Optional != true, let oneof = field.oneofIndex, let index = oneofs[oneof] {
      return .oneof(index)
    }
    if field.label == .required { return .required }
    if case .message = type { return .optional }
    return entry.syntax == .proto3 && field.proto3Optional != true ? .implicit : .optional
  }

  private func type(of field: Google_Protobuf_FieldDescriptorProto) -> FieldType? {
    let typeName = field.typeName ?? ""
    switch field.type {
    case .double: return .double
    case .float: return .float
    case .int64: return .int64
    case .uint64: return .uint64
    case .int32: return .int32
    case .fixed64: return .fixed64
    case .fixed32: return .fixed32
    case .bool: return .bool
    case .string: return .string
    case .bytes: return .bytes
    case .uint32: return .uint32
    case .sfixed32: return .sfixed32
    case .sfixed64: return .sfixed64
    case .sint32: return .sint32
    case .sint64: return .sint64
    case .group, .UNRECOGNIZED: return nil
    case .message: return messageType(typeName)
    case .enum: return enumType(typeName)
    case nil:
      // Parsers that do not resolve types leave the kind open.
      let isEnum = table.resolve(typeName, from: name).map { table.enums[$0] != nil } ?? false
      return isEnum ? enumType(typeName) : messageType(typeName)
    }
  }

  private func messageType(_ typeName: String) -> FieldType {
    .message { [pool, name] in pool.target(ofMessageField: typeName, in: name) }
  }

  private func enumType(_ typeName: String) -> FieldType {
    .enum { [pool, name] in pool.target(ofEnumField: typeName, in: name) }
  }

  private func isMap(_ field: Google_Protobuf_FieldDescriptorProto) -> Bool {
    guard field.type == .message,
      let target = table.resolve(field.typeName ?? "", from: name),
      let descriptor = table.messages[target]?.descriptor
    else { return false }
    return isMapEntry(descriptor)
  }

  /// A map entry is only taken for one when it has the form that protoc gives it.
  private func isMapEntry(_ descriptor: Google_Protobuf_DescriptorProto) -> Bool {
    guard descriptor.options?.mapEntry == true, descriptor.field.count == 2,
      let key = descriptor.field.first(where: { $0.number == 1 }),
      let value = descriptor.field.first(where: { $0.number == 2 }),
      key.label != .repeated, value.label != .repeated, key.oneofIndex == nil,
      value.oneofIndex == nil, value.type != .group
    else { return false }
    switch key.type {
    case .double, .float, .bytes, .message, .group, .enum, .UNRECOGNIZED, nil: return false
    default: return true
    }
  }
}
