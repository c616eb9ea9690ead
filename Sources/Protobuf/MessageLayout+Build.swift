import CProtobufC

extension MessageLayout {
  /// Allocates and fills layout and descriptor; sub-descriptors stay NULL until the schema is
  /// linked.
  static func make(
    name: String, fields schemas: [FieldSchema], oneofCount: Int, isMapEntry: Bool
  ) -> UnsafeMutablePointer<MessageLayout> {
    precondition(schemas.count < Int(UInt16.max), "\(name) has too many fields")
    let count = schemas.count
    let fields = UnsafeMutablePointer<FieldLayout>.allocate(capacity: max(count, 1))
    let oneofCases = UnsafeMutablePointer<UInt32>.allocate(capacity: max(oneofCount, 1))
    var plan = OffsetPlan(oneofCount: oneofCount)
    for (index, schema) in schemas.enumerated() {
      (fields + index).initialize(to: plan.place(schema, inMapEntry: isMapEntry))
    }
    plan.finish(fields, count: count, oneofCases: oneofCases)

    let cFields = UnsafeMutablePointer<ProtobufCFieldDescriptor>.allocate(capacity: max(count, 1))
    for (index, schema) in schemas.enumerated() {
      (cFields + index).initialize(to: cDescriptor(of: schema, at: fields[index]))
    }
    let descriptor = UnsafeMutablePointer<ProtobufCMessageDescriptor>.allocate(capacity: 1)
    descriptor.initialize(to: ProtobufCMessageDescriptor())
    descriptor.pointee.magic = UInt32(PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC)
    descriptor.pointee.name = immortalCString(name)
    descriptor.pointee.sizeof_message = Int(plan.size)
    descriptor.pointee.n_fields = UInt32(count)
    // NULL and not an empty array: unpack reads fields[0] unless it is NULL.
    descriptor.pointee.fields = count == 0 ? nil : UnsafePointer(cFields)
    let ranges = fieldRanges(of: schemas)
    descriptor.pointee.field_ranges = UnsafePointer(ranges.pointer)
    descriptor.pointee.n_field_ranges = ranges.count

    let dense = denseIndex(of: schemas)
    let layout = UnsafeMutablePointer<MessageLayout>.allocate(capacity: 1)
    layout.initialize(
      to: MessageLayout(
        fields: fields, fieldCount: count, oneofCases: oneofCases, oneofCount: oneofCount,
        dense: dense.pointer, denseCount: dense.count, descriptor: descriptor, cFields: cFields,
        schema: nil))
    return layout
  }

  /// Runs of consecutive field numbers, closed by the sentinel that protobuf-c expects.
  private static func fieldRanges(
    of schemas: [FieldSchema]
  ) -> (pointer: UnsafeMutablePointer<ProtobufCIntRange>, count: UInt32) {
    var ranges: [ProtobufCIntRange] = []
    var expected: Int32?
    for (index, schema) in schemas.enumerated() {
      if schema.number != expected {
        ranges.append(ProtobufCIntRange(start_value: schema.number, orig_index: UInt32(index)))
      }
      expected = schema.number + 1
    }
    let count = UInt32(ranges.count)
    ranges.append(ProtobufCIntRange(start_value: 0, orig_index: UInt32(schemas.count)))
    let pointer = UnsafeMutablePointer<ProtobufCIntRange>.allocate(capacity: ranges.count)
    pointer.initialize(from: ranges, count: ranges.count)
    return (pointer, count)
  }

  private static func denseIndex(
    of schemas: [FieldSchema]
  ) -> (pointer: UnsafeMutablePointer<UInt16>, count: Int) {
    let largest = schemas.last { $0.number <= Int32(denseNumberMax) }.map { Int($0.number) } ?? 0
    let pointer = UnsafeMutablePointer<UInt16>.allocate(capacity: largest + 1)
    pointer.initialize(repeating: 0, count: largest + 1)
    for (index, schema) in schemas.enumerated() where Int(schema.number) <= largest {
      pointer[Int(schema.number)] = UInt16(index + 1)
    }
    return (pointer, largest + 1)
  }

  private static func cDescriptor(
    of schema: FieldSchema, at place: FieldLayout
  ) -> ProtobufCFieldDescriptor {
    var field = ProtobufCFieldDescriptor()
    field.name = immortalCString(schema.name)
    field.id = place.number
    field.type = schema.type.cType
    field.offset = place.offset
    field.quantifier_offset = place.quantifier
    switch schema.cardinality {
    case .repeated(let packed):
      field.label = PROTOBUF_C_LABEL_REPEATED
      if packed, schema.type.isPackable {
        field.flags = UInt32(PROTOBUF_C_FIELD_FLAG_PACKED.rawValue)
      }
    case .map:
      field.label = PROTOBUF_C_LABEL_REPEATED
    case .oneof:
      field.label = PROTOBUF_C_LABEL_OPTIONAL
      field.flags = UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue)
    case .required:
      field.label = PROTOBUF_C_LABEL_REQUIRED
    case .implicit, .optional:
      let isPointer = place.shape == .message
      field.label =
        place.quantifier != 0 || isPointer ? PROTOBUF_C_LABEL_OPTIONAL : PROTOBUF_C_LABEL_NONE
    }
    return field
  }

  /// A C string that is never freed, like the descriptor it belongs to.
  private static func immortalCString(_ string: String) -> UnsafePointer<CChar> {
    let utf8 = string.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: utf8.count)
    copy.initialize(from: Array(utf8), count: utf8.count)
    return UnsafePointer(copy)
  }
}

/// Gives out offsets while the fields of one message are placed.
private struct OffsetPlan {
  private var next = MessageLayout.baseSize
  private var flagCount: UInt32 = 0
  private var oneofSlots: [UInt32?]
  private var messageOrdinal: UInt8 = 0
  private(set) var size: UInt32 = 0

  init(oneofCount: Int) {
    oneofSlots = Array(repeating: nil, count: oneofCount)
  }

  mutating func place(_ schema: FieldSchema, inMapEntry: Bool) -> FieldLayout {
    let shape = schema.type.shape
    var field = FieldLayout(
      offset: 0, quantifier: 0, quantifierValue: 1, number: UInt32(schema.number), shape: shape,
      isRepeated: false, isOneof: false, skipsZero: false, isBool: schema.type.isBool,
      seenBit: 0, sub: nil)
    switch schema.cardinality {
    case .repeated, .map:
      field.isRepeated = true
      field.quantifier = take(8)
      field.offset = take(8)
      return field
    case .oneof(let index):
      precondition(oneofSlots.indices.contains(index), "\(schema.name) names no oneof")
      let slot = oneofSlots[index] ?? take(16)
      oneofSlots[index] = slot
      field.isOneof = true
      field.offset = slot
      // Replaced by the case's offset in `finish`.
      field.quantifier = UInt32(index)
      field.quantifierValue = field.number
    case .implicit, .optional, .required:
      field.offset = take(shape == .bytes ? 16 : 8)
      if hasFlag(schema, inMapEntry: inMapEntry) {
        // Replaced by the flag's offset in `finish`; never 0.
        flagCount += 1
        field.quantifier = flagCount
      }
      field.skipsZero = schema.cardinality == .implicit && !inMapEntry
    }
    if shape == .message {
      field.seenBit = messageOrdinal
      messageOrdinal = min(messageOrdinal + 1, 63)
    }
    return field
  }

  /// Whether presence needs a flag. Implicit float and double have one too, because protobuf-c
  /// takes -0.0 for "not set"; so have map entries, whose key and value are always written.
  private func hasFlag(_ schema: FieldSchema, inMapEntry: Bool) -> Bool {
    if case .message = schema.type { return false }
    switch schema.cardinality {
    case .optional: return true
    case .implicit: return inMapEntry || schema.type.isFloatingPoint
    default: return false
    }
  }

  mutating func finish(
    _ fields: UnsafeMutablePointer<FieldLayout>, count: Int,
    oneofCases: UnsafeMutablePointer<UInt32>
  ) {
    let flags = next
    let cases = flags + 4 * flagCount
    for index in 0..<oneofSlots.count {
      (oneofCases + index).initialize(to: cases + 4 * UInt32(index))
    }
    for index in 0..<count where !fields[index].isRepeated {
      if fields[index].isOneof {
        fields[index].quantifier = cases + 4 * fields[index].quantifier
      } else if fields[index].quantifier != 0 {
        fields[index].quantifier = flags + 4 * (fields[index].quantifier - 1)
      }
    }
    size = (cases + 4 * UInt32(oneofSlots.count) + 7) & ~7
  }

  private mutating func take(_ bytes: UInt32) -> UInt32 {
    defer { next += bytes }
    return next
  }
}

extension FieldType {
  fileprivate var isBool: Bool {
    if case .bool = self { true } else { false }
  }

  fileprivate var isFloatingPoint: Bool {
    switch self {
    case .float, .double: true
    default: false
    }
  }

  fileprivate var shape: FieldLayout.Shape {
    switch self {
    case .int32, .int64, .uint32, .uint64, .sint32, .sint64, .bool, .enum: .varint
    case .fixed32, .sfixed32, .float: .fixed32
    case .fixed64, .sfixed64, .double: .fixed64
    case .string, .bytes: .bytes
    case .message: .message
    }
  }

  /// Strings are BYTES for protobuf-c: as STRING it would cut them at the first NUL.
  fileprivate var cType: ProtobufCType {
    switch self {
    case .double: PROTOBUF_C_TYPE_DOUBLE
    case .float: PROTOBUF_C_TYPE_FLOAT
    case .int32: PROTOBUF_C_TYPE_INT32
    case .int64: PROTOBUF_C_TYPE_INT64
    case .uint32: PROTOBUF_C_TYPE_UINT32
    case .uint64: PROTOBUF_C_TYPE_UINT64
    case .sint32: PROTOBUF_C_TYPE_SINT32
    case .sint64: PROTOBUF_C_TYPE_SINT64
    case .fixed32: PROTOBUF_C_TYPE_FIXED32
    case .fixed64: PROTOBUF_C_TYPE_FIXED64
    case .sfixed32: PROTOBUF_C_TYPE_SFIXED32
    case .sfixed64: PROTOBUF_C_TYPE_SFIXED64
    case .bool: PROTOBUF_C_TYPE_BOOL
    case .string, .bytes: PROTOBUF_C_TYPE_BYTES
    case .enum: PROTOBUF_C_TYPE_ENUM
    case .message: PROTOBUF_C_TYPE_MESSAGE
    }
  }
}
