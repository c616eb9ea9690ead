/// The names of the accessors of MessageView and MessageWriter for one kind of field.
struct FieldCalls {
  let kind: FieldKind

  /// The accessor of a singular field, such as `int64`.
  var singular: String {
    switch kind {
    case .scalar(let scalar): Self.accessor(scalar)
    case .enumeration: "enumeration"
    case .message: "message"
    }
  }

  /// The accessor of a field with presence, such as `optionalInt64`.
  var optional: String {
    // Message fields have presence anyway, so there is one accessor only.
    kind.isMessage ? "message" : "optional" + capitalized
  }

  /// The accessor of a list, such as `repeatedInt64`.
  var repeated: String { "repeated" + capitalized }

  /// The singular accessor as it stands inside longer names, such as `UInt64`.
  private var capitalized: String {
    switch kind {
    case .scalar(.string), .scalar(.bytes), .enumeration, .message:
      IdentifierCase.upperFirst(singular)
    case .scalar(let scalar): scalar.swiftType
    }
  }

  /// The accessor of a oneof member that is known to be set.
  var member: String { kind.isMessage ? "oneofMessage" : singular }

  /// The type that reads and writes map keys or values of this kind.
  var codec: String {
    switch kind {
    case .scalar(let scalar):
      switch scalar {
      case .string: "StringField"
      case .bytes: "BytesField"
      case .bool: "BoolField"
      default: scalar.swiftType + "Field"
      }
    case .enumeration(let type, _): "EnumField<\(type)>"
    case .message(let type): "MessageField<\(type)>"
    }
  }

  /// Whether reading can fail below this field.
  var readThrows: Bool {
    switch kind {
    case .scalar(.string), .message: true
    default: false
    }
  }

  private static func accessor(_ scalar: ScalarType) -> String {
    switch scalar {
    case .string: "string"
    case .bytes: "bytes"
    default: scalar.swiftType.lowercased()
    }
  }
}

extension FieldModel {
  /// The stored property: attributes, name, type and initial value.
  func declaration(access: String) -> String {
    let name = "\(access)var \(swiftName)"
    switch shape {
    case .implicit: return "\(name): \(kind.swiftType) = \(zero)"
    case .optional, .required, .oneof:
      // Written out: an implicit nil would do, but the wrapper's initialiser is then never called.
      return isRecursive
        ? "@Indirect \(name): \(kind.swiftType)? = nil" : "\(name): \(kind.swiftType)?"
    case .repeated: return "\(name): [\(kind.swiftType)] = []"
    case .map(let key, let value, _):
      return "\(name): [\(key.swiftType): \(value.swiftType)] = [:]"
    }
  }

  /// The call that reads the field, without `try`.
  var readCall: String {
    let calls = FieldCalls(kind: kind)
    switch shape {
    case .implicit: return "view.\(calls.singular)(\(index))"
    case .optional, .required: return "view.\(calls.optional)(\(index))"
    case .repeated: return "view.\(calls.repeated)(\(index))"
    case .oneof: return "view.\(calls.member)(\(index))"
    case .map(let key, let value, _):
      let keyCodec = FieldCalls(kind: .scalar(key)).codec
      let valueCodec = FieldCalls(kind: value).codec
      return "view.map(\(index), key: \(keyCodec).self, value: \(valueCodec).self)"
    }
  }

  /// `try ` when reading the field can fail, else nothing.
  var attempt: String {
    if case .map = shape { return "try " }
    return FieldCalls(kind: kind).readThrows ? "try " : ""
  }

  /// The statement that writes a value.
  func writeStatement(_ value: String) -> String {
    let calls = FieldCalls(kind: kind)
    switch shape {
    case .implicit, .oneof: return "writer.\(calls.singular)(\(value), \(index))"
    case .optional, .required: return "writer.\(calls.optional)(\(value), \(index))"
    case .repeated: return "writer.\(calls.repeated)(\(value), \(index))"
    case .map(let key, let kind, _):
      let keyCodec = FieldCalls(kind: .scalar(key)).codec
      let valueCodec = FieldCalls(kind: kind).codec
      return "writer.map(\(value), \(index), key: \(keyCodec).self, value: \(valueCodec).self)"
    }
  }

  private var zero: String {
    switch kind {
    case .scalar(let scalar): scalar.zero
    case .enumeration(_, let zeroCase): "." + zeroCase
    case .message: "nil"
    }
  }
}
