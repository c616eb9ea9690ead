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

  private var memory: UnsafeMutableRawBufferPointer
  /// Whether the memory was allocated here, and not lent.
  private var isOwner: Bool
  private var count = 0

  /// Starts with nothing.
  public init() {
    memory = .allocate(byteCount: Self.usualCount, alignment: 1)
    isOwner = true
  }

  private init(lent memory: UnsafeMutableRawBufferPointer) {
    self.memory = memory
    isOwner = false
  }

  deinit {
    if isOwner { memory.deallocate() }
  }

  /// What was written so far.
  public var bytes: [UInt8] { withBytes { [UInt8]($0) } }

  /// Lends what was written so far.
  func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
  }

  /// Lends what `write` writes, which need not be kept.
  static func lend<Value>(
    _ write: (inout ByteWriter) -> Void, to body: (UnsafeRawBufferPointer) -> Value
  ) -> Value {
    withUnsafeTemporaryAllocation(byteCount: usualCount, alignment: 1) { memory in
      var writer = ByteWriter(lent: memory)
      write(&writer)
      return writer.withBytes(body)
    }
  }

  /// What `write` writes.
  static func bytes(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
    lend(write) { [UInt8]($0) }
  }

  private mutating func reserve(_ more: Int) {
    if memory.count - count < more { grow(by: more) }
  }

  @inline(never)
  private mutating func grow(by more: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(memory.count * 2, count + more), alignment: 1)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
    if isOwner { memory.deallocate() }
    memory = larger
    isOwner = true
  }

  mutating func byte(_ value: UInt8) {
    reserve(1)
    memory[count] = value
    count += 1
  }

  mutating func integer(_ value: Int64) {
    reserve(Self.integerBytesMax)
    var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
    var place = count
    while rest >= 0x80 {
      memory[place] = UInt8(truncatingIfNeeded: rest) | 0x80
      rest >>= 7
      place += 1
    }
    memory[place] = UInt8(truncatingIfNeeded: rest)
    count = place + 1
  }

  /// Writes bytes without their count.
  mutating func plain(_ value: UnsafeRawBufferPointer) {
    reserve(value.count)
    UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: value)
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
