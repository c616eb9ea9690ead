/// The custom headers or trailers of a call: ordered, with repeated names allowed.
///
/// Names are lower-case ASCII; a name that ends in `-bin` holds bytes, any other holds printable
/// ASCII text. All fields live in one byte buffer in their wire form, so that a received header
/// costs a copy of its bytes and becomes a String only when somebody asks for it; empty metadata
/// owns no memory.
///
/// ```
/// storage = field field ...
/// field   = name length (4) | value length (4) | name | value      (value as on the wire: base64
///                                                                   for names ending in -bin)
/// ```
public struct Metadata: Sendable, Hashable {
  private var storage: [UInt8]

  /// Makes empty metadata.
  public init() {
    storage = []
  }

  /// Makes empty metadata with room for fields of that many bytes, see ``storedSize(name:value:)``.
  package init(reservingBytes size: Int) {
    storage = []
    storage.reserveCapacity(size)
  }

  /// The bytes that a field of these lengths takes.
  package static func storedSize(name: Int, value: Int) -> Int { 8 + name + value }

  /// Whether there are no fields.
  public var isEmpty: Bool { storage.isEmpty }

  /// Number of fields; walks them.
  public var count: Int {
    var fields = 0
    forEachField { _, _ in fields += 1 }
    return fields
  }

  /// The value of a field: text, or bytes for names that end in `-bin`.
  public enum Value: Sendable, Hashable {
    /// Printable ASCII text.
    case string(String)
    /// Any bytes.
    case binary([UInt8])
  }

  // MARK: Adding

  /// Adds text under a name that does not end in `-bin`; upper-case names are lowered.
  ///
  /// Content is checked when the metadata is sent, see `validateForSending()`. Outer spaces are
  /// dropped, since HTTP/2 forbids to send them (RFC 9113 section 8.2.1).
  public mutating func addString(_ value: String, forKey key: String) {
    precondition(!key.hasSuffix("-bin"), "names ending in -bin hold bytes: use addBinary")
    var bytes = value.utf8[...]
    while bytes.first == 0x20 { bytes = bytes.dropFirst() }
    while bytes.last == 0x20 { bytes = bytes.dropLast() }
    append(name: key, value: Array(bytes))
  }

  /// Adds bytes under a name that ends in `-bin`; upper-case names are lowered.
  public mutating func addBinary(_ value: some Sequence<UInt8>, forKey key: String) {
    precondition(key.lowercased().hasSuffix("-bin"), "names of bytes end in -bin: use addString")
    append(name: key, value: Base64.encode(value))
  }

  /// Removes all fields of that name, then adds text.
  public mutating func replaceOrAddString(_ value: String, forKey key: String) {
    removeAllValues(forKey: key)
    addString(value, forKey: key)
  }

  /// Removes all fields of that name, then adds bytes.
  public mutating func replaceOrAddBinary(_ value: some Sequence<UInt8>, forKey key: String) {
    removeAllValues(forKey: key)
    addBinary(value, forKey: key)
  }

  /// Appends all fields of `other`.
  public mutating func add(contentsOf other: Metadata) {
    storage.append(contentsOf: other.storage)
  }

  /// Removes all fields of that name.
  public mutating func removeAllValues(forKey key: String) {
    guard !storage.isEmpty else { return }
    var kept = Metadata()
    let wanted = Array(key.lowercased().utf8)
    forEachField { name, value in
      if !name.elementsEqual(wanted) { kept.appendWireField(name: name, value: value) }
    }
    self = kept
  }

  /// Appends a field as it is on the wire: lower-case name, bytes already in base64. Blanks around
  /// the value do not belong to it.
  ///
  /// For transports and for headers a transport received.
  public mutating func appendWireField(
    name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>
  ) {
    var value = value
    if let first = value.first, let last = value.last, Self.isBlank(first) || Self.isBlank(last) {
      value = UnsafeBufferPointer(rebasing: value[...].trimmingBlanks())
    }
    appendLengths(name: name.count, value: value.count)
    storage.append(contentsOf: name)
    storage.append(contentsOf: value)
  }

  private mutating func append(name: String, value: [UInt8]) {
    appendLengths(name: name.utf8.count, value: value.count)
    for byte in name.utf8 {
      storage.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
    }
    storage.append(contentsOf: value)
  }

  private mutating func appendLengths(name: Int, value: Int) {
    withUnsafeBytes(of: (UInt32(name), UInt32(value))) { storage.append(contentsOf: $0) }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  // MARK: Reading

  /// Calls `body` with name and wire value of each field in order; the pointers are valid only
  /// during the call.
  public func forEachField(
    _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Void
  ) {
    storage.withUnsafeBytes { bytes in
      var offset = 0
      while let field = Self.field(at: offset, in: bytes) {
        body(field.name, field.value)
        offset = field.end
      }
    }
  }

  /// Calls `body` with the wire value of the first field of that name, without making a String;
  /// nil when there is none. The pointer is valid only during the call.
  public func withFirstWireValue<Result>(
    forKey key: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result? {
    guard !storage.isEmpty else { return nil }
    return try storage.withUnsafeBytes { bytes in
      var offset = 0
      while let field = Self.field(at: offset, in: bytes) {
        if Self.matches(field.name, key) { return try body(field.value) }
        offset = field.end
      }
      return nil
    }
  }

  /// The first text under that name; nil when there is none.
  public func firstString(forKey key: String) -> String? {
    withFirstWireValue(forKey: key) { String(decoding: $0, as: UTF8.self) }
  }

  /// The first bytes under that name, which ends in `-bin`; nil when there are none or they are not
  /// base64.
  public func firstBinary(forKey key: String) -> [UInt8]? {
    self[binaryValues: key].first
  }

  /// All texts under that name, in order.
  public subscript(stringValues key: String) -> [String] {
    var values: [String] = []
    forEachField { name, value in
      if Self.matches(name, key) { values.append(String(decoding: value, as: UTF8.self)) }
    }
    return values
  }

  /// All bytes under that name, in order. A field with commas holds several values; what is not
  /// base64 is left out.
  public subscript(binaryValues key: String) -> [[UInt8]] {
    var values: [[UInt8]] = []
    forEachField { name, value in
      guard Self.matches(name, key) else { return }
      for part in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
        if let bytes = Base64.decode(part.trimmingBlanks()) { values.append(bytes) }
      }
    }
    return values
  }

  private struct FieldView {
    let name: UnsafeBufferPointer<UInt8>
    let value: UnsafeBufferPointer<UInt8>
    let end: Int
  }

  private static func field(at offset: Int, in bytes: UnsafeRawBufferPointer) -> FieldView? {
    guard offset < bytes.count else { return nil }
    // `storage` is written only by this type: every field is whole.
    let nameCount = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    let valueCount = Int(bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
    let nameStart = offset + 8
    let valueStart = nameStart + nameCount
    let end = valueStart + valueCount
    precondition(end <= bytes.count, "a metadata field is cut")
    return FieldView(
      name: UnsafeRawBufferPointer(rebasing: bytes[nameStart..<valueStart])
        .assumingMemoryBound(to: UInt8.self),
      value: UnsafeRawBufferPointer(rebasing: bytes[valueStart..<end])
        .assumingMemoryBound(to: UInt8.self),
      end: end)
  }

  /// Compares a lower-case name with a key of any case.
  private static func matches(_ name: UnsafeBufferPointer<UInt8>, _ key: String) -> Bool {
    guard name.count == key.utf8.count else { return false }
    var index = 0
    for byte in key.utf8 {
      let lowered = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
      if name[index] != lowered { return false }
      index += 1
    }
    return true
  }
}

extension Collection<UInt8> where SubSequence == Self {
  fileprivate func trimmingBlanks() -> Self {
    var rest = self
    while let first = rest.first, first == 0x20 || first == 0x09 { rest = rest.dropFirst() }
    while !rest.isEmpty {
      let last = rest.index(rest.startIndex, offsetBy: rest.count - 1)
      guard rest[last] == 0x20 || rest[last] == 0x09 else { break }
      rest = rest[..<last]
    }
    return rest
  }
}

extension Metadata: ExpressibleByDictionaryLiteral, Sequence {
  /// Makes metadata from literal fields; repeated names are kept.
  public init(dictionaryLiteral elements: (String, Value)...) {
    self.init()
    for (key, value) in elements {
      switch value {
      case .string(let text): addString(text, forKey: key)
      case .binary(let bytes): addBinary(bytes, forKey: key)
      }
    }
  }

  /// Walks the fields as Strings and bytes; for logs and tools, not for hot paths.
  public func makeIterator() -> IndexingIterator<[(key: String, value: Value)]> {
    var fields: [(key: String, value: Value)] = []
    forEachField { name, value in
      let key = String(decoding: name, as: UTF8.self)
      if key.hasSuffix("-bin") {
        for part in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
          guard let bytes = Base64.decode(part.trimmingBlanks()) else { continue }
          fields.append((key, .binary(bytes)))
        }
      } else {
        fields.append((key, .string(String(decoding: value, as: UTF8.self))))
      }
    }
    return fields.makeIterator()
  }
}

extension Metadata.Value: ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
  /// Text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// Bytes.
  public init(arrayLiteral elements: UInt8...) { self = .binary(elements) }
}

extension Metadata: CustomStringConvertible {
  /// The names only: values may be secrets.
  public var description: String { "[" + map(\.key).joined(separator: ", ") + "]" }
}
