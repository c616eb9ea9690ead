/// Takes fixed-width decimal fields off the front of a text.
struct DigitScanner {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = Substring(text).utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  /// Exactly `count` digits, at most 18: no sum here can leave 64 bits.
  mutating func digits(_ count: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<count {
      guard let digit = nextDigit() else { return nil }
      value = value &* 10 &+ digit
    }
    return value
  }

  /// One to nine digits of a fraction, as nanoseconds.
  mutating func fraction() -> Int32? {
    guard var value = nextDigit() else { return nil }
    var count = 1
    while let digit = nextDigit() {
      guard count < 9 else { return nil }
      value = value &* 10 &+ digit
      count += 1
    }
    while count < 9 {
      value &*= 10
      count += 1
    }
    return Int32(truncatingIfNeeded: value)
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard let first = rest.first, UInt32(first) == character.value else { return false }
    rest = rest.dropFirst()
    return true
  }

  /// `Z` or `+hh:mm`, as seconds east of Greenwich.
  mutating func offset() -> Int64? {
    if take("Z") { return 0 }
    let isEast = take("+")
    guard isEast || take("-"), let hours = digits(2), take(":"), let minutes = digits(2),
      hours < 24, minutes < 60
    else { return nil }
    let seconds = hours &* 3600 &+ minutes &* 60
    return isEast ? seconds : 0 &- seconds
  }

  private mutating func nextDigit() -> Int64? {
    guard let first = rest.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") else {
      return nil
    }
    rest = rest.dropFirst()
    return Int64(first &- UInt8(ascii: "0"))
  }
}
