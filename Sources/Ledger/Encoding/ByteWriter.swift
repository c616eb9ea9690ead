/// Writes the ledger's stored form: little, self-delimiting, the same on every machine.
///
/// ```
/// integer   zigzag, then base 128 with the low group first (LEB128)
/// text      its UTF-8 length as an integer, then the bytes
/// optional  one byte 0 or 1, then the value
/// list      its count as an integer, then the values
/// record    its fields in the order of its `write(to:)`
/// ```
/// Every command writes several hundred bytes, most of them one at a time: into memory of its own,
/// without the checks that an array makes for each.
public struct ByteWriter: ~Copyable {
  /// Bytes that lie on the stack: nearly everything that is stored is shorter.
  private static let usualCount = 1_024
  /// The most bytes of an integer.
  private static let integerBytesMax = 10

  private var memory: UnsafeMutableRawPointer
  private var capacity: Int
  /// Whether the memory was allocated here, and not lent.
  private var isOwner: Bool
  private var count = 0

  /// Starts with nothing.
  public init() {
    memory = .allocate(byteCount: Self.usualCount, alignment: 1)
    capacity = Self.usualCount
    isOwner = true
  }

  private init(lent memory: UnsafeMutableRawPointer, capacity: Int) {
    self.memory = memory
    self.capacity = capacity
    isOwner = false
  }

  deinit {
    if isOwner { memory.deallocate() }
  }

  /// What was written so far.
  public var bytes: [UInt8] { withBytes { [UInt8]($0) } }

  /// Lends what was written so far.
  func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    body(UnsafeRawBufferPointer(start: memory, count: count))
  }

  /// Lends what `write` writes, which need not be kept.
  static func lend<Value>(
    _ write: (inout ByteWriter) -> Void, to body: (UnsafeRawBufferPointer) -> Value
  ) -> Value {
    withUnsafeTemporaryAllocation(byteCount: usualCount, alignment: 1) { memory in
      guard let start = memory.baseAddress else { preconditionFailure("no memory was lent") }
      var writer = ByteWriter(lent: start, capacity: memory.count)
      write(&writer)
      return writer.withBytes(body)
    }
  }

  /// What `write` writes.
  static func bytes(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
    lend(write) { [UInt8]($0) }
  }

  private mutating func reserve(_ more: Int) {
    if capacity - count < more { grow(by: more) }
  }

  @inline(never)
  private mutating func grow(by more: Int) {
    let larger = max(capacity * 2, count + more)
    let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 1)
    moved.copyMemory(from: memory, byteCount: count)
    if isOwner { memory.deallocate() }
    memory = moved
    capacity = larger
    isOwner = true
  }

  mutating func byte(_ value: UInt8) {
    reserve(1)
    memory.storeBytes(of: value, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  /// Nearly half of what is written are flags, counts and empty texts, which take one byte.
  @inline(__always)
  mutating func integer(_ value: Int64) {
    let rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
    guard rest >= 0x80 else { return byte(UInt8(truncatingIfNeeded: rest)) }
    longInteger(rest)
  }

  @inline(never)
  private mutating func longInteger(_ value: UInt64) {
    reserve(Self.integerBytesMax)
    var rest = value
    var place = memory + count
    while rest >= 0x80 {
      place.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
      rest >>= 7
      place += 1
    }
    place.storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
    count = place - memory + 1
  }

  /// Writes bytes without their count.
  mutating func plain(_ value: UnsafeRawBufferPointer) {
    guard let start = value.baseAddress, !value.isEmpty else { return }
    reserve(value.count)
    (memory + count).copyMemory(from: start, byteCount: value.count)
    count += value.count
  }

  mutating func raw(_ value: [UInt8]) {
    value.withUnsafeBytes { raw($0) }
  }

  mutating func raw(_ value: UnsafeRawBufferPointer) {
    integer(Int64(value.count))
    plain(value)
  }

  mutating func text(_ value: String) {
    if value.isEmpty { return byte(0) }
    value.lendUTF8 { raw(UnsafeRawBufferPointer($0)) }
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
