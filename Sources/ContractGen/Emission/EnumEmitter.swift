/// Writes an enum: open cases, aliases, the number in both directions, the schema.
struct EnumEmitter {
  let model: EnumModel
  /// `public `, `package ` or nothing.
  let access: String

  func emit(to writer: inout CodeWriter) {
    writer.comment(model.comment)
    writer.block("\(access)enum \(model.swiftName): Protobuf.ProtoEnum") { writer in
      for value in model.cases {
        writer.comment(value.comment)
        writer.line("case \(value.swiftName)")
      }
      writer.comment(["A number that this version of the contract does not name."])
      writer.line("case UNRECOGNIZED(Int32)")
      emitAliases(to: &writer)
      emitNumbers(to: &writer)
      emitSchema(to: &writer)
    }
  }

  private func emitAliases(to writer: inout CodeWriter) {
    for value in model.values {
      guard let original = value.aliasOf else { continue }
      writer.line()
      writer.comment(value.comment)
      writer.line("\(access)static var \(value.swiftName): Self { .\(original) }")
    }
  }

  private func emitNumbers(to writer: inout CodeWriter) {
    writer.line()
    writer.block("\(access)init(rawValue: Int32)") { writer in
      writer.line("switch rawValue {")
      for value in model.cases {
        writer.line("case \(value.number): self = .\(value.swiftName)")
      }
      writer.line("default: self = .UNRECOGNIZED(rawValue)")
      writer.line("}")
    }
    writer.line()
    writer.block("\(access)var rawValue: Int32") { writer in
      writer.line("switch self {")
      for value in model.cases { writer.line("case .\(value.swiftName): \(value.number)") }
      writer.line("case .UNRECOGNIZED(let number): number")
      writer.line("}")
    }
  }

  private func emitSchema(to writer: inout CodeWriter) {
    writer.line()
    writer.line("\(access)static let schema = EnumSchema(")
    writer.indented { writer in
      writer.line("name: \(CodeWriter.literal(model.protoName)),")
      writer.line("values: [")
      writer.indented { writer in
        for value in model.values {
          writer.line("(\(CodeWriter.literal(value.protoName)), \(value.number)),")
        }
      }
      writer.line("])")
    }
  }
}
