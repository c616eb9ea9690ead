import Protobuf

/// A message with every kind of field, in the shape that generated code has.
struct Sample: Message {
  enum Choice: Hashable, Sendable {
    case number(Int64)
    case text(String)
    case child(Leaf)
    case blob([UInt8])
  }

  var int32: Int32 = 0
  var int64: Int64 = 0
  var uint32: UInt32 = 0
  var uint64: UInt64 = 0
  var sint32: Int32 = 0
  var sint64: Int64 = 0
  var fixed32: UInt32 = 0
  var fixed64: UInt64 = 0
  var sfixed32: Int32 = 0
  var sfixed64: Int64 = 0
  var float: Float = 0
  var double: Double = 0
  var bool = false
  var string = ""
  var bytes: [UInt8] = []
  var color = Color.unspecified
  var leaf: Leaf?
  var maybeInt64: Int64?
  var maybeString: String?
  var maybeBytes: [UInt8]?
  var maybeBool: Bool?
  var maybeDouble: Double?
  var maybeColor: Color?
  var choice: Choice?
  var int32s: [Int32] = []
  var sint64s: [Int64] = []
  var unpackedUInt64s: [UInt64] = []
  var bools: [Bool] = []
  var doubles: [Double] = []
  var floats: [Float] = []
  var strings: [String] = []
  var blobs: [[UInt8]] = []
  var colors: [Color] = []
  var leaves: [Leaf] = []
  var counts: [String: Int64] = [:]
  var children: [Int32: Leaf] = [:]
  var flags: [Bool: String] = [:]
  @Indirect var next: Sample?
  var distant: String = ""
  var unknownFields = UnknownFields()

  init() {}

  static let schema: MessageSchema = MessageSchema(
    name: "test.Sample",
    fields: [
      FieldSchema(1, "int32", .int32),
      FieldSchema(2, "int64", .int64),
      FieldSchema(3, "uint32", .uint32),
      FieldSchema(4, "uint64", .uint64),
      FieldSchema(5, "sint32", .sint32),
      FieldSchema(6, "sint64", .sint64),
      FieldSchema(7, "fixed32", .fixed32),
      FieldSchema(8, "fixed64", .fixed64),
      FieldSchema(9, "sfixed32", .sfixed32),
      FieldSchema(10, "sfixed64", .sfixed64),
      FieldSchema(11, "float", .float),
      FieldSchema(12, "double", .double),
      FieldSchema(13, "bool", .bool),
      FieldSchema(14, "string", .string),
      FieldSchema(15, "bytes", .bytes),
      FieldSchema(16, "color", .enum { Color.schema }),
      FieldSchema(17, "leaf", .message { Leaf.schema }, .optional),
      FieldSchema(18, "maybe_int64", .int64, .optional),
      FieldSchema(19, "maybe_string", .string, .optional),
      FieldSchema(20, "maybe_bytes", .bytes, .optional),
      FieldSchema(21, "maybe_bool", .bool, .optional),
      FieldSchema(22, "maybe_double", .double, .optional),
      FieldSchema(23, "maybe_color", .enum { Color.schema }, .optional),
      FieldSchema(24, "number", .int64, .oneof(0)),
      FieldSchema(25, "text", .string, .oneof(0)),
      FieldSchema(26, "child", .message { Leaf.schema }, .oneof(0)),
      FieldSchema(27, "blob", .bytes, .oneof(0)),
      FieldSchema(30, "int32s", .int32, .repeated(packed: true)),
      FieldSchema(31, "sint64s", .sint64, .repeated(packed: true)),
      FieldSchema(32, "unpacked_uint64s", .uint64, .repeated(packed: false)),
      FieldSchema(33, "bools", .bool, .repeated(packed: true)),
      FieldSchema(34, "doubles", .double, .repeated(packed: true)),
      FieldSchema(35, "floats", .float, .repeated(packed: false)),
      FieldSchema(36, "strings", .string, .repeated(packed: false)),
      FieldSchema(37, "blobs", .bytes, .repeated(packed: false)),
      FieldSchema(38, "colors", .enum { Color.schema }, .repeated(packed: true)),
      FieldSchema(39, "leaves", .message { Leaf.schema }, .repeated(packed: false)),
      FieldSchema(40, "counts", .message { countsEntry }, .map),
      FieldSchema(41, "children", .message { childrenEntry }, .map),
      FieldSchema(42, "flags", .message { flagsEntry }, .map),
      FieldSchema(50, "next", .message { Sample.schema }, .optional),
      FieldSchema(100_000, "distant", .string),
    ], oneofs: ["choice"])

  static let countsEntry: MessageSchema = entry("Counts", .string, .int64)
  static let childrenEntry: MessageSchema = entry("Children", .int32, .message { Leaf.schema })
  static let flagsEntry: MessageSchema = entry("Flags", .bool, .string)

  static func entry(_ name: String, _ key: FieldType, _ value: FieldType) -> MessageSchema {
    MessageSchema(
      name: "test.Sample.\(name)Entry",
      fields: [FieldSchema(1, "key", key), FieldSchema(2, "value", value)], isMapEntry: true)
  }
}

extension Sample {
  init(from view: MessageView) throws(DecodeError) {
    int32 = view.int32(0)
    int64 = view.int64(1)
    uint32 = view.uint32(2)
    uint64 = view.uint64(3)
    sint32 = view.int32(4)
    sint64 = view.int64(5)
    fixed32 = view.uint32(6)
    fixed64 = view.uint64(7)
    sfixed32 = view.int32(8)
    sfixed64 = view.int64(9)
    float = view.float(10)
    double = view.double(11)
    bool = view.bool(12)
    string = try view.string(13)
    bytes = view.bytes(14)
    color = view.enumeration(15)
    leaf = try view.message(16)
    maybeInt64 = view.optionalInt64(17)
    maybeString = try view.optionalString(18)
    maybeBytes = view.optionalBytes(19)
    maybeBool = view.optionalBool(20)
    maybeDouble = view.optionalDouble(21)
    maybeColor = view.optionalEnumeration(22)
    switch view.oneofCase(0) {
    case 24: choice = .number(view.int64(23))
    case 25: choice = .text(try view.string(24))
    case 26: choice = .child(try view.oneofMessage(25))
    case 27: choice = .blob(view.bytes(26))
    default: break
    }
    int32s = view.repeatedInt32(27)
    sint64s = view.repeatedInt64(28)
    unpackedUInt64s = view.repeatedUInt64(29)
    bools = view.repeatedBool(30)
    doubles = view.repeatedDouble(31)
    floats = view.repeatedFloat(32)
    strings = try view.repeatedString(33)
    blobs = view.repeatedBytes(34)
    colors = view.repeatedEnumeration(35)
    leaves = try view.repeatedMessage(36)
    counts = try view.map(37, key: StringField.self, value: Int64Field.self)
    children = try view.map(38, key: Int32Field.self, value: MessageField<Leaf>.self)
    flags = try view.map(39, key: BoolField.self, value: StringField.self)
    next = try view.message(40)
    distant = try view.string(41)
    unknownFields = view.unknownFields
  }

  func write(into writer: inout MessageWriter) {
    writer.int32(int32, 0)
    writer.int64(int64, 1)
    writer.uint32(uint32, 2)
    writer.uint64(uint64, 3)
    writer.int32(sint32, 4)
    writer.int64(sint64, 5)
    writer.uint32(fixed32, 6)
    writer.uint64(fixed64, 7)
    writer.int32(sfixed32, 8)
    writer.int64(sfixed64, 9)
    writer.float(float, 10)
    writer.double(double, 11)
    writer.bool(bool, 12)
    writer.string(string, 13)
    writer.bytes(bytes, 14)
    writer.enumeration(color, 15)
    writer.message(leaf, 16)
    writer.optionalInt64(maybeInt64, 17)
    writer.optionalString(maybeString, 18)
    writer.optionalBytes(maybeBytes, 19)
    writer.optionalBool(maybeBool, 20)
    writer.optionalDouble(maybeDouble, 21)
    writer.optionalEnumeration(maybeColor, 22)
    switch choice {
    case .number(let value): writer.int64(value, 23)
    case .text(let value): writer.string(value, 24)
    case .child(let value): writer.message(value, 25)
    case .blob(let value): writer.bytes(value, 26)
    case nil: break
    }
    writeLists(into: &writer)
    writer.message(next, 40)
    writer.string(distant, 41)
    writer.unknownFields(unknownFields)
  }

  private func writeLists(into writer: inout MessageWriter) {
    writer.repeatedInt32(int32s, 27)
    writer.repeatedInt64(sint64s, 28)
    writer.repeatedUInt64(unpackedUInt64s, 29)
    writer.repeatedBool(bools, 30)
    writer.repeatedDouble(doubles, 31)
    writer.repeatedFloat(floats, 32)
    writer.repeatedString(strings, 33)
    writer.repeatedBytes(blobs, 34)
    writer.repeatedEnumeration(colors, 35)
    writer.repeatedMessage(leaves, 36)
    writer.map(counts, 37, key: StringField.self, value: Int64Field.self)
    writer.map(children, 38, key: Int32Field.self, value: MessageField<Leaf>.self)
    writer.map(flags, 39, key: BoolField.self, value: StringField.self)
  }
}

/// A small nested message.
struct Leaf: Message {
  var id: Int32 = 0
  var name = ""
  var tags: [String] = []
  var unknownFields = UnknownFields()

  init() {}

  init(id: Int32, name: String, tags: [String] = []) {
    self.id = id
    self.name = name
    self.tags = tags
  }

  static let schema: MessageSchema = MessageSchema(
    name: "test.Leaf",
    fields: [
      FieldSchema(1, "id", .int32), FieldSchema(2, "name", .string),
      FieldSchema(3, "tags", .string, .repeated(packed: false)),
    ])

  init(from view: MessageView) throws(DecodeError) {
    id = view.int32(0)
    name = try view.string(1)
    tags = try view.repeatedString(2)
    unknownFields = view.unknownFields
  }

  func write(into writer: inout MessageWriter) {
    writer.int32(id, 0)
    writer.string(name, 1)
    writer.repeatedString(tags, 2)
    writer.unknownFields(unknownFields)
  }
}

enum Color: ProtoEnum {
  case unspecified
  case red
  case below
  case UNRECOGNIZED(Int32)

  init(rawValue: Int32) {
    switch rawValue {
    case 0: self = .unspecified
    case 1: self = .red
    case -1: self = .below
    default: self = .UNRECOGNIZED(rawValue)
    }
  }

  var rawValue: Int32 {
    switch self {
    case .unspecified: 0
    case .red: 1
    case .below: -1
    case .UNRECOGNIZED(let value): value
    }
  }

  static let schema: EnumSchema = EnumSchema(
    name: "test.Color",
    values: [("COLOR_UNSPECIFIED", 0), ("COLOR_RED", 1), ("COLOR_BELOW", -1)])
}
