import Foundation
import Ledger

/// Civil periods by the zone files of this machine.
public struct SystemCalendar: LedgerCalendar {
  /// Makes a reader of the machine's zones.
  public init() {}

  public func knows(zone: String) -> Bool {
    // Also accepts abbreviations and offsets, which are not names of the IANA list.
    TimeZone(identifier: zone) != nil
      && (zone == "UTC" || TimeZone.knownTimeZoneIdentifiers.contains(zone))
  }

  public func period(_ period: Ledger.CalendarPeriod, containing time: LedgerTime, zone: String)
    -> Range<LedgerTime>
  {
    guard let timeZone = TimeZone(identifier: zone) else {
      // Known when the budget was set, gone from the machine since: count on, in UTC.
      return UTCCalendar().period(period, containing: time, zone: "UTC")
    }
    // ISO 8601: weeks begin on Monday.
    var calendar = Calendar(identifier: .iso8601)
    calendar.timeZone = timeZone
    let date = Date(timeIntervalSince1970: Double(time.microseconds) / 1_000_000)
    guard let interval = calendar.dateInterval(of: period.component, for: date) else {
      return UTCCalendar().period(period, containing: time, zone: "UTC")
    }
    let start = Self.time(of: interval.start)
    let end = Self.time(of: interval.end)
    // Doubles are exact to the second; the period must hold its instant to the microsecond.
    return min(start, time)..<max(end, LedgerTime(microseconds: time.microseconds + 1))
  }

  private static func time(of date: Date) -> LedgerTime {
    LedgerTime(microseconds: Int64(date.timeIntervalSince1970.rounded()) * 1_000_000)
  }
}

extension Ledger.CalendarPeriod {
  fileprivate var component: Calendar.Component {
    switch self {
    case .hour: .hour
    case .day: .day
    case .week: .weekOfYear
    case .month: .month
    case .year: .year
    }
  }
}
