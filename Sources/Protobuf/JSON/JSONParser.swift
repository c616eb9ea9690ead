/// A strict reader of JSON texts (RFC 8259), without Foundation.
///
/// Refuses what others let pass: duplicate names in an object, lone surrogates, bytes that are not
/// UTF-8, raw control characters, numbers such as `01` or `+1`, trailing commas, comments. Nesting
/// is bounded, so hostile input cannot exhaust the stack.
public struct JSONParser {
  /// The deepest nesting of arrays and objects that is read unless the caller says otherwise.
  public static let depthMax = 100

  private let bytes: [UInt8]
  private let depthMax: Int
  private var position = 0

  /// Makes a parser over UTF-8 bytes that may hold any number of values one after the other.
  public init(_ bytes: [UInt8], depthMax: Int = JSONParser.depthMax) {
    self.bytes = bytes
    self.depthMax = depthMax
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// Reads a text that holds exactly one value.
  public static func parse(
    _ text: String, depthMax: Int = JSONParser.depthMax
  ) throws(JSONError) -> JSONValue {
    try parse(Array(text.utf8), depthMax: depthMax)
  }

  /// Reads bytes that hold exactly one value.
  public static func parse(
    _ bytes: [UInt8], depthMax: Int = JSONParser.depthMax
  ) throws(JSONError) -> JSONValue {
    var parser = JSONParser(bytes, depthMax: depthMax)
    guard let value = try parser.next() else { throw parser.error("the text holds no value") }
    parser.skipBlanks()
    guard parser.position == bytes.count else {
      throw parser.error("there is more text after the value")
    }
    return value
  }

  /// Reads the next of several concatenated values; nil at the end of the text.
  public mutating func next() throws(JSONError) -> JSONValue? {
    skipBlanks()
    guard position < bytes.count else { return nil }
    return try value(depth: 0)
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard let byte = peek() else { throw error("the text ends where a value should begin") }
    switch byte {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw error("this is not the beginning of a value")
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= depthMax else { throw error("nested deeper than \(depthMax) levels") }
    position += 1
    var members: [JSONValue.Member] = []
    var seen: Set<ExactString> = []
    skipBlanks()
    if skip(UInt8(ascii: "}")) { return .object([]) }
    while true {
      skipBlanks()
      guard peek() == UInt8(ascii: "\"") else { throw error("a quoted name is expected here") }
      let start = position
      let name = try string()
      guard seen.insert(ExactString(name)).inserted else {
        position = start
        throw error("the name \"\(name)\" appears twice in this object")
      }
      skipBlanks()
      guard skip(UInt8(ascii: ":")) else { throw error("a colon is expected here") }
      skipBlanks()
      members.append(.init(name, try value(depth: depth)))
      skipBlanks()
      if skip(UInt8(ascii: "}")) { return .object(members) }
      guard skip(UInt8(ascii: ",")) else { throw error("a comma or } is expected here") }
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= depthMax else { throw error("nested deeper than \(depthMax) levels") }
    position += 1
    var elements: [JSONValue] = []
    skipBlanks()
    if skip(UInt8(ascii: "]")) { return .array([]) }
    while true {
      skipBlanks()
      elements.append(try value(depth: depth))
      skipBlanks()
      if skip(UInt8(ascii: "]")) { return .array(elements) }
      guard skip(UInt8(ascii: ",")) else { throw error("a comma or ] is expected here") }
    }
  }

  private mutating func literal(
    _ word: StaticString, _ value: JSONValue
  ) throws(JSONError) -> JSONValue {
    let matches = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
    guard matches else { throw error("this is not the beginning of a value") }
    position += word.utf8CodeUnitCount
    return value
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    guard let end = JSONNumber.scan(bytes, from: position) else {
      throw error("this is not a number in JSON's notation")
    }
    // The scanner admits ASCII only.
    let text = String(decoding: bytes[position..<end], as: UTF8.self)
    position = end
    return .number(JSONNumber(checked: text))
  }

  private mutating func string() throws(JSONError) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let text = String(validating: content, as: UTF8.self) else {
          position = start
          throw error("this string is not valid UTF-8")
        }
        return text
      case UInt8(ascii: "\\"):
        position += 1
        let scalar = try escape()
        content.append(contentsOf: Character(scalar).utf8)
      case 0..<0x20:
        throw error("control characters must be escaped in strings")
      default:
        content.append(byte)
        position += 1
      }
    }
    position = start
    throw error("this string has no end")
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard let byte = peek() else { throw error("the text ends inside an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default:
      position -= 1
      throw error("this escape does not exist in JSON")
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(UInt32(first)) { return scalar }
    guard first < 0xDC00, skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
      throw error("this is half of a surrogate pair")
    }
    let second = try fourHexDigits()
    guard (0xDC00...0xDFFF).contains(second) else {
      throw error("this is half of a surrogate pair")
    }
    let code = 0x10000 &+ UInt32(first &- 0xD800) &<< 10 &+ UInt32(second &- 0xDC00)
    guard let scalar = Unicode.Scalar(code) else { throw error("this is no Unicode character") }
    return scalar
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue,
        byte < 0x80
      else { throw error("four hexadecimal digits are expected here") }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }

  private func peek() -> UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private func error(_ reason: String) -> JSONError {
    let before = bytes[..<min(position, bytes.count)]
    let line = before.count { $0 == 0x0A } + 1
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return JSONError(line: line, column: position - lineStart + 1, reason: reason)
  }
}
