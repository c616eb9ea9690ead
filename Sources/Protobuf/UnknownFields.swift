import CProtobufC

/// Fields that were on the wire and are not in the schema, kept as they came and written back last.
public struct UnknownFields: Sendable, Hashable {
  /// The complete records, tags included, one after the other.
  public private(set) var bytes: [UInt8]

  /// No unknown fields.
  @inlinable
  public init() { self.init(unchecked: []) }

  /// Takes complete field records.
  ///
  /// - Throws: ``DecodeError`` when the bytes are not a sequence of records (groups are refused).
  public init(bytes: [UInt8]) throws(DecodeError) {
    let failure = bytes.withUnsafeBufferPointer { buffer -> WireReader.Failure? in
      guard let start = buffer.baseAddress else { return nil }
      var reader = WireReader(start, start + buffer.count)
      do throws(WireReader.Failure) {
        while !reader.isAtEnd { _ = try reader.next() }
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw DecodeError(failure.reason, message: "unknown fields") }
    self.bytes = bytes
  }

  @usableFromInline
  init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  public var isEmpty: Bool { bytes.isEmpty }

  /// Collects the unknown fields of a decoded message.
  init(message: UnsafeRawPointer) {
    let base = message.assumingMemoryBound(to: ProtobufCMessage.self)
    bytes = []
    for field in UnsafeBufferPointer(
      start: base.pointee.unknown_fields, count: Int(base.pointee.n_unknown_fields))
    {
      let data = UnsafeBufferPointer(start: field.data, count: field.len)
      if field.tag == WireNormalizer.carrierNumber {
        // The data starts with its length, which the record inside does not need.
        let lengthBytes = (data.firstIndex { $0 < 0x80 } ?? -1) + 1
        bytes += data[lengthBytes...]
      } else {
        bytes.appendVarint(UInt64(field.tag) << 3 | UInt64(field.wire_type.rawValue))
        bytes += data
      }
    }
  }

  /// Hands the records to protobuf-c, which points into a copy in the arena.
  func store(into message: UnsafeMutableRawPointer, arena: Arena) {
    guard let copy = arena.allocate(bytes.count) else { return }
    UnsafeMutableRawBufferPointer(start: copy, count: bytes.count).copyBytes(from: bytes)
    let start = UnsafePointer(copy.assumingMemoryBound(to: UInt8.self))
    let end = start + bytes.count
    var count = 0
    var counter = WireReader(start, end)
    while !counter.isAtEnd, (try? counter.next()) != nil { count += 1 }
    let stride = MemoryLayout<ProtobufCMessageUnknownField>.stride
    guard let memory = arena.allocate(count * stride) else { return }
    let records = memory.bindMemory(to: ProtobufCMessageUnknownField.self, capacity: count)
    var reader = WireReader(start, end)
    for index in 0..<count {
      guard let record = try? reader.next() else { return }
      // protobuf-c writes tag and data; the data of a length-delimited field includes its length.
      var data = record.start
      while data.pointee >= 0x80 { data += 1 }
      data += 1
      (records + index).initialize(
        to: ProtobufCMessageUnknownField(
          tag: record.number, wire_type: ProtobufCWireType(UInt32(record.wireType)),
          len: record.end - data, data: UnsafeMutablePointer(mutating: data)))
    }
    let base = message.assumingMemoryBound(to: ProtobufCMessage.self)
    base.pointee.n_unknown_fields = UInt32(count)
    base.pointee.unknown_fields = records
  }
}
