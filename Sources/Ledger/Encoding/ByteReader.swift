/// Stored bytes that the ledger cannot have written.
public struct CorruptionError: Error, Sendable, CustomStringConvertible {
  /// What was being read.
  public let description: String

  /// Describes what was being read.
  public init(_ description: String) {
    self.description = description
  }
}

/// Reads the stored form that ``ByteWriter`` writes. Trusts nothing: disks damage bytes.
public struct ByteReader {
  /// The version that is written: 2 added reports to holds and request ids to charges,
  /// 3 the tightest budget to what a credit question is answered, 4 keeps whole commands in place
  /// of their hashes, 5 says once what an entry's change and its answer have in common.
  static let currentVersion: UInt8 = 5

  private let bytes: [UInt8]
  private var position = 0
  /// The version of what is read: later fields are not there in older ones.
  var version = Self.currentVersion

  /// Starts at the first byte.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func byte() throws(CorruptionError) -> UInt8 {
    guard position < bytes.count else { throw CorruptionError("the bytes end early") }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func integer() throws(CorruptionError) -> Int64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      let group = try byte()
      let part = UInt64(group & 0x7F)
      guard shift < 63 || part <= 1 else { break }
      value |= part << shift
      if group < 0x80 {
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
      }
    }
    throw CorruptionError("an integer is too long")
  }

  mutating func raw() throws(CorruptionError) -> [UInt8] {
    let count = try integer()
    guard count >= 0, count <= Int64(bytes.count - position) else {
      throw CorruptionError("a length reaches past the end")
    }
    let end = position + Int(count)
    defer { position = end }
    return Array(bytes[position..<end])
  }

  mutating func value<Value: Storable>(_ type: Value.Type = Value.self)
    throws(CorruptionError) -> Value
  {
    try Value(from: &self)
  }

  mutating func optional<Value: Storable>(_ type: Value.Type = Value.self)
    throws(CorruptionError) -> Value?
  {
    switch try byte() {
    case 0: return nil
    case 1: return try Value(from: &self)
    default: throw CorruptionError("neither absent nor present")
    }
  }

  mutating func list<Value: Storable>(_ type: Value.Type = Value.self)
    throws(CorruptionError) -> [Value]
  {
    let count = try integer()
    // Every value takes at least a byte, so a count beyond that is damage and not a big list.
    guard count >= 0, count <= Int64(bytes.count - position) else {
      throw CorruptionError("a count reaches past the end")
    }
    var values: [Value] = []
    for _ in 0..<count { values.append(try Value(from: &self)) }
    return values
  }

  /// Whether everything was read: a field that was added later may be left out at the end.
  var isAtEnd: Bool { position == bytes.count }

  /// Requires that everything was read.
  func finish() throws(CorruptionError) {
    guard position == bytes.count else { throw CorruptionError("bytes are left over") }
  }
}
