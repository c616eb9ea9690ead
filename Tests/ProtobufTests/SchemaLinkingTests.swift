import Protobuf
import Testing

@Suite struct SchemaLinkingTests {
  /// Two fresh schemas that contain each other.
  final class Pair: Sendable {
    let left: MessageSchema
    let right: MessageSchema

    init() {
      let link = Link()
      left = MessageSchema(
        name: "test.Left",
        fields: [
          FieldSchema(1, "id", .int32),
          FieldSchema(2, "right", .message { link.right }, .optional),
        ])
      right = MessageSchema(
        name: "test.Right", fields: [FieldSchema(1, "left", .message { link.left }, .optional)])
      link.pair = (left, right)
    }
  }

  // Written once before any use of the closures, then only read.
  final class Link: @unchecked Sendable {
    var pair: (MessageSchema, MessageSchema)?
    var left: MessageSchema { pair!.0 }
    var right: MessageSchema { pair!.1 }
  }

  @Test("many threads may use schemas that contain each other for the first time")
  func concurrentFirstUse() async {
    let bytes = Wire.field(2, Wire.field(1, Wire.field(1, varint: 7)))
    for _ in 0..<50 {
      let pair = Pair()
      let ids = await withTaskGroup(of: Int32?.self) { group in
        for worker in 0..<8 {
          group.addTask {
            // Half of them enter the cycle from the other side.
            if worker.isMultiple(of: 2) {
              return Self.innerID(pair.left, bytes, path: [1, 0])
            }
            return Self.innerID(pair.right, Wire.field(1, bytes), path: [0, 1, 0])
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(ids == Array(repeating: 7, count: 8))
    }
  }

  private static func innerID(_ schema: MessageSchema, _ bytes: [UInt8], path: [Int]) -> Int32? {
    bytes.withUnsafeBytes { raw in
      try? schema.decode(raw) { (root: MessageView) throws(DecodeError) -> Int32? in
        var view: MessageView? = root
        for index in path { view = view?.messageView(index) }
        return view?.int32(0)
      }
    }
  }

  @Test("a decode inside a decode leaves the outer one untouched")
  func nestedDecoding() throws {
    let bytes = try Sample.full.serializedBytes()
    let names = try bytes.withUnsafeBytes { raw in
      try Sample.schema.decode(raw) { (view: MessageView) throws(DecodeError) -> [String] in
        let before = try view.string(13)
        for _ in 0..<100 {
          let inner = try Sample(serializedBytes: bytes)
          _ = try? inner.serializedBytes()
        }
        return [before, try view.string(13)]
      }
    }
    #expect(names == [Sample.full.string, Sample.full.string])
  }

  @Test("fields are found by number, name and JSON name")
  func lookup() {
    let schema = Sample.schema
    #expect(schema.fieldIndex(number: 18) == 17)
    #expect(schema.fieldIndex(number: 100_000) == 41)
    #expect(schema.fieldIndex(number: 28) == nil)
    #expect(schema.fieldIndex(named: "maybe_int64") == 17)
    #expect(schema.fieldIndex(jsonName: "maybeInt64") == 17)
    #expect(schema.fieldIndex(jsonName: "maybe_int64") == nil)
    #expect(FieldSchema(1, "a_b__c_9x_", .bool).jsonName == "aBC9x")
    #expect(FieldSchema(1, "_Foo", .bool).jsonName == "Foo")
    #expect(FieldSchema(1, "foo", json: "other", .bool).jsonName == "other")
  }

  @Test("only fields with presence say so")
  func presence() {
    let withPresence = Sample.schema.fields.filter(\.hasPresence).map(\.number)
    #expect(withPresence == [17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 50])
  }

  @Test("a schema without fields keeps everything as unknown")
  func noFields() throws {
    let schema = MessageSchema(name: "test.Nothing", fields: [])
    let bytes = Wire.field(1, "x") + Wire.field(2, varint: 2)
    let unknown = try bytes.withUnsafeBytes { raw in
      try schema.decode(raw) { (view: MessageView) throws(DecodeError) in view.unknownFields }
    }
    #expect(unknown.bytes == bytes)
    #expect(try schema.encode { $0.unknownFields(unknown) } == bytes)
  }

  @Test("a missing required field is refused, a present default one is written")
  func required() throws {
    let schema = MessageSchema(
      name: "test.NamePart",
      fields: [
        FieldSchema(1, "name_part", .string, .required),
        FieldSchema(2, "is_extension", .bool, .required),
      ])
    func reason(_ bytes: [UInt8]) -> DecodeError.Reason? {
      bytes.withUnsafeBytes { raw in
        do throws(DecodeError) {
          _ = try schema.decode(raw) { (view: MessageView) throws(DecodeError) in view.bool(1) }
          return nil
        } catch {
          return error.reason
        }
      }
    }
    #expect(reason(Wire.field(1, "x")) == .missingRequiredField)
    #expect(reason([]) == .missingRequiredField)
    #expect(reason(Wire.field(1, "") + Wire.field(2, varint: 0)) == nil)
    let bytes = try schema.encode { writer in
      writer.string("", 0)
      writer.bool(false, 1)
    }
    #expect(bytes == Wire.field(1, "") + Wire.field(2, varint: 0))
  }
}
