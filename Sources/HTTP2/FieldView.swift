/// The header fields of one received block, as bytes in the session's arena.
///
/// Valid only inside the closure that received the event; copy what must live longer.
public struct FieldView: Sequence {
  struct Entry {
    var nameStart: Int
    var nameCount: Int
    var valueStart: Int
    var valueCount: Int
  }

  /// One field. The name is in lower case (RFC 9113 section 8.2.1).
  public struct Field {
    public let name: UnsafeRawBufferPointer
    public let value: UnsafeRawBufferPointer
  }

  let bytes: UnsafeRawPointer?
  let entries: UnsafeBufferPointer<Entry>

  /// How many fields the block has, pseudo-header fields included.
  public var count: Int { entries.count }

  /// The field at a position, in the order of the wire.
  public subscript(_ index: Int) -> Field {
    let entry = entries[index]
    return Field(
      name: UnsafeRawBufferPointer(start: bytes?.advanced(by: entry.nameStart), count: entry.nameCount),
      value: UnsafeRawBufferPointer(
        start: bytes?.advanced(by: entry.valueStart), count: entry.valueCount))
  }

  public struct Iterator: IteratorProtocol {
    let view: FieldView
    var index = 0

    public mutating func next() -> Field? {
      guard index < view.count else { return nil }
      defer { index += 1 }
      return view[index]
    }
  }

  public func makeIterator() -> Iterator {
    Iterator(view: self)
  }

  /// The value of the first field with this lower-case name.
  public func first(_ name: StaticString) -> UnsafeRawBufferPointer? {
    for field in self where field.name.equals(name) {
      return field.value
    }
    return nil
  }
}

extension UnsafeRawBufferPointer {
  /// Whether these bytes are exactly the bytes of a literal.
  @inlinable
  public func equals(_ literal: StaticString) -> Bool {
    let length = literal.utf8CodeUnitCount
    guard count == length else { return false }
    guard length > 0, let start = baseAddress else { return length == 0 }
    let other = UnsafeRawBufferPointer(start: literal.utf8Start, count: length)
    for index in 0..<length
    where start.load(fromByteOffset: index, as: UInt8.self) != other[index] {
      return false
    }
    return true
  }
}
