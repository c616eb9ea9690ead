/// Writes the ledger's stored form: little, self-delimiting, the same on every machine.
///
/// ```
/// integer   zigzag, then base 128 with the low group first (LEB128)
/// text      its UTF-8 length as an integer, then the bytes
/// optional  one byte 0 or 1, then the value
/// list      its count as an integer, then the values
/// record    its fields in the order of its `write(to:)`
/// ```
public struct ByteWriter {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []

  /// Starts with nothing.
  public init() {
    bytes.reserveCapacity(384)
  }

  mutating func byte(_ value: UInt8) {
    bytes.append(value)
  }

  mutating func integer(_ value: Int64) {
    var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
    if rest < 0x80 { return bytes.append(UInt8(truncatingIfNeeded: rest)) }
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func raw(_ value: [UInt8]) {
    integer(Int64(value.count))
    bytes.append(contentsOf: value)
  }

  mutating func raw(_ value: UnsafeRawBufferPointer) {
    integer(Int64(value.count))
    bytes.append(contentsOf: value)
  }

  mutating func text(_ value: String) {
    var value = value
    value.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
  }

  mutating func value(_ value: some Storable) {
    value.write(to: &self)
  }

  mutating func optional<Value: Storable>(_ value: Value?) {
    guard let value else { return byte(0) }
    byte(1)
    value.write(to: &self)
  }

  mutating func list<Value: Storable>(_ values: [Value]) {
    integer(Int64(values.count))
    for value in values { value.write(to: &self) }
  }
}
