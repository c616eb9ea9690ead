import Ledger

/// What became of a delivery. Stored; never renumber.
public enum DeliveryState: UInt8, Sendable, CaseIterable {
  /// To be tried, or tried again.
  case pending = 1
  /// Answered with 2xx.
  case delivered = 2
  /// Given up.
  case dead = 3
}

/// One event on its way to one webhook.
///
/// ```
///             2xx                       redeliver
///   pending -------> delivered ----------------+
///    ^  |  ^                                   |
///    |  |  +-----------------------------------+
///    |  | last try failed                      |
///    |  +----------------> dead ---------------+
///    +-- a try failed: attempts + 1, later again
/// ```
public struct Delivery: Sendable, Hashable {
  /// Its place in the log.
  public let number: Int64
  public let webhook: String
  public let event: EventID
  public let account: AccountID
  public var state: DeliveryState
  /// Tries since it was asked for last.
  public var attempts: Int
  /// Whether the last try found nobody who could judge the event: later events then wait behind it.
  public var holdsLine: Bool
  public var lastAttemptAt: LedgerTime?
  /// When it is tried next; nil when it has ended.
  public var nextAttemptAt: LedgerTime?
  /// The status of the last try; 0 when there was no answer.
  public var lastStatus: Int
  /// Why the last try failed; empty when it did not.
  public var lastError: String

  public init(
    number: Int64, webhook: String, event: EventID, account: AccountID, state: DeliveryState,
    attempts: Int, holdsLine: Bool, lastAttemptAt: LedgerTime?, nextAttemptAt: LedgerTime?,
    lastStatus: Int, lastError: String
  ) {
    self.number = number
    self.webhook = webhook
    self.event = event
    self.account = account
    self.state = state
    self.attempts = attempts
    self.holdsLine = holdsLine
    self.lastAttemptAt = lastAttemptAt
    self.nextAttemptAt = nextAttemptAt
    self.lastStatus = lastStatus
    self.lastError = lastError
  }
}

/// What one try came to.
public enum AttemptResult: Sendable, Hashable {
  /// The receiver answered.
  case answered(status: Int)
  /// It did not: for operators.
  case failed(String)

  var isDelivered: Bool {
    guard case .answered(let status) = self else { return false }
    return (200...299).contains(status)
  }

  /// Whether the receiver as a whole cannot be reached: another event would fare no better.
  var holdsLine: Bool {
    switch self {
    case .failed: true
    case .answered(let status): [429, 502, 503, 504].contains(status)
    }
  }
}

/// When a delivery is tried again.
public struct RetrySchedule: Sendable {
  /// What is waited after each failed try but the last, in seconds: 31 hours in all.
  public static let delays: [Int64] = [5, 30, 120, 600, 3_600, 21_600, 86_400]

  private let random: @Sendable (ClosedRange<Int64>) -> Int64

  /// - Parameter random: a number of the range: spreads tries by a fifth to both sides.
  public init(random: @escaping @Sendable (ClosedRange<Int64>) -> Int64 = { .random(in: $0) }) {
    self.random = random
  }

  /// The pause after the failed try number `attempts`; nil when it was the last.
  func pause(afterAttempts attempts: Int) -> Duration? {
    guard Self.delays.indices.contains(attempts - 1) else { return nil }
    let milliseconds = Self.delays[attempts - 1] * 1_000
    return .milliseconds(random(milliseconds * 4 / 5...milliseconds * 6 / 5))
  }

  /// The delivery after a try at `time`.
  func delivery(
    _ delivery: Delivery, after result: AttemptResult, at time: LedgerTime
  ) -> Delivery {
    var next = delivery
    next.attempts += 1
    next.lastAttemptAt = time
    next.lastError = ""
    next.lastStatus = 0
    switch result {
    case .answered(let status):
      next.lastStatus = status
      if !result.isDelivered { next.lastError = "answered with status \(status)" }
    case .failed(let reason):
      next.lastError = reason
    }
    next.holdsLine = result.holdsLine
    if result.isDelivered {
      next.state = .delivered
      next.nextAttemptAt = nil
    } else if let pause = pause(afterAttempts: next.attempts) {
      next.nextAttemptAt = time.adding(pause)
    } else {
      next.state = .dead
      next.nextAttemptAt = nil
    }
    return next
  }
}
