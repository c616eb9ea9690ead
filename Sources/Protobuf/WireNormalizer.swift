/// Rewrites legal wire bytes that protobuf-c would reject or misread into an equivalent it
/// decodes well.
///
/// - Several occurrences of a singular message field become one with the concatenated payload,
///   which is how the format defines merging.
/// - A known field with a foreign wire type is an unknown field. It travels through protobuf-c
///   wrapped in a field with a reserved number and comes out in ``UnknownFields`` as it was.
/// - Packed bools are spelled 0 or 1.
///
/// Runs only on input that the scan found to need it, after the scan, so every record is well
/// formed.
struct WireNormalizer {
  /// Carries wrapped records. protoc reserves 19,000...19,999, so no schema has it; a sender's
  /// own use of it is wrapped too, so unwrapping is unambiguous.
  static let carrierNumber: UInt32 = 19_999

  enum Failure: Error {
    case wire(WireReader.Failure)
    /// Merging copies its input at every level; more than the memory budget is refused.
    case budgetExceeded
  }

  private(set) var output: [UInt8] = []
  private var mergeBudget: Int

  init(mergeBudget: Int) {
    self.mergeBudget = mergeBudget
  }

  /// Occurrences of one singular message field.
  private struct Pending {
    let field: FieldLayout
    var pieces: [UnsafeBufferPointer<UInt8>]
  }

  mutating func rewrite(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    as layout: UnsafePointer<MessageLayout>
  ) throws(Failure) {
    var reader = WireReader(start, end)
    var pending: [Pending] = []
    while !reader.isAtEnd {
      let record: WireReader.Record
      do {
        record = try reader.next()
      } catch {
        throw .wire(error)
      }
      let index = layout.pointee.index(ofNumber: record.number)
      guard index >= 0 else {
        if record.number == Self.carrierNumber { wrap(record) } else { copy(record) }
        continue
      }
      let field = layout.pointee.fields[index]
      if record.wireType != field.shape.wireType {
        rewriteOtherWireType(record, field)
        continue
      }
      if field.isOneof {
        // A oneof holds its last member only; an earlier other one must not come back by merging.
        pending.removeAll {
          $0.field.isOneof && $0.field.quantifier == field.quantifier
            && $0.field.number != field.number
        }
      }
      guard field.shape == .message, let sub = field.sub else {
        copy(record)
        continue
      }
      let payload = UnsafeBufferPointer(start: record.value, count: record.end - record.value)
      if field.isRepeated {
        try append(field.number, payload, as: sub)
      } else if let at = pending.firstIndex(where: { $0.field.number == field.number }) {
        pending[at].pieces.append(payload)
      } else {
        pending.append(Pending(field: field, pieces: [payload]))
      }
    }
    for item in pending {
      guard let sub = item.field.sub else { continue }
      try append(item.field.number, merging: item.pieces, as: sub)
    }
  }

  private mutating func append(
    _ number: UInt32, merging pieces: [UnsafeBufferPointer<UInt8>],
    as layout: UnsafePointer<MessageLayout>
  ) throws(Failure) {
    if pieces.count == 1 { return try append(number, pieces[0], as: layout) }
    let size = pieces.reduce(0) { $0 + $1.count }
    guard size <= mergeBudget else { throw .budgetExceeded }
    mergeBudget -= size
    let merged = Array(pieces.joined())
    try merged.withUnsafeBufferPointer { buffer throws(Failure) in
      try append(number, buffer, as: layout)
    }
  }

  private mutating func append(
    _ number: UInt32, _ payload: UnsafeBufferPointer<UInt8>,
    as layout: UnsafePointer<MessageLayout>
  ) throws(Failure) {
    output.appendVarint(UInt64(number) << 3 | 2)
    // The length is not known yet; five bytes hold any, in over-long form.
    let lengthPosition = output.count
    output += [0x80, 0x80, 0x80, 0x80, 0x00]
    if let start = payload.baseAddress {
      try rewrite(start, start + payload.count, as: layout)
    }
    var length = output.count - lengthPosition - 5
    for position in lengthPosition..<lengthPosition + 5 {
      output[position] |= UInt8(length & 0x7F)
      length >>= 7
    }
  }

  private mutating func rewriteOtherWireType(_ record: WireReader.Record, _ field: FieldLayout) {
    guard record.wireType == 2, field.isRepeated else { return wrap(record) }
    guard field.isBool else { return copy(record) }
    var values: [UInt8] = []
    var value: UInt8 = 0
    for byte in UnsafeBufferPointer(start: record.value, count: record.end - record.value) {
      if byte & 0x7F != 0 { value = 1 }
      if byte < 0x80 {
        values.append(value)
        value = 0
      }
    }
    appendHeader(record.number, length: values.count)
    output += values
  }

  private mutating func copy(_ record: WireReader.Record) {
    output += UnsafeBufferPointer(start: record.start, count: record.end - record.start)
  }

  private mutating func wrap(_ record: WireReader.Record) {
    appendHeader(Self.carrierNumber, length: record.end - record.start)
    copy(record)
  }

  private mutating func appendHeader(_ number: UInt32, length: Int) {
    output.appendVarint(UInt64(number) << 3 | 2)
    output.appendVarint(UInt64(length))
  }
}

extension [UInt8] {
  mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }
}
