import Foundation
import Synchronization

/// How much is asked for: so many callers, each with one lifecycle after the other, or so many
/// lifecycles per second whether or not the earlier ones are done.
struct LoadShape: Sendable {
  var accounts: Int
  var callers: Int
  /// Lifecycles per second; nil leaves it to the callers.
  var rate: Double?
  var seconds: Double
  var warmUpSeconds: Double

  init(_ options: inout Options) throws(UsageError) {
    accounts = try options.number("accounts", 10_000)
    callers = try options.number("callers", 128)
    rate = try options.real("rate")
    seconds = try options.real("seconds") ?? 10
    warmUpSeconds = try options.real("warm-up") ?? 2
  }

  /// One lifecycle, told how many there were before it.
  typealias Run = @Sendable (_ number: Int, _ log: LoadLog) async -> Void

  /// Warms up, then measures.
  func measure(
    by callers: some Callers, _ run: @escaping Run, betweenTimes: () -> Void = {}
  ) async -> LoadLog {
    let numbers = Atomic(0)
    let warm = LoadLog()
    if warmUpSeconds > 0 { await go(for: warmUpSeconds, callers, numbers, warm, run) }
    betweenTimes()
    let log = LoadLog()
    log.begin()
    await go(for: seconds, callers, numbers, log, run)
    log.end()
    log.take(failuresOf: warm)
    return log
  }

  private func go(
    for seconds: Double, _ thread: some Callers, _ numbers: borrowing Atomic<Int>,
    _ log: LoadLog, _ run: @escaping Run
  ) async {
    let first = numbers.load(ordering: .relaxed)
    let made = Made(first)
    if let rate {
      await offer(rate, for: seconds, thread, made, log, run)
    } else {
      await close(for: seconds, thread, made, log, run)
    }
    numbers.store(made.count.load(ordering: .relaxed), ordering: .relaxed)
  }

  /// A closed loop.
  private func close(
    for seconds: Double, _ thread: some Callers, _ made: Made, _ log: LoadLog,
    _ run: @escaping Run
  ) async {
    let deadline = ContinuousClock.now + .seconds(seconds)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<callers {
        group.addTask(executorPreference: thread) {
          repeat {
            let start = ContinuousClock.now
            await run(made.next(), log)
            log.note(lifecycleSince: start)
          } while ContinuousClock.now < deadline
        }
      }
    }
  }

  /// An open loop: a lifecycle's time counts from when it was to begin, so that what waits because
  /// the ledger is slow is not left out.
  private func offer(
    _ rate: Double, for seconds: Double, _ thread: some Callers, _ made: Made, _ log: LoadLog,
    _ run: @escaping Run
  ) async {
    let total = Int(rate * seconds)
    await withTaskGroup(of: Void.self) { group in
      group.addTask(executorPreference: thread) {
        await withDiscardingTaskGroup { lifecycles in
          let start = ContinuousClock.now
          var count = 0
          while count < total {
            let due = min(total, Int((ContinuousClock.now - start) / .seconds(1) * rate) + 1)
            while count < due {
              let intended = start + .seconds(Double(count) / rate)
              lifecycles.addTask(executorPreference: thread) {
                await run(made.next(), log)
                log.note(lifecycleSince: intended)
              }
              count += 1
            }
            let next = start + .seconds(Double(count) / rate)
            await thread.pause(max(next - .now, .microseconds(100)))
          }
        }
      }
    }
  }
}

/// The one thread of all callers.
protocol Callers: TaskExecutor {
  /// Lets the other callers go on for a while.
  func pause(_ duration: Duration) async
}

/// Numbers lifecycles.
private final class Made: Sendable {
  let count: Atomic<Int>
  init(_ first: Int) { count = Atomic(first) }
  func next() -> Int { count.add(1, ordering: .relaxed).oldValue }
}
