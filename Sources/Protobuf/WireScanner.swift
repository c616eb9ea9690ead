/// Walks a message before protobuf-c sees it and refuses what it would mishandle.
///
/// protobuf-c 1.4.1 recurses without limit, accepts field number 0 in over-long form and takes a
/// bool from any wire type. It also fails on input that the format allows; that is not refused
/// here but noted in ``needsRewrite`` and repaired by ``WireNormalizer``.
struct WireScanner {
  /// Depths above this are never granted: unpacking takes about 1 KiB of stack per level.
  static let depthMax = 200

  let limits: DecodingLimits
  private let maxDepth: Int
  private var records = 0
  private var unknown = 0
  /// The message is legal, but protobuf-c would reject it or decode it wrongly as it stands.
  private(set) var needsRewrite = false

  init(limits: DecodingLimits) {
    self.limits = limits
    maxDepth = min(limits.maxDepth, Self.depthMax)
  }

  mutating func scan(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    as layout: UnsafePointer<MessageLayout>, depth: Int = 1
  ) throws(DecodeError) {
    guard depth <= maxDepth else {
      throw layout.pointee.error(.tooDeep(limit: maxDepth))
    }
    var reader = WireReader(start, end)
    var seenMessages: UInt64 = 0
    while !reader.isAtEnd {
      let record: WireReader.Record
      do {
        record = try reader.next()
      } catch {
        throw layout.pointee.error(error.reason, number: reader.number)
      }
      records += 1
      if records > limits.maxFieldOccurrences {
        throw layout.pointee.error(
          .tooManyFieldOccurrences(limit: limits.maxFieldOccurrences), number: record.number)
      }
      let index = layout.pointee.index(ofNumber: record.number)
      guard index >= 0 else {
        try countUnknown(record, in: layout)
        continue
      }
      let field = layout.pointee.fields + index
      if record.wireType != field.pointee.shape.wireType {
        try scanOtherWireType(record, field, in: layout)
      } else if field.pointee.shape == .message, let sub = field.pointee.sub {
        if !field.pointee.isRepeated {
          // protobuf-c's own merge loses proto3 scalars of the earlier occurrence.
          let bit: UInt64 = 1 << UInt64(field.pointee.seenBit)
          if seenMessages & bit != 0 { needsRewrite = true }
          seenMessages |= bit
        }
        try scan(record.value, record.end, as: sub, depth: depth + 1)
      }
    }
  }

  private mutating func countUnknown(
    _ record: WireReader.Record, in layout: UnsafePointer<MessageLayout>
  ) throws(DecodeError) {
    unknown += 1
    if unknown > limits.maxUnknownFields {
      throw layout.pointee.error(
        .tooManyUnknownFields(limit: limits.maxUnknownFields), number: record.number)
    }
    if record.number == WireNormalizer.carrierNumber { needsRewrite = true }
  }

  /// A packed list, or a wire type that does not belong to the field and makes it an unknown field.
  private mutating func scanOtherWireType(
    _ record: WireReader.Record, _ field: UnsafeMutablePointer<FieldLayout>,
    in layout: UnsafePointer<MessageLayout>
  ) throws(DecodeError) {
    guard record.wireType == 2, field.pointee.isRepeated else {
      needsRewrite = true
      return try countUnknown(record, in: layout)
    }
    let length = record.end - record.value
    switch field.pointee.shape {
    case .varint:
      var values = WireReader(record.value, record.end)
      do {
        while !values.isAtEnd {
          // protobuf-c refuses packed bools that are not spelled 0 or 1.
          if field.pointee.isBool, values.position.pointee > 1 { needsRewrite = true }
          try values.skipVarint()
        }
      } catch {
        throw layout.pointee.error(
          error.reason == .truncated ? .malformedPackedList : error.reason, number: record.number)
      }
    case .fixed32:
      if length % 4 != 0 {
        throw layout.pointee.error(.malformedPackedList, number: record.number)
      }
    case .fixed64:
      if length % 8 != 0 {
        throw layout.pointee.error(.malformedPackedList, number: record.number)
      }
    case .bytes, .message:
      break
    }
  }
}
