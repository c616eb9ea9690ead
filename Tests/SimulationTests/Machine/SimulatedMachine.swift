import Ledger
import Synchronization

/// The machine that a ledger believes to run on.
struct SimulatedMachine: LedgerMachine {
  /// Where the monotonic clock of all simulations begins: there is no other way to name an instant.
  private static let origin = ContinuousClock.now

  let simulator: Simulator

  var instant: ContinuousClock.Instant { Self.origin + .nanoseconds(simulator.nanoseconds) }

  func makeQueue(_ label: String, isBackground: Bool) -> any WorkQueue {
    SimulatedQueue(simulator)
  }

  func sleep(for pause: Duration) async { await simulator.sleep(for: pause) }
}

/// Work that the simulation may go on with, its head only.
///
/// Unchecked: it belongs to the simulation's thread.
final class SimulatedQueue: WorkQueue, @unchecked Sendable {
  private let simulator: Simulator
  private var waiting: [@Sendable () -> Void] = []
  /// Whether the work before is not done: its thread is blocked.
  private(set) var isBusy = false

  init(_ simulator: Simulator) { self.simulator = simulator }

  var isEmpty: Bool { waiting.isEmpty }

  func run(_ work: @escaping @Sendable () -> Void) {
    waiting.append(work)
    simulator.hasWork(self)
  }

  func run(after pause: Duration, _ work: @escaping @Sendable () -> Void) {
    simulator.after(pause) { self.run(work) }
  }

  func runHead() {
    let work = waiting.removeFirst()
    isBusy = true
    work()
    isBusy = false
  }
}

extension Simulator {
  /// Waits for virtual time to pass; shorter only when the task is cancelled.
  func sleep(for pause: Duration) async {
    let sleeper = Sleeper()
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard sleeper.lieDown(continuation) else { return continuation.resume() }
        after(pause) { sleeper.wake() }
      }
    } onCancel: {
      sleeper.wake()
    }
  }

  private final class Sleeper: Sendable {
    private struct State {
      var continuation: CheckedContinuation<Void, Never>?
      var isAwake = false
    }

    private let state = Mutex(State())

    func lieDown(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
      state.withLock { state in
        if !state.isAwake { state.continuation = continuation }
        return !state.isAwake
      }
    }

    func wake() {
      let continuation = state.withLock { state in
        state.isAwake = true
        return state.continuation.take()
      }
      continuation?.resume()
    }
  }
}
