/// How long the writer takes over a batch of late, to tell whether a command can be done in time.
///
/// Pure: the caller brings durations. An estimate may be wrong, so it never keeps the writer from
/// work for long: a batch of which nobody was thought to be in time halves it.
struct WriterPace: Sendable {
  /// The part of the estimate that each batch renews: an eighth.
  private static let share: Int64 = 8

  /// The time from taking a batch to its answers; zero before the first one.
  var batch: Duration { .nanoseconds(batchNanoseconds) }
  /// In 64 bits: every newcomer does sums with it, and those of durations have 128.
  private var batchNanoseconds: Int64 = 0

  /// A batch of commands was carried out. What took longer than an hour counts as an hour.
  mutating func took(_ duration: Duration) {
    let (seconds, attoseconds) = min(max(duration, .zero), .seconds(3_600)).components
    let taken = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    batchNanoseconds += (taken - batchNanoseconds) / (batchNanoseconds == 0 ? 1 : Self.share)
  }

  /// Nobody of a batch was thought to be in time.
  mutating func doubt() {
    batchNanoseconds /= 2
  }

  /// Whether a newcomer with so much time left is worth queueing behind so many others, when so
  /// many are taken at once.
  ///
  /// The batch under way and its own have to fit, and those before it four times: the writer works
  /// as fast with a short queue, and in one that is just as long as callers wait everybody is late,
  /// since their time has begun before and their answers have a way to go.
  func isWorthQueueing(timeLeft: Duration, behind waiting: Int, batchMax: Int) -> Bool {
    let before = batchNanoseconds.multipliedReportingOverflow(by: Int64(waiting))
    guard !before.overflow else { return false }
    let needed = before.partialValue / Int64(batchMax)
    guard needed < Int64.max / 8 else { return false }
    return timeLeft > .nanoseconds(batchNanoseconds * 2 + needed * 4)
  }
}
