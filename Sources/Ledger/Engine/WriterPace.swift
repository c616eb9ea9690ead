/// How long the writer takes over a batch of late, to tell whether a command can be done in time.
///
/// Pure: the caller brings durations. An estimate may be wrong, so it never keeps the writer from
/// work for long: a batch of which nobody was thought to be in time halves it.
struct WriterPace: Sendable {
  /// The part of the estimate that each batch renews: an eighth.
  private static let share = 8

  /// The time from taking a batch to its answers; zero before the first one.
  private(set) var batch: Duration = .zero

  /// A batch of commands was carried out.
  mutating func took(_ duration: Duration) {
    batch = batch == .zero ? duration : batch + (duration - batch) / Self.share
  }

  /// Nobody of a batch was thought to be in time.
  mutating func doubt() {
    batch /= 2
  }

  /// Whether a newcomer with so much time left is worth queueing behind so many others, when so
  /// many are taken at once.
  ///
  /// The batch under way and its own have to fit, and those before it four times: the writer works
  /// as fast with a short queue, and in one that is just as long as callers wait everybody is late,
  /// since their time has begun before and their answers have a way to go.
  func isWorthQueueing(timeLeft: Duration, behind waiting: Int, batchMax: Int) -> Bool {
    timeLeft > batch * 2 + batch * waiting / batchMax * 4
  }
}
