/// The fields of a decoded message, by field index (position in ``MessageSchema/fields``).
///
/// Valid only inside the `init(from:)` or `decode` closure it is passed to: it points into memory
/// that is reused afterwards. Everything it returns is a copy. A wrong index or a wrong kind of
/// field is a programming error and stops the process; it cannot read outside the message.
///
/// Naming: `int64(i)` reads an implicit, required or selected oneof field, `optionalInt64(i)`
/// gives nil when the field is not set, `repeatedInt64(i)` reads a list. `int32`… also serve
/// sint32 and sfixed32 fields, and so on for the other widths.
public struct MessageView {
  @usableFromInline let base: UnsafeRawPointer
  @usableFromInline let layout: UnsafePointer<MessageLayout>

  @usableFromInline
  init(base: UnsafeRawPointer, layout: UnsafePointer<MessageLayout>) {
    self.base = base
    self.layout = layout
  }

  @inlinable @inline(__always)
  func field(_ index: Int) -> UnsafeMutablePointer<FieldLayout> {
    precondition(index >= 0 && index < layout.pointee.fieldCount, "no such field index")
    return layout.pointee.fields + index
  }

  @inlinable @inline(__always)
  func scalar<Value: BitwiseCopyable>(_ index: Int, as type: Value.Type) -> Value {
    (base + Int(field(index).pointee.offset)).load(as: Value.self)
  }

  /// The field number of the oneof member that is set, 0 when none is.
  ///
  /// - Parameter oneof: index into ``MessageSchema/oneofs``.
  @inlinable
  public func oneofCase(_ oneof: Int) -> Int32 {
    precondition(oneof >= 0 && oneof < layout.pointee.oneofCount, "no such oneof index")
    return Int32(
      bitPattern: (base + Int(layout.pointee.oneofCases[oneof])).load(as: UInt32.self))
  }

  /// Whether a singular field is set. Always true for scalars without presence.
  @inlinable
  public func has(_ index: Int) -> Bool {
    let field = field(index)
    if field.pointee.quantifier != 0 {
      return (base + Int(field.pointee.quantifier)).load(as: UInt32.self)
        == field.pointee.quantifierValue
    }
    if field.pointee.shape == .message {
      return (base + Int(field.pointee.offset)).load(as: UnsafeRawPointer?.self) != nil
    }
    return true
  }

  /// Fields that the schema does not know.
  @inlinable
  public var unknownFields: UnknownFields {
    if (base + 8).load(as: UInt32.self) == 0 { return UnknownFields() }
    return collectUnknownFields()
  }

  @usableFromInline
  func collectUnknownFields() -> UnknownFields { UnknownFields(message: base) }

  // MARK: Singular scalars

  @inlinable public func int32(_ index: Int) -> Int32 { scalar(index, as: Int32.self) }
  @inlinable public func int64(_ index: Int) -> Int64 { scalar(index, as: Int64.self) }
  @inlinable public func uint32(_ index: Int) -> UInt32 { scalar(index, as: UInt32.self) }
  @inlinable public func uint64(_ index: Int) -> UInt64 { scalar(index, as: UInt64.self) }
  @inlinable public func float(_ index: Int) -> Float { scalar(index, as: Float.self) }
  @inlinable public func double(_ index: Int) -> Double { scalar(index, as: Double.self) }
  @inlinable public func bool(_ index: Int) -> Bool { scalar(index, as: Int32.self) != 0 }

  /// Reads an enum field; numbers without a name arrive as the type's `UNRECOGNIZED` case.
  @inlinable
  public func enumeration<E: ProtoEnum>(_ index: Int, as type: E.Type = E.self) -> E {
    E(rawValue: scalar(index, as: Int32.self))
  }

  /// Reads a string; NUL characters are kept.
  ///
  /// - Throws: ``DecodeError`` when it is not UTF-8.
  @inlinable
  public func string(_ index: Int) throws(DecodeError) -> String {
    let data = blob(index)
    return data.count == 0 ? "" : try makeString(data, index)
  }

  @inlinable
  public func bytes(_ index: Int) -> [UInt8] { [UInt8](blob(index)) }

  /// The bytes of a string or bytes field, empty when not set. Valid as long as the view.
  @inlinable
  func blob(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    let field = field(index)
    precondition(field.pointee.shape == .bytes && !field.pointee.isRepeated, "not a string field")
    // The slot of a oneof belongs to another member when this one is not set.
    if field.pointee.isOneof, !has(index) { return UnsafeBufferPointer(start: nil, count: 0) }
    let slot = base + Int(field.pointee.offset)
    return UnsafeBufferPointer(
      start: (slot + 8).load(as: UnsafePointer<UInt8>?.self), count: slot.load(as: Int.self))
  }

  @usableFromInline
  func makeString(
    _ data: UnsafeBufferPointer<UInt8>, _ index: Int
  ) throws(DecodeError) -> String {
    // Twice as fast as String(validating:as:), which is generic over the source.
    guard let text = try? UTF8Span(validating: data.span) else {
      throw layout.pointee.error(.invalidUTF8, number: field(index).pointee.number)
    }
    return String(copying: text)
  }

  // MARK: Optional scalars

  @inlinable
  public func optionalInt32(_ index: Int) -> Int32? { has(index) ? int32(index) : nil }
  @inlinable
  public func optionalInt64(_ index: Int) -> Int64? { has(index) ? int64(index) : nil }
  @inlinable
  public func optionalUInt32(_ index: Int) -> UInt32? { has(index) ? uint32(index) : nil }
  @inlinable
  public func optionalUInt64(_ index: Int) -> UInt64? { has(index) ? uint64(index) : nil }
  @inlinable
  public func optionalFloat(_ index: Int) -> Float? { has(index) ? float(index) : nil }
  @inlinable
  public func optionalDouble(_ index: Int) -> Double? { has(index) ? double(index) : nil }
  @inlinable
  public func optionalBool(_ index: Int) -> Bool? { has(index) ? bool(index) : nil }
  @inlinable
  public func optionalBytes(_ index: Int) -> [UInt8]? { has(index) ? bytes(index) : nil }

  @inlinable
  public func optionalEnumeration<E: ProtoEnum>(_ index: Int, as type: E.Type = E.self) -> E? {
    has(index) ? enumeration(index) : nil
  }

  /// - Throws: ``DecodeError`` when it is set and not UTF-8.
  @inlinable
  public func optionalString(_ index: Int) throws(DecodeError) -> String? {
    has(index) ? try string(index) : nil
  }

  // MARK: Messages

  /// Reads a singular message field, nil when not set. For oneof members see ``oneofMessage(_:)``.
  ///
  /// - Throws: what the message's own `init(from:)` throws.
  @inlinable
  public func message<M: Message>(
    _ index: Int, as type: M.Type = M.self
  ) throws(DecodeError) -> M? {
    guard let nested = messageView(index) else { return nil }
    return try M(from: nested)
  }

  /// Reads a message that is known to be set because ``oneofCase(_:)`` said so.
  @inlinable
  public func oneofMessage<M: Message>(
    _ index: Int, as type: M.Type = M.self
  ) throws(DecodeError) -> M {
    try message(index) ?? M()
  }

  /// The view of a singular message field, nil when not set.
  @inlinable
  public func messageView(_ index: Int) -> MessageView? {
    let field = field(index)
    precondition(field.pointee.shape == .message && !field.pointee.isRepeated, "not a message")
    if field.pointee.isOneof, !has(index) { return nil }
    guard let nested = (base + Int(field.pointee.offset)).load(as: UnsafeRawPointer?.self),
      let sub = field.pointee.sub
    else { return nil }
    return MessageView(base: nested, layout: sub)
  }
}
