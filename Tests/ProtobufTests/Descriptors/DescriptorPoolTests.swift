import Protobuf
import Testing

@Suite struct DescriptorPoolTests {
  private func pool(_ files: [[UInt8]] = [FixtureFile.fixture]) throws -> DescriptorPool {
    let pool = DescriptorPool()
    for file in files { try pool.add(serializedFile: file) }
    return pool
  }

  @Test(
    "every kind of symbol leads to its file",
    arguments: [
      "test.fixture.Node", "test.fixture.Node.weight", "test.fixture.Node.body",
      "test.fixture.Node.Color", "test.fixture.Node.COLOR_RED", "test.fixture.Node.ChildrenEntry",
      "test.fixture.Nodes", "test.fixture.Nodes.Watch",
    ])
  func symbols(_ symbol: String) throws {
    let pool = try pool()
    #expect(pool.fileName(containingSymbol: symbol) == "fixture.proto")
  }

  @Test("what is not defined is not found")
  func unknownSymbols() throws {
    let pool = try pool()
    for symbol in ["", "test", "test.fixture", "Node", "test.fixture.Node.Color.COLOR_RED"] {
      #expect(pool.fileName(containingSymbol: symbol) == nil)
    }
    #expect(pool.messageSchema(named: "test.fixture.Nodes") == nil)
  }

  @Test("a schema made at run time has the shape that generated code would have")
  func schema() throws {
    let schema = try pool().requireMessageSchema(named: ".test.fixture.Node")
    #expect(schema.name == "test.fixture.Node")
    #expect(schema.oneofs == ["body"])
    #expect(schema.fields.map(\.number) == Array(1...10))
    #expect(schema.fields.map(\.cardinality) == [
      .optional, .implicit, .repeated(packed: true), .repeated(packed: false), .map, .oneof(0),
      .oneof(0), .implicit, .optional, .implicit,
    ])
    #expect(schema.fields[9].jsonName == "share")
    #expect(schema.fields[7].type.enumSchema?.name(of: 1) == "COLOR_RED")
    #expect(schema.fields[6].type.messageSchema === schema)
    #expect(schema.fields[4].type.messageSchema?.isMapEntry == true)
  }

  @Test("messages decode and encode through a schema made at run time")
  func roundTrip() throws {
    let schema = try pool().requireMessageSchema(named: "test.fixture.Node")
    let leaf = Wire.field(2, "leaf") + Wire.field(10, fixed64: 1 << 63)
    let bytes = Wire.field(1, varint: 0) + Wire.field(3, [1, 2])
      + Wire.field(5, Wire.field(1, "k") + Wire.field(2, leaf)) + Wire.field(7, leaf)
      + Wire.field(9, Wire.field(1, varint: 5))
    let name = try bytes.withUnsafeBytes { raw in
      try schema.decode(raw) { (view: MessageView) throws(DecodeError) -> String in
        #expect(view.optionalInt64(0) == 0)
        #expect(view.repeatedInt32(2) == [1, 2])
        #expect(view.oneofCase(0) == 7)
        #expect(view.count(4) == 1)
        // The type of `other` is in a file that is missing: its content is unknown, and kept.
        #expect(view.messageView(8)?.unknownFields.bytes == Wire.field(1, varint: 5))
        return try view.messageView(4, at: 0).messageView(1)?.string(1) ?? ""
      }
    }
    #expect(name == "leaf")
  }

  @Test("a missing import is named by the error, and only when it is needed")
  func missingImport() throws {
    let pool = try pool()
    #expect(pool.missingImports == ["missing/other.proto"])
    #expect(
      throws: DescriptorError.notFound("missing.Other", missingImports: ["missing/other.proto"])
    ) { try pool.requireMessageSchema(named: "missing.Other") }
    try pool.add(serializedFile: FixtureFile.other)
    #expect(pool.missingImports == [])
    #expect(try pool.requireMessageSchema(named: "missing.Other").fields.count == 1)
  }

  @Test("files may come in any order")
  func order() throws {
    for files in [[FixtureFile.fixture, FixtureFile.other], [FixtureFile.other, FixtureFile.fixture]] {
      let schema = try pool(files).requireMessageSchema(named: "test.fixture.Node")
      #expect(schema.fields[8].type.messageSchema?.fields.map(\.name) == ["id"])
    }
  }

  @Test("adding a file again is harmless, adding another of its name or symbols is refused")
  func duplicates() throws {
    let pool = try pool()
    try pool.add(serializedFile: FixtureFile.fixture)
    #expect(pool.fileNames == ["fixture.proto"])
    var other = try #require(pool.file(named: "fixture.proto"))
    other.package = "changed"
    #expect(throws: DescriptorError.duplicateFile("fixture.proto")) { try pool.add(other) }
    other.package = "test.fixture"
    other.name = "copy.proto"
    #expect(throws: DescriptorError.duplicateSymbol("test.fixture.Node", file: "fixture.proto")) {
      try pool.add(other)
    }
    #expect(pool.fileNames == ["fixture.proto"])
    #expect(pool.serializedFile(named: "fixture.proto") == FixtureFile.fixture)
  }

  @Test(
    "descriptors that no schema can be made of are refused",
    arguments: [0, -1, 536_870_912, 19_999, 2] as [Int32])
  func badNumbers(_ number: Int32) throws {
    var file = try Google_Protobuf_FileDescriptorProto(serializedBytes: FixtureFile.fixture)
    file.messageType[0].field[0].number = number
    #expect(throws: DescriptorError.self) { try DescriptorPool().add(file) }
  }

  @Test("an index of a oneof that does not exist is refused")
  func badOneof() throws {
    var file = try Google_Protobuf_FileDescriptorProto(serializedBytes: FixtureFile.fixture)
    for index in [2, -1, .max] as [Int32] {
      file.messageType[0].field[1].oneofIndex = index
      #expect(throws: DescriptorError.self) { try DescriptorPool().add(file) }
    }
  }

  @Test("mutated descriptors are refused or yield schemas that decode, and never trap")
  func mutations() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix64(state: seed)
    let input = Wire.field(1, varint: 3) + Wire.field(2, "name")
      + Wire.field(5, Wire.field(1, "k") + Wire.field(2, Wire.field(2, "x")))
    var schemas = 0
    for _ in 0..<3_000 {
      let pool = DescriptorPool()
      guard (try? pool.add(serializedFile: random.mutate(FixtureFile.fixture))) != nil else {
        continue
      }
      for name in pool.messageNames {
        let schema = try #require(pool.messageSchema(named: name), "seed \(seed)")
        schemas += 1
        _ = input.withUnsafeBytes { raw in
          try? schema.decode(raw) { (view: MessageView) throws(DecodeError) in view.unknownFields }
        }
      }
    }
    #expect(schemas > 100, "seed \(seed)")
  }

  @Test("extensions are indexed by the type they extend")
  func extensions() throws {
    var file = Google_Protobuf_FileDescriptorProto()
    file.name = "ext.proto"
    file.package = "test.ext"
    var field = Google_Protobuf_FieldDescriptorProto()
    field.name = "note"
    field.number = 50_001
    field.type = .string
    field.label = .optional
    field.extendee = ".google.protobuf.FieldOptions"
    file.extension = [field]
    let pool = DescriptorPool()
    try pool.add(file)
    #expect(pool.fileName(containingSymbol: "test.ext.note") == "ext.proto")
    #expect(pool.extensionNumbers(of: "google.protobuf.FieldOptions") == [50_001])
    #expect(
      pool.fileName(containingExtension: 50_001, of: "google.protobuf.FieldOptions") == "ext.proto")
  }
}
