import Protobuf
import Testing

/// Two ways lead from a contract to a schema: generated tables, and the embedded descriptor at run
/// time. Both must say the same.
@Suite struct SchemaAgreementTests {
  @Test("generated tables equal the tables that the embedded descriptors give")
  func agreement() throws {
    let pool = DescriptorPool()
    func add(_ file: EmbeddedFile) throws {
      for dependency in file.dependencies { try add(dependency) }
      try pool.add(serializedFile: file.serialized)
    }
    try add(Test_V1_Features_FileDescriptor.file)
    try add(Google_Protobuf_Struct_FileDescriptor.file)
    try add(Google_Protobuf_Wrappers_FileDescriptor.file)
    let generated = [
      Test_V1_Scalars.schema, Test_V1_OptionalScalars.schema, Test_V1_RepeatedScalars.schema,
      Test_V1_Maps.schema, Test_V1_Choices.schema, Test_V1_Tree.schema, Test_V1_Tree.Leaf.schema,
      Test_V1_Keywords.schema, Test_V1_Names.schema, Test_V1_Names.MessageMessage.schema,
      Test_V1_Nothing.schema, Google_Protobuf_Struct.schema, Google_Protobuf_Value.schema,
      Google_Protobuf_ListValue.schema, Google_Protobuf_Timestamp.schema,
      Google_Protobuf_UInt64Value.schema,
    ]
    for schema in generated { compare(schema, try pool.requireMessageSchema(named: schema.name)) }
  }

  private func compare(_ generated: MessageSchema, _ built: MessageSchema) {
    #expect(generated.name == built.name)
    #expect(generated.oneofs == built.oneofs, "\(generated.name)")
    #expect(generated.isMapEntry == built.isMapEntry, "\(generated.name)")
    #expect(generated.fields.map(text) == built.fields.map(text), "\(generated.name)")
    for (left, right) in zip(generated.fields, built.fields) where left.isMap {
      if let entry = left.type.messageSchema, let other = right.type.messageSchema {
        compare(entry, other)
      }
    }
  }

  private func text(_ field: FieldSchema) -> String {
    let type =
      switch field.type {
      case .message: "message \(field.type.messageSchema?.name ?? "?")"
      case .enum: "enum \(field.type.enumSchema.map { "\($0.name) \($0.values)" } ?? "?")"
      default: "\(field.type)"
      }
    // A singular message has presence whichever way its table says so.
    let isMessage = field.type.messageSchema != nil
    let cardinality =
      isMessage && field.cardinality == .implicit ? "optional" : "\(field.cardinality)"
    return "\(field.number) \(field.name) \(field.jsonName) \(type) \(cardinality)"
  }
}
