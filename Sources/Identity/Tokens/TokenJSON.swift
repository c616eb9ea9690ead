/// One member value of a token's JSON, as far as tokens need it.
enum TokenJSONValue: Hashable {
  case string(String)
  case strings([String])
  case integer(Int64)
  /// Well-formed JSON of another kind: fractions, booleans, null, objects, mixed arrays.
  case other
}

/// A strict reader of the two JSON objects of a token.
///
/// Foundation's decoder keeps one of several members of the same name and accepts what other
/// readers refuse; two readers that disagree on a claim are an attack (RFC 8725, section 2.4). This
/// one refuses repeated names at the top, bad UTF-8, unescaped control characters, and depth beyond
/// `depthMax`.
struct TokenJSON {
  static let depthMax = 8
  static let membersMax = 64

  private let bytes: [UInt8]
  private var position = 0

  /// The members of the object that `bytes` are; nil when they are anything else.
  static func members(of bytes: [UInt8]) -> [String: TokenJSONValue]? {
    guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
    var reader = TokenJSON(bytes: bytes)
    guard let members = reader.object(depth: 0) else { return nil }
    reader.skipBlanks()
    return reader.position == bytes.count ? members : nil
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
      position += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func object(depth: Int) -> [String: TokenJSONValue]? {
    guard depth < Self.depthMax else { return nil }
    skipBlanks()
    guard take("{") else { return nil }
    var members: [String: TokenJSONValue] = [:]
    skipBlanks()
    if take("}") { return members }
    while members.count < Self.membersMax {
      skipBlanks()
      guard let name = string() else { return nil }
      skipBlanks()
      guard take(":"), let value = value(depth: depth + 1),
        members.updateValue(value, forKey: name) == nil
      else { return nil }
      skipBlanks()
      if take("}") { return members }
      guard take(",") else { return nil }
    }
    return nil
  }

  private mutating func value(depth: Int) -> TokenJSONValue? {
    skipBlanks()
    guard let byte = next else { return nil }
    switch byte {
    case UInt8(ascii: "\""): return string().map(TokenJSONValue.string)
    case UInt8(ascii: "{"): return object(depth: depth) == nil ? nil : .other
    case UInt8(ascii: "["): return array(depth: depth)
    case UInt8(ascii: "t"): return word("true")
    case UInt8(ascii: "f"): return word("false")
    case UInt8(ascii: "n"): return word("null")
    default: return number()
    }
  }

  private mutating func array(depth: Int) -> TokenJSONValue? {
    guard depth < Self.depthMax, take("[") else { return nil }
    var strings: [String] = []
    var onlyStrings = true
    skipBlanks()
    if take("]") { return .strings([]) }
    while true {
      guard let element = value(depth: depth + 1) else { return nil }
      if case .string(let text) = element { strings.append(text) } else { onlyStrings = false }
      skipBlanks()
      if take("]") { return onlyStrings ? .strings(strings) : .other }
      guard take(",") else { return nil }
    }
  }

  private mutating func word(_ word: StaticString) -> TokenJSONValue? {
    let matches = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
    guard matches else { return nil }
    position += word.utf8CodeUnitCount
    return .other
  }

  /// A number by the grammar of RFC 8259, section 6; only those without fraction and exponent are
  /// integers, and one beyond 64 bits is refused.
  private mutating func number() -> TokenJSONValue? {
    let start = position
    _ = take("-")
    let leading = next
    guard let digits = skipDigits(), digits == 1 || leading != UInt8(ascii: "0") else { return nil }
    let end = position
    var isInteger = true
    if take(".") {
      guard skipDigits() != nil else { return nil }
      isInteger = false
    }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard skipDigits() != nil else { return nil }
      isInteger = false
    }
    guard isInteger else { return .other }
    return Int64(String(decoding: bytes[start..<end], as: UTF8.self)).map(TokenJSONValue.integer)
  }

  /// Skips at least one digit and returns how many there were.
  private mutating func skipDigits() -> Int? {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position > start ? position - start : nil
  }

  private mutating func string() -> String? {
    guard take("\"") else { return nil }
    var text: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let scalar = escape() else { return nil }
        text.append(contentsOf: Array(String(scalar).utf8))
      case 0..<0x20: return nil
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func escape() -> Unicode.Scalar? {
    guard let byte = next else { return nil }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return unicodeEscape()
    default: return nil
    }
  }

  private mutating func unicodeEscape() -> Unicode.Scalar? {
    guard let first = fourHexDigits() else { return nil }
    guard (0xD800...0xDBFF).contains(first) else { return Unicode.Scalar(first) }
    guard take("\\"), take("u"), let second = fourHexDigits(), (0xDC00...0xDFFF).contains(second)
    else { return nil }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
  }

  private mutating func fourHexDigits() -> UInt32? {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        return nil
      }
      position += 1
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
