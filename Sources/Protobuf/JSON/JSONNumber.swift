/// A JSON number, kept as its literal so that 64-bit integers never pass through `Double`.
public struct JSONNumber: Hashable, Sendable {
  /// The literal, which follows the JSON grammar.
  public let text: String

  /// Takes a literal, or returns nil when it does not follow the JSON number grammar.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let end = Self.scan(bytes, from: 0), end == bytes.count else { return nil }
    self.text = text
  }

  /// Makes the literal of a whole number.
  public init(exactly value: some BinaryInteger) {
    self.text = String(value)
  }

  /// For the parser, which has already checked the grammar.
  init(checked text: String) {
    self.text = text
  }

  /// The end of the number that begins at `start`, or nil when none does (RFC 8259, section 6).
  static func scan(_ bytes: [UInt8], from start: Int) -> Int? {
    var index = start
    func isDigit(_ at: Int) -> Bool {
      at < bytes.count && bytes[at] >= UInt8(ascii: "0") && bytes[at] <= UInt8(ascii: "9")
    }
    if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
    guard isDigit(index) else { return nil }
    if bytes[index] == UInt8(ascii: "0") {
      index += 1
      if isDigit(index) { return nil }
    } else {
      while isDigit(index) { index += 1 }
    }
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      index += 1
      guard isDigit(index) else { return nil }
      while isDigit(index) { index += 1 }
    }
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")
      {
        index += 1
      }
      guard isDigit(index) else { return nil }
      while isDigit(index) { index += 1 }
    }
    return index
  }

  /// The exact value as an integer of the given type, or nil when it has a fraction or does not
  /// fit. `1e3` and `1.50e1` are integers.
  public func integer<I: FixedWidthInteger>(_ type: I.Type = I.self) -> I? {
    guard let (isNegative, digits) = wholeDigits() else { return nil }
    var value: I = 0
    for digit in digits {
      let (scaled, overflow1) = value.multipliedReportingOverflow(by: 10)
      guard !overflow1, let step = I(exactly: digit) else { return nil }
      let (next, overflow2) =
        isNegative
        ? scaled.subtractingReportingOverflow(step) : scaled.addingReportingOverflow(step)
      guard !overflow2 else { return nil }
      value = next
    }
    return value
  }

  /// Sign and decimal digits of the value, or nil when it has a fraction or more digits than any
  /// integer type here can hold.
  private func wholeDigits() -> (isNegative: Bool, digits: [UInt8])? {
    var digits: [UInt8] = []
    var isNegative = false
    var fractionDigits = 0
    var exponent = 0
    var rest = Substring(text).utf8
    if rest.first == UInt8(ascii: "-") {
      isNegative = true
      rest = rest.dropFirst()
    }
    var isInFraction = false
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "."): isInFraction = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        // An exponent beyond Int is beyond every integer too, unless the mantissa is zero.
        exponent =
          Int(Substring(rest)) ?? (rest.first == UInt8(ascii: "-") ? -1_000_000 : 1_000_000)
        exponent = min(max(exponent, -1_000_000), 1_000_000)
        rest = Substring().utf8
      default:
        digits.append(byte &- UInt8(ascii: "0"))
        if isInFraction { fractionDigits += 1 }
      }
    }
    guard let firstNonZero = digits.firstIndex(where: { $0 != 0 }) else { return (isNegative, [0]) }
    digits.removeFirst(firstNonZero)
    while digits.last == 0 {
      digits.removeLast()
      fractionDigits -= 1
    }
    let trailingZeros = exponent - fractionDigits
    guard trailingZeros >= 0, digits.count + trailingZeros <= 40 else { return nil }
    digits.append(contentsOf: repeatElement(0, count: trailingZeros))
    return (isNegative, digits)
  }

  /// The nearest `Double`, or nil when the literal is beyond the range of finite doubles.
  public var double: Double? {
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }

  /// The nearest `Float`, or nil when the literal is beyond the range of finite floats.
  public var float: Float? {
    guard let value = Float(text), value.isFinite else { return nil }
    return value
  }
}
