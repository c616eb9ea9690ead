#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Header fields to be sent, in order.
///
/// Names must already be in lower case and values valid: libnghttp2 does not check what it sends,
/// so the layer that accepts fields from users does. Literals are sent without being copied.
public struct FieldList: Sendable, Hashable {
  enum Part: Sendable, Hashable {
    case literal(StaticBytes)
    case stored(start: Int, count: Int)

    var count: Int {
      switch self {
      case .literal(let text): text.count
      case .stored(_, let count): count
      }
    }

    fileprivate func bytes(in stored: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
      switch self {
      case .literal(let text): text.bytes
      case .stored(let start, let count):
        UnsafeRawBufferPointer(rebasing: stored.dropFirst(start).prefix(count))
      }
    }
  }

  struct Entry: Sendable, Hashable {
    var name: Part
    var value: Part
    var neverIndexed: Bool
  }

  private(set) var entries: [Entry] = []
  private(set) var bytes: [UInt8] = []

  public init() {}

  /// How many fields the list holds.
  public var count: Int { entries.count }

  public var isEmpty: Bool { entries.isEmpty }

  /// Empties the list and keeps its memory for the next block.
  public mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }

  /// Appends a field of which both sides are literals.
  public mutating func append(_ name: StaticString, literal value: StaticString) {
    entries.append(
      Entry(
        name: .literal(StaticBytes(name)), value: .literal(StaticBytes(value)),
        neverIndexed: false))
  }

  /// Appends a field with a literal name.
  ///
  /// `neverIndexed` keeps secrets and values that change with every call out of the peer's
  /// compression table (RFC 7541 section 6.2.3).
  public mutating func append(_ name: StaticString, _ value: String, neverIndexed: Bool = false) {
    let stored = store(value.utf8)
    entries.append(
      Entry(name: .literal(StaticBytes(name)), value: stored, neverIndexed: neverIndexed))
  }

  /// Appends a field with a literal name and a value given as bytes.
  public mutating func append(
    _ name: StaticString, bytes value: some Collection<UInt8>, neverIndexed: Bool = false
  ) {
    let stored = store(value)
    entries.append(
      Entry(name: .literal(StaticBytes(name)), value: stored, neverIndexed: neverIndexed))
  }

  /// Appends a field of which both sides are made at run time.
  public mutating func append(name: String, value: String, neverIndexed: Bool = false) {
    let storedName = store(name.utf8)
    let storedValue = store(value.utf8)
    entries.append(Entry(name: storedName, value: storedValue, neverIndexed: neverIndexed))
  }

  /// Appends a field whose name and value are bytes in their wire form.
  public mutating func append(
    nameBytes: some Collection<UInt8>, valueBytes: some Collection<UInt8>,
    neverIndexed: Bool = false
  ) {
    let storedName = store(nameBytes)
    let storedValue = store(valueBytes)
    entries.append(Entry(name: storedName, value: storedValue, neverIndexed: neverIndexed))
  }

  /// Bytes of all names and values.
  var byteCount: Int {
    entries.reduce(0) { $0 &+ $1.name.count &+ $1.value.count }
  }

  /// Hands out each field as bytes, which are valid inside `body` only.
  func forEachField(
    _ body: (
      _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ neverIndexed: Bool
    ) -> Void
  ) {
    bytes.withUnsafeBytes { stored in
      for entry in entries {
        body(entry.name.bytes(in: stored), entry.value.bytes(in: stored), entry.neverIndexed)
      }
    }
  }

  private mutating func store(_ value: some Collection<UInt8>) -> Part {
    let start = bytes.count
    bytes.append(contentsOf: value)
    return .stored(start: start, count: bytes.count - start)
  }
}

/// The bytes of a literal, which live as long as the program.
struct StaticBytes: @unchecked Sendable, Hashable {
  let start: UnsafePointer<UInt8>
  let count: Int

  init(_ literal: StaticString) {
    precondition(literal.hasPointerRepresentation, "one-character literals have no storage")
    start = literal.utf8Start
    count = literal.utf8CodeUnitCount
  }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  static func == (a: StaticBytes, b: StaticBytes) -> Bool { a.isEqual(to: b.bytes) }

  func isEqual(to other: UnsafeRawBufferPointer) -> Bool { bytes.isEqual(to: other) }

  func hash(into hasher: inout Hasher) {
    hasher.combine(bytes: bytes)
  }
}

extension UnsafeRawBufferPointer {
  func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard let start = baseAddress, let otherStart = other.baseAddress else { return true }
    return memcmp(start, otherStart, count) == 0
  }
}

extension Slice<UnsafeRawBufferPointer> {
  func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
    UnsafeRawBufferPointer(rebasing: self).isEqual(to: other)
  }
}
