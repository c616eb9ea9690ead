import Ledger
import Synchronization

/// The machine of the process, but its clock goes on only when a test says so.
final class StillMachine: LedgerMachine {
  private let host = HostMachine()
  private let now = Mutex(ContinuousClock.now)

  var instant: ContinuousClock.Instant { now.withLock { $0 } }

  func advance(by span: Duration) { now.withLock { $0 += span } }

  func makeQueue(_ label: String, isBackground: Bool) -> any WorkQueue {
    host.makeQueue(label, isBackground: isBackground)
  }

  func sleep(for pause: Duration) async { await host.sleep(for: pause) }
}
