/// Steps through wire bytes with every access checked against the end.
struct WireReader {
  /// One field record: tag, wire type and where its parts are.
  struct Record {
    let start: UnsafePointer<UInt8>
    let number: UInt32
    let wireType: UInt8
    /// The value; for length-delimited fields without the length.
    let value: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
  }

  enum Failure: Error {
    case truncated, tagTooLong, fieldNumberZero, group, varintTooLong
    case invalidWireType(UInt8)

    var reason: DecodeError.Reason {
      switch self {
      case .truncated: .truncated
      case .tagTooLong: .tagTooLong
      case .fieldNumberZero: .fieldNumberZero
      case .group: .group
      case .varintTooLong: .varintTooLong
      case .invalidWireType(let type): .invalidWireType(type)
      }
    }
  }

  private(set) var position: UnsafePointer<UInt8>
  let end: UnsafePointer<UInt8>
  /// Number of the field last begun, for error messages; nil while its tag is unread.
  private(set) var number: UInt32?

  init(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
    position = start
    self.end = end
  }

  var isAtEnd: Bool { position >= end }

  /// Reads one record. Call only when not at the end.
  @inline(__always)
  mutating func next() throws(Failure) -> Record {
    let start = position
    number = nil
    let tag = try readTag()
    let fieldNumber = tag >> 3
    if fieldNumber == 0 { throw .fieldNumberZero }
    number = fieldNumber
    let wireType = UInt8(truncatingIfNeeded: tag & 7)
    var value = position
    switch wireType {
    case 0:
      try skipVarint()
    case 1:
      try skip(8)
    case 2:
      let length = try readLength()
      value = position
      try skip(length)
    case 5:
      try skip(4)
    case 3, 4:
      throw .group
    default:
      throw .invalidWireType(wireType)
    }
    return Record(
      start: start, number: fieldNumber, wireType: wireType, value: value, end: position)
  }

  /// Reads a tag: at most 5 bytes and 32 bits.
  private mutating func readTag() throws(Failure) -> UInt32 {
    if position < end, position.pointee < 0x80 {
      defer { position += 1 }
      return UInt32(position.pointee)
    }
    return try readVarint32(tooLong: .tagTooLong)
  }

  private mutating func readLength() throws(Failure) -> Int {
    if position < end, position.pointee < 0x80 {
      defer { position += 1 }
      return Int(position.pointee)
    }
    return Int(try readVarint32(tooLong: .varintTooLong))
  }

  private mutating func readVarint32(tooLong: Failure) throws(Failure) -> UInt32 {
    var result: UInt32 = 0
    var shift: UInt32 = 0
    while position < end {
      let byte = position.pointee
      position += 1
      if shift == 28, byte > 0x0F { throw tooLong }
      result |= UInt32(byte & 0x7F) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
    throw .truncated
  }

  /// Skips a varint of at most 64 bits.
  mutating func skipVarint() throws(Failure) {
    var count = 0
    while position < end {
      let byte = position.pointee
      position += 1
      count += 1
      if count == 10, byte > 1 { throw .varintTooLong }
      if byte < 0x80 { return }
    }
    throw .truncated
  }

  private mutating func skip(_ count: Int) throws(Failure) {
    guard end - position >= count else { throw .truncated }
    position += count
  }
}
