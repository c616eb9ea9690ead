import Protobuf

/// Cuts a stream of bytes into the JSON values it holds, as soon as each is complete.
///
/// So that somebody typing requests into a bidirectional call sees each one go out at once. Only
/// brackets and strings are tracked here; whether a value is sound JSON the parser says.
public struct JSONStreamSplitter {
  /// The most bytes one value may have.
  public static let valueBytesMax = 256 << 20

  private var pending: [UInt8] = []
  private var scanned = 0
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  private var hasContent = false

  /// Makes a splitter that has seen nothing.
  public init() {}

  /// Takes more bytes and returns the values that became complete.
  public mutating func push(_ bytes: some Sequence<UInt8>) throws(JSONError) -> [JSONValue] {
    pending.append(contentsOf: bytes)
    var values: [JSONValue] = []
    while let end = nextEnd() {
      values.append(try JSONParser.parse(Array(pending[..<end])))
      pending.removeFirst(end)
      scanned = 0
    }
    guard pending.count <= Self.valueBytesMax else {
      throw JSONError(
        line: 1, column: 1, reason: "one value has more than \(Self.valueBytesMax) bytes")
    }
    return values
  }

  /// Says that no byte follows and returns the value that only the end completes, such as a number.
  public mutating func finish() throws(JSONError) -> [JSONValue] {
    var parser = JSONParser(pending)
    pending = []
    var values: [JSONValue] = []
    while let value = try parser.next() { values.append(value) }
    return values
  }

  /// The end of the first complete value in `pending`.
  private mutating func nextEnd() -> Int? {
    while scanned < pending.count {
      let byte = pending[scanned]
      let isBlank = byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
      if isInString {
        scanned += 1
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
          if depth == 0 { return take() }
        }
        continue
      }
      let opens = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
      // A bare word or number ends where a blank or another value begins.
      if depth == 0, hasContent, isBlank || opens || byte == UInt8(ascii: "\"") { return take() }
      scanned += 1
      if isBlank { continue }
      hasContent = true
      if byte == UInt8(ascii: "\"") {
        isInString = true
      } else if opens {
        depth += 1
      } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
        depth -= 1
        if depth <= 0 { return take() }
      }
    }
    return nil
  }

  private mutating func take() -> Int {
    depth = 0
    hasContent = false
    return scanned
  }
}
