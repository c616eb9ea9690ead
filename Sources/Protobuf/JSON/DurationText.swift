/// Text of a span of time, as `google.protobuf.Duration` is written in JSON: `1.5s`.
struct DurationText: Hashable {
  /// Whole seconds, rounded towards zero.
  var seconds: Int64
  /// The rest in nanoseconds, with the sign of `seconds`.
  var nanos: Int32

  /// About ten thousand years either way.
  static let secondsRange: ClosedRange<Int64> = -315_576_000_000...315_576_000_000

  /// Nil when the span is too long or the two parts differ in sign.
  init?(seconds: Int64, nanos: Int32) {
    guard Self.secondsRange.contains(seconds), (-999_999_999...999_999_999).contains(nanos),
      !(seconds < 0 && nanos > 0), !(seconds > 0 && nanos < 0)
    else { return nil }
    self.seconds = seconds
    self.nanos = nanos
  }

  /// Reads `-1.000000001s`: at most nine digits of fraction and always the `s`.
  init?(_ text: String) {
    guard text.utf8.last == UInt8(ascii: "s") else { return nil }
    var body = text.dropLast()
    let isNegative = body.utf8.first == UInt8(ascii: "-")
    if isNegative { body = body.dropFirst() }
    let parts = body.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, !whole.isEmpty, whole.utf8.count <= 12,
      whole.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
      let seconds = Int64(whole)
    else { return nil }
    var nanos: Int32 = 0
    if parts.count == 2 {
      var scanner = DigitScanner(String(parts[1]))
      guard let fraction = scanner.fraction(), scanner.isAtEnd else { return nil }
      nanos = fraction
    }
    self.init(seconds: isNegative ? -seconds : seconds, nanos: isNegative ? -nanos : nanos)
  }

  /// The text with 0, 3, 6 or 9 digits of fraction.
  var text: String {
    let sign = seconds < 0 || nanos < 0 ? "-" : ""
    return "\(sign)\(seconds.magnitude)\(fractionText(nanos: Int32(nanos.magnitude)))s"
  }
}
