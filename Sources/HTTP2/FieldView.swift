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
    public let name: UnsafeBufferPointer<UInt8>
    public let value: UnsafeBufferPointer<UInt8>
  }

  let bytes: UnsafePointer<UInt8>?
  let entries: UnsafeBufferPointer<Entry>

  /// How many fields the block has, pseudo-header fields included.
  public var count: Int { entries.count }

  /// The field at a position, in the order of the wire.
  public subscript(_ index: Int) -> Field {
    let entry = entries[index]
    return Field(
      name: UnsafeBufferPointer(
        start: bytes?.advanced(by: entry.nameStart), count: entry.nameCount),
      value: UnsafeBufferPointer(
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
