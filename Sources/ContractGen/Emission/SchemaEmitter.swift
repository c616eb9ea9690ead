/// Writes the schema table of a message.
///
/// Every element names its type, so that the type checker has nothing to search for in long tables.
struct SchemaEmitter {
  let model: MessageModel
  let access: String

  func emit(to writer: inout CodeWriter) {
    writer.line("\(access)static let schema: MessageSchema = MessageSchema(")
    writer.indented { writer in
      writer.line("name: \(CodeWriter.literal(model.protoName)),")
      let fields = model.fieldsByNumber
      let end = model.oneofs.isEmpty ? ")" : ","
      if fields.isEmpty {
        writer.line("fields: []\(end)")
      } else {
        writer.line("fields: [")
        writer.indented { writer in
          for field in fields { emit(field, to: &writer) }
        }
        writer.line("]\(end)")
      }
      if !model.oneofs.isEmpty {
        let names = model.oneofs.map { CodeWriter.literal($0.protoName) }
        writer.line("oneofs: [\(names.joined(separator: ", "))])")
      }
    }
  }

  private func emit(_ field: FieldModel, to writer: inout CodeWriter) {
    var head = "\(field.number), \(CodeWriter.literal(field.protoName)), "
    if let json = field.jsonName { head += "json: \(CodeWriter.literal(json)), " }
    var type = Self.type(field.kind)
    // The schema of a map's entries stands apart: the closure runs each time somebody asks.
    if case .map = field.shape { type = ".message { \(Self.entryName(of: field)) }" }
    let cardinality = Self.cardinality(field.shape).map { ", " + $0 } ?? ""
    writer.line("FieldSchema(\(head)\(type)\(cardinality)),")
  }

  /// The property that holds the schema of a map field's entries.
  static func entryName(of field: FieldModel) -> String {
    "entry\(field.number)"
  }

  /// Writes the schemas of the entries of the map fields.
  func emitEntries(to writer: inout CodeWriter) {
    for field in model.fieldsByNumber {
      guard case .map(let key, let value, let entryName) = field.shape else { continue }
      writer.line()
      writer.line("private static let \(Self.entryName(of: field)) = MessageSchema(")
      writer.indented { writer in
        writer.line("name: \(CodeWriter.literal(entryName)),")
        writer.line("fields: [")
        writer.indented { writer in
          writer.line("FieldSchema(1, \"key\", \(Self.type(.scalar(key)))),")
          writer.line("FieldSchema(2, \"value\", \(Self.type(value))),")
        }
        writer.line("],")
        writer.line("isMapEntry: true)")
      }
    }
  }

  private static func type(_ kind: FieldKind) -> String {
    switch kind {
    case .scalar(let scalar): "." + scalar.rawValue
    case .enumeration(let type, _): ".enum { \(type).schema }"
    case .message(let type): ".message { \(type).schema }"
    }
  }

  private static func cardinality(_ shape: FieldModel.Shape) -> String? {
    switch shape {
    case .implicit: nil
    case .optional: ".optional"
    case .required: ".required"
    case .repeated(let packed): ".repeated(packed: \(packed))"
    case .oneof(let index): ".oneof(\(index))"
    case .map: ".map"
    }
  }
}
