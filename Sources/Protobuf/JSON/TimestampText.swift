/// RFC 3339 text of a point in time, as `google.protobuf.Timestamp` is written in JSON.
///
/// The calendar arithmetic is the proleptic Gregorian one, without Foundation: years 1 to 9999, no
/// leap seconds.
struct TimestampText: Hashable {
  /// Seconds since 1970-01-01T00:00:00Z.
  var seconds: Int64
  /// Nanoseconds after `seconds`, 0 to 999,999,999.
  var nanos: Int32

  /// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
  static let secondsRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  /// Nil when the time lies outside years 1 to 9999 or the nanoseconds outside one second.
  init?(seconds: Int64, nanos: Int32) {
    guard Self.secondsRange.contains(seconds), (0..<1_000_000_000).contains(nanos) else {
      return nil
    }
    self.seconds = seconds
    self.nanos = nanos
  }

  /// Reads `2026-11-22T21:04:57.5Z`; any offset is accepted, blanks and lower case are not.
  init?(_ text: String) {
    var scanner = DigitScanner(text)
    guard let year = scanner.digits(4), scanner.take("-"), let month = scanner.digits(2),
      scanner.take("-"), let day = scanner.digits(2), scanner.take("T"),
      let hour = scanner.digits(2), scanner.take(":"), let minute = scanner.digits(2),
      scanner.take(":"), let second = scanner.digits(2)
    else { return nil }
    var nanos: Int32 = 0
    if scanner.take(".") {
      guard let fraction = scanner.fraction() else { return nil }
      nanos = fraction
    }
    guard let offset = scanner.offset(), scanner.isAtEnd,
      (1...9999).contains(year), (1...12).contains(month),
      (1...Self.dayCount(year: year, month: month)).contains(day),
      hour < 24, minute < 60, second < 60
    else { return nil }
    let clock = hour * 3600 + minute * 60 + second
    let days = Self.days(year: year, month: month, day: day)
    self.init(seconds: days * 86_400 + clock - offset, nanos: nanos)
  }

  /// The text in UTC, with 0, 3, 6 or 9 digits of fraction.
  var text: String {
    let (days, clock) = Self.floorDivide(seconds, 86_400)
    let (year, month, day) = Self.date(days: days)
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let yearText = String(year)
    let paddedYear = String(repeating: "0", count: max(0, 4 - yearText.count)) + yearText
    return "\(paddedYear)-\(two(month))-\(two(day))T\(two(clock / 3600)):"
      + "\(two(clock / 60 % 60)):\(two(clock % 60))\(fractionText(nanos: nanos))Z"
  }

  /// Days from 1970-01-01, counting years from March so that the leap day comes last.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = floorDivide(shifted, 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func dayCount(year: Int64, month: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
    let remainder = value % divisor
    return remainder < 0
      ? (value / divisor - 1, remainder + divisor) : (value / divisor, remainder)
  }
}
