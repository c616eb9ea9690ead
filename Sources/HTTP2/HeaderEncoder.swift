/// Compresses the header blocks that a client sends (RFC 7541).
///
/// libnghttp2 compresses by itself, but never puts `:path` and `authorization` into the peer's
/// table: with a token that is some 400 bytes of Huffman code in every call, which the server takes
/// apart half a byte at a time. Here every field that comes a second time goes into the table:
/// values that change with every call never drive out those that do not.
///
/// Literals are sent as they are: Huffman code saves a fifth of the few bytes that are left, and
/// costs the peer more than the rest of the block.
struct HeaderEncoder {
  /// How much of the peer's table is used at most: what it has before its SETTINGS arrive.
  static let tableBytesMax = 4096
  /// A credential shorter than this could be guessed by who watches the size of blocks to which he
  /// may add (RFC 7541 section 7.1.3): it stays out of the table.
  static let indexedSecretBytesMin = 64

  private var table = HeaderTable(maxBytes: tableBytesMax)
  private var sightings = FieldSightings()
  /// What is to be announced in the next block; nil when nothing has changed.
  private var resizing: (lowest: Int, last: Int)?

  /// Takes note of the table size that the peer allows from now on (RFC 7541 section 4.2).
  mutating func limitTable(toBytes allowed: UInt32) {
    let bytes = min(Int(allowed), Self.tableBytesMax)
    guard bytes != resizing?.last ?? table.maxBytes else { return }
    resizing = (min(bytes, resizing?.lowest ?? bytes), bytes)
  }

  /// Appends the block of a list of fields. Blocks must be sent in the order of these calls.
  mutating func encode(_ list: FieldList, to block: inout [UInt8]) {
    if let resizing {
      if resizing.lowest < resizing.last { resize(to: resizing.lowest, &block) }
      resize(to: resizing.last, &block)
      self.resizing = nil
    }
    list.forEachField { name, value, neverIndexed in
      encode(name, value, neverIndexed, to: &block)
    }
  }

  private mutating func resize(to bytes: Int, _ block: inout [UInt8]) {
    table.resize(to: bytes)
    block.append(prefixed: bytes, bits: 5, pattern: 0x20)
  }

  private mutating func encode(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ neverIndexed: Bool,
    to block: inout [UInt8]
  ) {
    if neverIndexed || isGuessable(name, value) {
      let index = table.index(ofName: name) ?? StaticHeaderTable.index(ofName: name)
      return block.append(literal: index ?? 0, name, value, bits: 4, pattern: 0x10)
    }
    if let index = table.index(of: name, value) ?? StaticHeaderTable.index(of: name, value) {
      return block.append(prefixed: index, bits: 7, pattern: 0x80)
    }
    let index = table.index(ofName: name) ?? StaticHeaderTable.index(ofName: name) ?? 0
    guard table.hasRoom(for: name, value), sightings.hasSeen(name, value) else {
      return block.append(literal: index, name, value, bits: 4, pattern: 0)
    }
    block.append(literal: index, name, value, bits: 6, pattern: 0x40)
    table.insert(name, value)
  }

  private func isGuessable(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool
  {
    guard value.count < Self.indexedSecretBytesMin else { return false }
    return Self.secrets.contains { $0.isEqual(to: name) }
  }

  private static let secrets: [StaticBytes] = [
    StaticBytes("authorization"), StaticBytes("proxy-authorization"), StaticBytes("cookie"),
  ]
}

/// The last fields that were not in the table, as far as that is remembered: some bits of each.
private struct FieldSightings {
  private static let count = 64
  private var marks = [UInt32](repeating: 0, count: count)
  private var next = 0

  /// Whether the field was seen before; from now on it was.
  mutating func hasSeen(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
    var hasher = Hasher()
    hasher.combine(bytes: name)
    hasher.combine(name.count)
    hasher.combine(bytes: value)
    let mark = UInt32(truncatingIfNeeded: hasher.finalize())
    if marks.contains(mark) { return true }
    marks[next] = mark
    next = (next + 1) % Self.count
    return false
  }
}

extension [UInt8] {
  /// Appends an integer behind the bits of a pattern (RFC 7541 section 5.1).
  fileprivate mutating func append(prefixed value: Int, bits: Int, pattern: UInt8) {
    let most = 1 << bits - 1
    guard value >= most else { return append(pattern | UInt8(value)) }
    append(pattern | UInt8(most))
    var rest = value - most
    while rest >= 0x80 {
      append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  /// Appends a literal field, with the index of its name or 0 (RFC 7541 section 6.2).
  fileprivate mutating func append(
    literal index: Int, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer,
    bits: Int, pattern: UInt8
  ) {
    append(prefixed: index, bits: bits, pattern: pattern)
    if index == 0 { append(string: name) }
    append(string: value)
  }

  /// Appends a string literal without Huffman code (RFC 7541 section 5.2).
  private mutating func append(string: UnsafeRawBufferPointer) {
    append(prefixed: string.count, bits: 7, pattern: 0)
    append(contentsOf: string)
  }
}
