/// Where the ledger learns of civil periods. Injected, because zones are files of the machine.
public protocol LedgerCalendar: Sendable {
  /// Whether the calendar knows the IANA zone.
  func knows(zone: String) -> Bool
  /// The period that contains `time`, from its first instant to that of the next one.
  ///
  /// `zone` is one that the calendar knows. Called on any thread.
  func period(_ period: CalendarPeriod, containing time: LedgerTime, zone: String)
    -> Range<LedgerTime>
}

/// The Gregorian calendar of the zone `UTC`, which needs no files.
public struct UTCCalendar: LedgerCalendar {
  /// Makes a calendar.
  public init() {}

  public func knows(zone: String) -> Bool { zone == "UTC" }

  public func period(_ period: CalendarPeriod, containing time: LedgerTime, zone: String)
    -> Range<LedgerTime>
  {
    let hour: Int64 = 3_600_000_000
    let day = 24 * hour
    switch period {
    case .hour: return Self.multiple(of: hour, offset: 0, time)
    case .day: return Self.multiple(of: day, offset: 0, time)
    // 1970-01-05 was a Monday.
    case .week: return Self.multiple(of: 7 * day, offset: 4 * day, time)
    case .month, .year:
      let days = Self.floorDivision(time.microseconds, day)
      let (year, month) = Self.civil(daysSinceEpoch: days)
      let next = period == .year || month == 12 ? (year + 1, 1) : (year, month + 1)
      let first = Self.days(toYear: year, month: period == .year ? 1 : month)
      return LedgerTime(microseconds: first * day)
        ..< LedgerTime(microseconds: Self.days(toYear: next.0, month: next.1) * day)
    }
  }

  private static func multiple(of size: Int64, offset: Int64, _ time: LedgerTime)
    -> Range<LedgerTime>
  {
    let start = floorDivision(time.microseconds - offset, size) * size + offset
    return LedgerTime(microseconds: start)..<LedgerTime(microseconds: start + size)
  }

  private static func floorDivision(_ value: Int64, _ divisor: Int64) -> Int64 {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// Days from 1970-01-01 to the first of a month. Years are counted from March, so that the leap
  /// day is the last of its year; 400 years have 146,097 days.
  private static func days(toYear year: Int64, month: Int64) -> Int64 {
    let fromMarch = month > 2 ? month - 3 : month + 9
    let year = month > 2 ? year : year - 1
    let era = floorDivision(year, 400)
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * fromMarch + 2) / 5
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64) {
    // A guess that is at most one year off, then the month by trying.
    var year = 1970 + floorDivision(days, 365)
    while Self.days(toYear: year, month: 1) > days { year -= 1 }
    var month: Int64 = 1
    while month < 12, Self.days(toYear: year, month: month + 1) <= days { month += 1 }
    return (year, month)
  }
}
