import Protobuf

/// Turns the message descriptors of one file into models.
struct MessageModelBuilder {
  let types: TypeTable
  let comments: CommentTable
  /// Where errors say they are.
  let path: String
  let isProto3: Bool

  /// Builds a message with everything nested in it.
  ///
  /// - Parameters:
  ///   - scope: package and enclosing messages with a dot at the end, or nothing.
  ///   - prefix: what top-level names start with, nil for nested ones.
  ///   - location: the message's path in the source information.
  func message(
    _ descriptor: Google_Protobuf_DescriptorProto, scope: String, swiftScope: String,
    prefix: String?, location: [Int32]
  ) throws(GenerationError) -> MessageModel {
    let name = descriptor.name ?? ""
    let protoName = scope + name
    let swiftName = TypeTable.messageName(name, prefix: prefix)
    let swiftFullName = swiftScope + swiftName
    var messages: [MessageModel] = []
    for (index, nested) in descriptor.nestedType.enumerated()
    where nested.options?.mapEntry != true {
      messages.append(
        try message(
          nested, scope: protoName + ".", swiftScope: swiftFullName + ".", prefix: nil,
          location: location + [3, Int32(index)]))
    }
    let enums = descriptor.enumType.enumerated().map { index, nested in
      EnumModel(
        nested, scope: protoName + ".", prefix: nil, comments: comments,
        location: location + [4, Int32(index)])
    }
    let oneofs = try oneofs(of: descriptor, location: location)
    return MessageModel(
      protoName: protoName, swiftName: swiftName, swiftFullName: swiftFullName,
      fields: try fields(of: descriptor, protoName: protoName, oneofs: oneofs, location: location),
      oneofs: oneofs, messages: messages, enums: enums,
      comment: comments.lines(
        at: location, deprecated: descriptor.options?.deprecated ?? false))
  }

  /// The oneofs that are not made up for proto3 `optional`; those come last in the descriptor.
  private func oneofs(
    of descriptor: Google_Protobuf_DescriptorProto, location: [Int32]
  ) throws(GenerationError) -> [OneofModel] {
    var real: Set<Int32> = []
    for field in descriptor.field where field.proto3Optional != true {
      if let index = field.oneofIndex { real.insert(index) }
    }
    var result: [OneofModel] = []
    for (index, oneof) in descriptor.oneofDecl.enumerated() where real.contains(Int32(index)) {
      guard index == result.count else {
        throw GenerationError("\(path): the oneofs of \(descriptor.name ?? "") are out of order")
      }
      let name = oneof.name ?? ""
      result.append(
        OneofModel(
          protoName: name,
          swiftName: ReservedNames.property(IdentifierCase.lowerCamel(name)),
          swiftType: "OneOf_" + IdentifierCase.upperCamel(name),
          comment: comments.lines(at: location + [8, Int32(index)], deprecated: false)))
    }
    return result
  }

  private func fields(
    of descriptor: Google_Protobuf_DescriptorProto, protoName: String, oneofs: [OneofModel],
    location: [Int32]
  ) throws(GenerationError) -> [FieldModel] {
    var fields: [FieldModel] = []
    var taken = Set(oneofs.map(\.swiftName))
    for (position, field) in descriptor.field.enumerated() {
      var model = try self.field(
        field, in: descriptor, protoName: protoName, taken: &taken,
        comment: comments.lines(
          at: location + [2, Int32(position)], deprecated: field.options?.deprecated ?? false))
      if let target = model.messageName {
        model.isRecursive = RecursionFinder(types: types).reaches(protoName, from: target)
      }
      fields.append(model)
    }
    let byNumber = fields.indices.sorted { fields[$0].number < fields[$1].number }
    for (index, position) in byNumber.enumerated() { fields[position].index = index }
    return fields
  }

  private func field(
    _ field: Google_Protobuf_FieldDescriptorProto, in parent: Google_Protobuf_DescriptorProto,
    protoName: String, taken: inout Set<String>, comment: [String]
  ) throws(GenerationError) -> FieldModel {
    let name = field.name ?? ""
    let number = field.number ?? 0
    let shape = try shape(of: field, in: parent, owner: protoName)
    let isMember = if case .oneof = shape { true } else { false }
    let camel = IdentifierCase.lowerCamel(name)
    // Members of a oneof are cases, apart from the properties.
    var swiftName = isMember ? ReservedNames.enumCase(camel) : ReservedNames.property(camel)
    if !isMember, !taken.insert(swiftName).inserted {
      swiftName = "\(camel)_\(number)"
      taken.insert(swiftName)
    }
    var kind = try kind(of: field, owner: protoName)
    var messageName: String?
    if case .map(_, let value, _) = shape {
      kind = value
    } else if kind.isMessage, field.label != .repeated {
      messageName = TypeTable.withoutDot(field.typeName ?? "")
    }
    let jsonName = field.jsonName.flatMap { $0 == Self.jsonName(of: name) ? nil : $0 }
    return FieldModel(
      number: number, protoName: name, jsonName: jsonName, swiftName: swiftName, kind: kind,
      shape: shape, comment: comment + Self.note(ofDefault: field, after: comment),
      messageName: messageName)
  }

  private func shape(
    of field: Google_Protobuf_FieldDescriptorProto, in parent: Google_Protobuf_DescriptorProto,
    owner: String
  ) throws(GenerationError) -> FieldModel.Shape {
    if field.label == .repeated {
      if let entry = mapEntry(of: field, in: parent) {
        return try map(entry, owner: owner)
      }
      return .repeated(packed: isPacked(field))
    }
    if let oneof = field.oneofIndex, field.proto3Optional != true { return .oneof(Int(oneof)) }
    if field.label == .required { return .required }
    let isImplicit = isProto3 && field.proto3Optional != true && field.type != .message
    return isImplicit ? .implicit : .optional
  }

  private func mapEntry(
    of field: Google_Protobuf_FieldDescriptorProto, in parent: Google_Protobuf_DescriptorProto
  ) -> Google_Protobuf_DescriptorProto? {
    guard field.type == .message, case .message(_, let target)? = types[field.typeName ?? ""],
      target.options?.mapEntry == true
    else { return nil }
    return target
  }

  private func map(
    _ entry: Google_Protobuf_DescriptorProto, owner: String
  ) throws(GenerationError) -> FieldModel.Shape {
    guard let key = entry.field.first(where: { $0.number == 1 }),
      let value = entry.field.first(where: { $0.number == 2 }),
      case .scalar(let keyType) = try kind(of: key, owner: owner)
    else { throw GenerationError("\(path): a map entry of \(owner) is malformed") }
    return .map(
      key: keyType, value: try kind(of: value, owner: owner),
      entryName: "\(owner).\(entry.name ?? "")")
  }

  private func isPacked(_ field: Google_Protobuf_FieldDescriptorProto) -> Bool {
    switch field.type {
    case .string, .bytes, .message, .group: false
    default: field.options?.packed ?? isProto3
    }
  }

  private func kind(
    of field: Google_Protobuf_FieldDescriptorProto, owner: String
  ) throws(GenerationError) -> FieldKind {
    let name = "\(owner).\(field.name ?? "")"
    switch field.type {
    case .message:
      guard case .message(let type, _)? = types[field.typeName ?? ""] else {
        throw GenerationError("\(path): the type of \(name) is not in the request")
      }
      return .message(swiftType: type)
    case .enum:
      guard case .enumeration(let type, let zero)? = types[field.typeName ?? ""] else {
        throw GenerationError("\(path): the type of \(name) is not in the request")
      }
      return .enumeration(swiftType: type, zeroCase: zero)
    case .group:
      throw GenerationError("\(path): \(name) is a group; groups are not supported")
    default:
      guard let scalar = ScalarType(field.type) else {
        throw GenerationError("\(path): \(name) has a type that this plugin does not know")
      }
      return .scalar(scalar)
    }
  }

  /// Proto2 defaults are documented and not applied: what is not set reads as nil.
  private static func note(
    ofDefault field: Google_Protobuf_FieldDescriptorProto, after comment: [String]
  ) -> [String] {
    guard let value = field.defaultValue else { return [] }
    let text = "nil stands for the contract's default, \(CodeWriter.literal(value))."
    return comment.isEmpty ? [text] : ["", text]
  }

  /// protoc's rule for JSON names: drop each underscore and capitalise what follows it.
  private static func jsonName(of name: String) -> String {
    var result = ""
    var capitalizeNext = false
    for character in name {
      if character == "_" {
        capitalizeNext = true
      } else {
        result += capitalizeNext ? character.uppercased() : String(character)
        capitalizeNext = false
      }
    }
    return result
  }
}

extension ScalarType {
  /// The scalar of a descriptor's type; nil for messages, groups and enums.
  init?(_ type: Google_Protobuf_FieldDescriptorProto.TypeEnum?) {
    switch type {
    case .double: self = .double
    case .float: self = .float
    case .int64: self = .int64
    case .uint64: self = .uint64
    case .int32: self = .int32
    case .fixed64: self = .fixed64
    case .fixed32: self = .fixed32
    case .bool: self = .bool
    case .string: self = .string
    case .bytes: self = .bytes
    case .uint32: self = .uint32
    case .sfixed32: self = .sfixed32
    case .sfixed64: self = .sfixed64
    case .sint32: self = .sint32
    case .sint64: self = .sint64
    default: return nil
    }
  }
}
