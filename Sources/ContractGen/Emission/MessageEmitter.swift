/// Writes a message: properties, nested types, schema, reading and writing.
struct MessageEmitter {
  let model: MessageModel
  /// `public `, `package ` or nothing.
  let access: String

  func emit(to writer: inout CodeWriter) {
    writer.comment(model.comment)
    writer.block("\(access)struct \(model.swiftName): Protobuf.Message") { writer in
      emitProperties(to: &writer)
      writer.line("\(access)var unknownFields = UnknownFields()")
      writer.line()
      writer.line("\(access)init() {}")
      for index in model.oneofs.indices { emitOneof(index, to: &writer) }
      for nested in model.enums {
        writer.line()
        EnumEmitter(model: nested, access: access).emit(to: &writer)
      }
      for nested in model.messages {
        writer.line()
        MessageEmitter(model: nested, access: access).emit(to: &writer)
      }
      let schema = SchemaEmitter(model: model, access: access)
      writer.line()
      schema.emit(to: &writer)
      schema.emitEntries(to: &writer)
      emitRead(to: &writer)
      emitWrite(to: &writer)
    }
  }

  private func emitProperties(to writer: inout CodeWriter) {
    var seenOneofs: Set<Int> = []
    for field in model.fields {
      guard case .oneof(let index) = field.shape else {
        writer.comment(field.comment)
        writer.line(field.declaration(access: access))
        continue
      }
      guard seenOneofs.insert(index).inserted else { continue }
      let oneof = model.oneofs[index]
      writer.comment(oneof.comment)
      writer.line("\(access)var \(oneof.swiftName): \(oneof.swiftType)?")
    }
  }

  private func emitOneof(_ index: Int, to writer: inout CodeWriter) {
    let oneof = model.oneofs[index]
    writer.line()
    writer.comment(oneof.comment)
    writer.block("\(access)enum \(oneof.swiftType): Sendable, Hashable") { writer in
      for member in model.members(ofOneof: index) {
        writer.comment(member.comment)
        let keyword = member.isRecursive ? "indirect case" : "case"
        writer.line("\(keyword) \(member.swiftName)(\(member.kind.swiftType))")
      }
    }
  }

  private func emitRead(to writer: inout CodeWriter) {
    writer.line()
    writer.block("\(access)init(from view: MessageView) throws(DecodeError)") { writer in
      var seenOneofs: Set<Int> = []
      for field in model.fieldsByNumber {
        guard case .oneof(let index) = field.shape else {
          writer.line("self.\(Self.member(field.swiftName)) = \(field.attempt)\(field.readCall)")
          continue
        }
        guard seenOneofs.insert(index).inserted else { continue }
        let oneof = model.oneofs[index]
        writer.line("switch view.oneofCase(\(index)) {")
        for member in model.members(ofOneof: index) {
          let value = "\(member.attempt).\(member.swiftName)(\(member.readCall))"
          writer.line("case \(member.number):")
          writer.line("  self.\(Self.member(oneof.swiftName)) = \(value)")
        }
        writer.line("default: break")
        writer.line("}")
      }
      writer.line("self.unknownFields = view.unknownFields")
    }
  }

  private func emitWrite(to writer: inout CodeWriter) {
    writer.line()
    writer.block("\(access)func write(into writer: inout MessageWriter)") { writer in
      var seenOneofs: Set<Int> = []
      for field in model.fieldsByNumber {
        guard case .oneof(let index) = field.shape else {
          writer.line(field.writeStatement("self.\(Self.member(field.swiftName))"))
          continue
        }
        guard seenOneofs.insert(index).inserted else { continue }
        writer.line("switch self.\(Self.member(model.oneofs[index].swiftName)) {")
        for member in model.members(ofOneof: index) {
          writer.line("case .\(member.swiftName)(let value): \(member.writeStatement("value"))")
        }
        writer.line("case nil: break")
        writer.line("}")
      }
      writer.line("writer.unknownFields(self.unknownFields)")
    }
  }

  /// A name after `self.`, where keywords need no backticks.
  private static func member(_ name: String) -> String {
    name.hasPrefix("`") ? String(name.dropFirst().dropLast()) : name
  }
}
