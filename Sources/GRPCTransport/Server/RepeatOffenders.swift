import GRPC

/// The addresses whose connections were of no use again and again, without sockets and clocks:
/// their new connections wait before anything is done for them.
///
/// An offence is a connection that is ended for abuse, or is over within a second and before one of
/// its calls has come to a good end. What a flood costs is mostly that such connections come and
/// go, thousands in a second. One that waits costs nothing, neither does what it sends, and whoever
/// waits for an answer to it does not come back meanwhile.
///
/// ```
/// offence ──▶ +1 ──▶ the count of the address, which falls with time
/// new connection ──count within the burst──▶ enters
///                ──beyond it──▶ waits ──▶ enters when the count has fallen, or else is closed
///                ──beyond it, and too many wait──▶ is closed, and its address shut out
/// ```
struct RepeatOffenders {
  typealias Source = ConnectionQuota.Source

  /// What becomes of a new connection.
  enum OnArrival: Equatable {
    case enter
    /// `waited` is owed when the time is over.
    case wait
    /// There is no place to wait, and will not be for the time that one waits.
    case leave
  }

  /// Addresses that are remembered: 4,096. Offences of more are not counted until some of those are
  /// forgotten.
  static let sourcesMax = 4096
  /// Connections that may wait from one address: 50.
  static let waitingMaxPerSource = 50
  /// Connections that may wait from all addresses: 1,000.
  static let waitingMax = 1000
  /// Time between looks for addresses that can be forgotten, when there is no room: 100 ms.
  private static let cleaningNanoseconds: Int64 = 100_000_000

  private struct Record {
    /// When the last offence is forgotten: later by one interval for each.
    var forgottenAt: Deadline
    var waiting = 0
  }

  private let intervalNanoseconds: Int64
  private let burstNanoseconds: Int64
  private var records: [Source: Record] = [:]
  private var waiting = 0
  private var nextCleaning = Deadline(nanoseconds: 0)

  /// - Parameters:
  ///   - burst: offences that are borne at once; at least 1.
  ///   - perSecond: offences that are forgotten in a second, one after the other; at least 1.
  init(burst: Int, perSecond: Int) {
    intervalNanoseconds = 1_000_000_000 / Int64(max(perSecond, 1))
    let burst = Int64(max(burst, 1))
    let (product, overflows) = intervalNanoseconds.multipliedReportingOverflow(by: burst)
    burstNanoseconds = overflows ? .max : product
  }

  /// A connection was of no use. True when from now on those of its address have to wait.
  mutating func offended(from source: Source, at now: Deadline) -> Bool {
    guard records[source] != nil || hasRoom(at: now) else { return false }
    var record = records[source] ?? Record(forgottenAt: now)
    let wasBorne = isBorne(record, at: now)
    // No more than twice the burst is held against anybody: it must end some day.
    let latest = now.advanced(byNanoseconds: burstNanoseconds)
      .advanced(byNanoseconds: burstNanoseconds)
    record.forgottenAt = min(
      max(record.forgottenAt, now).advanced(byNanoseconds: intervalNanoseconds), latest)
    records[source] = record
    return wasBorne && !isBorne(record, at: now)
  }

  /// A connection has come; `waited` is owed when it waits.
  mutating func arrived(from source: Source, at now: Deadline) -> OnArrival {
    guard let record = records[source], !isBorne(record, at: now) else { return .enter }
    guard record.waiting < Self.waitingMaxPerSource, waiting < Self.waitingMax else {
      return .leave
    }
    records[source]?.waiting += 1
    waiting += 1
    return .wait
  }

  /// A connection has waited; returns whether it may enter.
  mutating func waited(from source: Source, at now: Deadline) -> Bool {
    guard var record = records[source] else { return true }
    precondition(record.waiting > 0 && waiting > 0, "a connection waits once")
    record.waiting -= 1
    waiting -= 1
    let isForgotten = record.forgottenAt <= now && record.waiting == 0
    records[source] = isForgotten ? nil : record
    return isBorne(record, at: now)
  }

  /// Whether one more address can be remembered; forgets those that are through, now and then.
  private mutating func hasRoom(at now: Deadline) -> Bool {
    guard records.count >= Self.sourcesMax else { return true }
    guard now >= nextCleaning else { return false }
    nextCleaning = now.advanced(byNanoseconds: Self.cleaningNanoseconds)
    records = records.filter { $0.value.forgottenAt > now || $0.value.waiting > 0 }
    return records.count < Self.sourcesMax
  }

  private func isBorne(_ record: Record, at now: Deadline) -> Bool {
    record.forgottenAt <= now.advanced(byNanoseconds: burstNanoseconds)
  }
}
