import Dispatch

/// What a ledger needs of the machine that it runs on: threads of its own and a monotonic clock.
///
/// Nothing else in the ledger asks for either, so that a simulation can take the machine's place.
package protocol LedgerMachine: Sendable {
  /// The monotonic clock.
  var instant: ContinuousClock.Instant { get }

  /// Makes a queue for the ledger's own work, away from the threads of its callers.
  func makeQueue(_ label: String, isBackground: Bool) -> any WorkQueue

  /// Waits; shorter only when the task is cancelled.
  func sleep(for pause: Duration) async
}

/// Runs work one piece after the other, in the order in which it came.
package protocol WorkQueue: Sendable {
  /// Runs `work` when what came before is done.
  func run(_ work: @escaping @Sendable () -> Void)

  /// The same, not before `pause` is over.
  func run(after pause: Duration, _ work: @escaping @Sendable () -> Void)
}

/// The machine that the process runs on.
package struct HostMachine: LedgerMachine {
  package init() {}

  package var instant: ContinuousClock.Instant { .now }

  package func makeQueue(_ label: String, isBackground: Bool) -> any WorkQueue {
    DispatchQueue(label: label, qos: isBackground ? .utility : .unspecified)
  }

  package func sleep(for pause: Duration) async {
    // Only cancellation ends a sleep early.
    try? await Task.sleep(for: pause)
  }
}

extension DispatchQueue: WorkQueue {
  package func run(_ work: @escaping @Sendable () -> Void) {
    async(execute: work)
  }

  package func run(after pause: Duration, _ work: @escaping @Sendable () -> Void) {
    let pause = DispatchTimeInterval.microseconds(Int(clamping: pause.wholeMicroseconds))
    asyncAfter(deadline: .now() + pause, execute: work)
  }
}
