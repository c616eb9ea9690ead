/// A message whose type is known only at run time, by its schema.
///
/// It goes through the same decoder and encoder as generated messages and is what JSON mapping and
/// debugging tools work on. Use a generated type wherever there is one: it is checked by the
/// compiler and several times faster.
public struct DynamicMessage: Sendable {
  /// The type of the message.
  public let schema: MessageSchema

  /// Fields that were on the wire and are not in the schema. They are written again when encoding.
  public var unknownFields = UnknownFields()

  /// By field index; nil where the field is not set.
  private var values: [DynamicValue?]

  /// Makes a message with no field set.
  public init(schema: MessageSchema) {
    self.schema = schema
    self.values = Array(repeating: nil, count: schema.fields.count)
  }

  /// The value of the field with this index in `schema.fields`; nil when it is not set.
  ///
  /// Setting a member of a oneof clears the others. Setting a field without presence to its
  /// default, or a list or map to empty, clears it. The value must have the case that the field's
  /// type asks for.
  public subscript(index: Int) -> DynamicValue? {
    get { values[index] }
    set {
      let field = schema.fields[index]
      if let value = newValue {
        precondition(
          Self.admits(value, for: field), "\(schema.name).\(field.name) is of another type")
      }
      if newValue != nil, let oneof = field.oneofIndex {
        for other in values.indices where schema.fields[other].oneofIndex == oneof {
          values[other] = nil
        }
      }
      values[index] = newValue.flatMap { Self.isAbsent($0, for: field) ? nil : $0 }
    }
  }

  /// The value of the field with this proto name; nil when it is not set or does not exist.
  public subscript(field name: String) -> DynamicValue? {
    get { schema.fieldIndex(named: name).flatMap { values[$0] } }
    set {
      guard let index = schema.fieldIndex(named: name) else {
        preconditionFailure("\(schema.name) has no field \(name)")
      }
      self[index] = newValue
    }
  }

  /// The value of a field, or its default when it is not set.
  public func valueOrDefault(_ index: Int) -> DynamicValue {
    if let value = values[index] { return value }
    let field = schema.fields[index]
    switch field.cardinality {
    case .repeated: return .list([])
    case .map: return .map([])
    case .implicit, .optional, .oneof, .required: return .defaultValue(of: field.type)
    }
  }

  /// Whether nothing at all is set.
  public var isEmpty: Bool {
    values.allSatisfy { $0 == nil } && unknownFields == UnknownFields()
  }

  private static func admits(_ value: DynamicValue, for field: FieldSchema) -> Bool {
    switch (field.cardinality, value) {
    case (.repeated, .list(let elements)): elements.allSatisfy { $0.fits(field.type) }
    case (.map, .map): true
    case (.repeated, _), (.map, _): false
    default: value.fits(field.type)
    }
  }

  private static func isAbsent(_ value: DynamicValue, for field: FieldSchema) -> Bool {
    switch value {
    case .list(let elements): elements.isEmpty
    case .map(let entries): entries.isEmpty
    default: !field.hasPresence && value.isDefaultScalar
    }
  }
}

extension DynamicMessage: Hashable {
  /// Whether both are of the same type and hold the same values.
  public static func == (left: DynamicMessage, right: DynamicMessage) -> Bool {
    left.schema === right.schema && left.values == right.values
      && left.unknownFields == right.unknownFields
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(schema))
    hasher.combine(values)
  }
}
