/// Sets the fields of a message being encoded, by field index (position in
/// ``MessageSchema/fields``).
///
/// Valid only inside the `write(into:)` or `encode` closure it is passed to. Nothing fails here:
/// too deep and too large are remembered and thrown when the closure has returned. A wrong index
/// or kind of field is a programming error and stops the process.
///
/// Naming mirrors ``MessageView``: `int64(v, i)` writes an implicit, required or oneof field (and
/// selects the oneof member), `optionalInt64(v, i)` writes a value with presence or nothing,
/// `repeatedInt64(v, i)` a list.
public struct MessageWriter {
  /// Levels of nested messages that can be encoded, as many as receivers accept by default.
  static let depthMax = 100

  @usableFromInline let base: UnsafeMutableRawPointer
  @usableFromInline let layout: UnsafePointer<MessageLayout>
  @usableFromInline let arena: Arena

  /// Creates an empty C message; nil when the arena is exhausted.
  init?(layout: UnsafePointer<MessageLayout>, arena: Arena) {
    let size = layout.pointee.descriptor.pointee.sizeof_message
    guard let base = arena.allocate(size) else { return nil }
    base.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    base.storeBytes(of: UnsafeRawPointer(layout.pointee.descriptor), as: UnsafeRawPointer.self)
    self.base = base
    self.layout = layout
    self.arena = arena
  }

  @inlinable @inline(__always)
  func field(_ index: Int) -> UnsafeMutablePointer<FieldLayout> {
    precondition(index >= 0 && index < layout.pointee.fieldCount, "no such field index")
    return layout.pointee.fields + index
  }

  /// Stores a value and marks the field as set.
  @inlinable @inline(__always)
  func store<Value: BitwiseCopyable>(_ value: Value, _ index: Int) {
    let field = field(index)
    (base + Int(field.pointee.offset)).storeBytes(of: value, as: Value.self)
    mark(field)
  }

  @inlinable @inline(__always)
  func mark(_ field: UnsafeMutablePointer<FieldLayout>) {
    if field.pointee.quantifier != 0 {
      (base + Int(field.pointee.quantifier)).storeBytes(
        of: field.pointee.quantifierValue, as: UInt32.self)
    }
  }

  // MARK: Singular scalars

  @inlinable public mutating func int32(_ value: Int32, _ index: Int) { store(value, index) }
  @inlinable public mutating func int64(_ value: Int64, _ index: Int) { store(value, index) }
  @inlinable public mutating func uint32(_ value: UInt32, _ index: Int) { store(value, index) }
  @inlinable public mutating func uint64(_ value: UInt64, _ index: Int) { store(value, index) }

  @inlinable
  public mutating func bool(_ value: Bool, _ index: Int) { store(value ? 1 : 0 as Int32, index) }

  @inlinable
  public mutating func enumeration<E: ProtoEnum>(_ value: E, _ index: Int) {
    store(value.rawValue, index)
  }

  /// Without presence, only +0.0 is left out; -0.0 and NaN are written.
  @inlinable
  public mutating func float(_ value: Float, _ index: Int) {
    if value.bitPattern == 0, field(index).pointee.skipsZero { return }
    store(value, index)
  }

  /// Without presence, only +0.0 is left out; -0.0 and NaN are written.
  @inlinable
  public mutating func double(_ value: Double, _ index: Int) {
    if value.bitPattern == 0, field(index).pointee.skipsZero { return }
    store(value, index)
  }

  @inlinable
  public mutating func string(_ value: String, _ index: Int) {
    if value.isEmpty, field(index).pointee.skipsZero { return }
    storeString(value, index)
  }

  @inlinable
  public mutating func bytes(_ value: [UInt8], _ index: Int) {
    if value.isEmpty, field(index).pointee.skipsZero { return }
    storeBytes(value, index)
  }

  @usableFromInline
  func storeString(_ value: String, _ index: Int) {
    var value = value
    value.withUTF8 { storeBlob($0, index) }
  }

  @usableFromInline
  func storeBytes(_ value: [UInt8], _ index: Int) {
    value.withUnsafeBufferPointer { storeBlob($0, index) }
  }

  private func storeBlob(_ data: UnsafeBufferPointer<UInt8>, _ index: Int) {
    let field = field(index)
    precondition(field.pointee.shape == .bytes && !field.pointee.isRepeated, "not a string field")
    guard let blob = copy(data) else { return }
    (base + Int(field.pointee.offset)).storeBytes(of: blob, as: MessageView.Blob.self)
    mark(field)
  }

  /// Copies bytes into the arena: the source may move before the message is packed.
  func copy(_ data: UnsafeBufferPointer<UInt8>) -> MessageView.Blob? {
    guard let source = data.baseAddress, data.count > 0 else {
      return MessageView.Blob(count: 0, start: nil)
    }
    guard let memory = arena.allocate(data.count) else { return nil }
    memory.copyMemory(from: source, byteCount: data.count)
    return MessageView.Blob(
      count: data.count, start: UnsafePointer(memory.assumingMemoryBound(to: UInt8.self)))
  }

  // MARK: Optional scalars

  @inlinable
  public mutating func optionalInt32(_ value: Int32?, _ index: Int) {
    if let value { int32(value, index) }
  }
  @inlinable
  public mutating func optionalInt64(_ value: Int64?, _ index: Int) {
    if let value { int64(value, index) }
  }
  @inlinable
  public mutating func optionalUInt32(_ value: UInt32?, _ index: Int) {
    if let value { uint32(value, index) }
  }
  @inlinable
  public mutating func optionalUInt64(_ value: UInt64?, _ index: Int) {
    if let value { uint64(value, index) }
  }
  @inlinable
  public mutating func optionalFloat(_ value: Float?, _ index: Int) {
    if let value { float(value, index) }
  }
  @inlinable
  public mutating func optionalDouble(_ value: Double?, _ index: Int) {
    if let value { double(value, index) }
  }
  @inlinable
  public mutating func optionalBool(_ value: Bool?, _ index: Int) {
    if let value { bool(value, index) }
  }
  @inlinable
  public mutating func optionalString(_ value: String?, _ index: Int) {
    if let value { string(value, index) }
  }
  @inlinable
  public mutating func optionalBytes(_ value: [UInt8]?, _ index: Int) {
    if let value { bytes(value, index) }
  }
  @inlinable
  public mutating func optionalEnumeration<E: ProtoEnum>(_ value: E?, _ index: Int) {
    if let value { enumeration(value, index) }
  }

  // MARK: Messages

  /// Writes a singular message field, oneof members included; nothing when nil.
  @inlinable
  public mutating func message<M: Message>(_ value: M?, _ index: Int) {
    guard let value, var nested = beginMessage(index) else { return }
    value.write(into: &nested)
    endMessage()
  }

  /// Writes a singular message field whose type is known only at run time.
  public mutating func message(_ index: Int, _ write: (inout MessageWriter) -> Void) {
    guard var nested = beginMessage(index) else { return }
    write(&nested)
    endMessage()
  }

  /// Writes fields back that the schema does not know.
  @inlinable
  public mutating func unknownFields(_ fields: UnknownFields) {
    if !fields.bytes.isEmpty { storeUnknownFields(fields) }
  }

  @usableFromInline
  func storeUnknownFields(_ fields: UnknownFields) { fields.store(into: base, arena: arena) }

  @usableFromInline
  func beginMessage(_ index: Int) -> MessageWriter? {
    let field = field(index)
    precondition(field.pointee.shape == .message && !field.pointee.isRepeated, "not a message")
    guard let sub = field.pointee.sub, let nested = enter(sub) else { return nil }
    (base + Int(field.pointee.offset)).storeBytes(
      of: nested.base, as: UnsafeMutableRawPointer.self)
    mark(field)
    return nested
  }

  /// Creates a nested message one level deeper; ``endMessage()`` goes up again.
  func enter(_ sub: UnsafePointer<MessageLayout>) -> MessageWriter? {
    // The outermost message is level 1 and does not count here.
    guard arena.state.pointee.depth + 1 < Self.depthMax else {
      arena.state.pointee.isTooDeep = true
      return nil
    }
    guard let nested = MessageWriter(layout: sub, arena: arena) else { return nil }
    arena.state.pointee.depth += 1
    return nested
  }

  @usableFromInline
  func endMessage() { arena.state.pointee.depth -= 1 }
}
