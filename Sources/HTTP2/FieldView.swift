/// The header fields of one received block, as bytes in the session's arena.
///
/// Valid only inside the closure that received the event; copy what must live longer.
public struct FieldView: Sequence {
  @usableFromInline
  struct Entry {
    @usableFromInline var nameStart: Int
    @usableFromInline var nameCount: Int
    @usableFromInline var valueStart: Int
    @usableFromInline var valueCount: Int

    init(nameStart: Int, nameCount: Int, valueStart: Int, valueCount: Int) {
      self.nameStart = nameStart
      self.nameCount = nameCount
      self.valueStart = valueStart
      self.valueCount = valueCount
    }
  }

  /// One field. The name is in lower case (RFC 9113 section 8.2.1).
  public struct Field {
    public let name: UnsafeBufferPointer<UInt8>
    public let value: UnsafeBufferPointer<UInt8>

    @inlinable
    init(_ entry: Entry, in bytes: UnsafePointer<UInt8>?) {
      name = UnsafeBufferPointer(
        start: bytes?.advanced(by: entry.nameStart), count: entry.nameCount)
      value = UnsafeBufferPointer(
        start: bytes?.advanced(by: entry.valueStart), count: entry.valueCount)
    }
  }

  @usableFromInline let bytes: UnsafePointer<UInt8>?
  @usableFromInline let entries: UnsafeBufferPointer<Entry>

  /// How many fields the block has, pseudo-header fields included.
  @inlinable public var count: Int { entries.count }

  /// The field at a position, in the order of the wire.
  @inlinable
  public subscript(_ index: Int) -> Field {
    Field(entries[index], in: bytes)
  }

  /// The bytes of names and values from a position on.
  public func byteCount(from index: Int) -> Int {
    guard index < count else { return 0 }
    let last = entries[count - 1]
    return last.valueStart + last.valueCount - entries[index].nameStart
  }

  public struct Iterator: IteratorProtocol {
    @usableFromInline let view: FieldView
    @usableFromInline var index = 0

    @inlinable
    init(view: FieldView) {
      self.view = view
    }

    @inlinable
    public mutating func next() -> Field? {
      guard index < view.count else { return nil }
      defer { index += 1 }
      return view[index]
    }
  }

  @inlinable
  public func makeIterator() -> Iterator {
    Iterator(view: self)
  }

  /// The value of the first field with this lower-case name.
  public func first(_ name: StaticString) -> UnsafeBufferPointer<UInt8>? {
    for field in self where field.name.isExactly(name) {
      return field.value
    }
    return nil
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether these bytes are exactly the bytes of a literal.
  func isExactly(_ literal: StaticString) -> Bool {
    guard count == literal.utf8CodeUnitCount else { return false }
    for index in 0..<count where self[index] != literal.utf8Start[index] {
      return false
    }
    return true
  }
}
