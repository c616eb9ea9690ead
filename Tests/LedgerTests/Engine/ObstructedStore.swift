import Dispatch
import Ledger
import LedgerConformance
import Synchronization

/// A store in memory whose commits wait at a gate or fail, as a test wants.
final class ObstructedStore: StoreInFront {
  let store: any LedgerStore = MemoryLedgerStore()
  private let gate = DispatchSemaphore(value: 0)
  private let isGated: Mutex<Bool>
  private let isReached = Mutex(false)
  /// What the next commits and recoveries meet, first to last; none when all is well.
  private let faults = Mutex<[Fault]>([])
  private let recoveryFaults = Mutex<[StoreError]>([])
  private let batchSizes = Mutex<[Int]>([])

  /// How a commit goes wrong.
  enum Fault {
    /// Nothing is there.
    case fails(StoreError)
    /// All is there, but that is not told.
    case hidden
  }

  init(isGated: Bool = false) {
    self.isGated = Mutex(isGated)
  }

  /// Lets the next commits go wrong.
  func obstruct(commits: [Fault], recoveries: [StoreError] = []) {
    faults.withLock { $0 = commits }
    recoveryFaults.withLock { $0 = recoveries }
  }

  /// Entries per commit so far.
  var commits: [Int] { batchSizes.withLock { $0 } }

  /// Lets the commit that waits, and all later ones, through.
  func openGate() {
    isGated.withLock { $0 = false }
    gate.signal()
  }

  /// Lets no further commit through.
  func closeGate() {
    isReached.withLock { $0 = false }
    isGated.withLock { $0 = true }
  }

  /// Returns when a commit waits at the gate.
  func untilReached() async throws {
    while !isReached.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
  }

  func commit(_ batch: CommitBatch) throws(StoreError) {
    if isGated.withLock({ $0 }) {
      isReached.withLock { $0 = true }
      gate.wait()
    }
    let fault = faults.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    if case .fails(let error) = fault { throw error }
    try store.commit(batch)
    batchSizes.withLock { $0.append(batch.entries.count) }
    if case .hidden = fault { throw .outcomeUnknown("as the test wants") }
  }

  func recover(_ batch: CommitBatch) throws(StoreError) -> Bool {
    let fault = recoveryFaults.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    if let fault { throw fault }
    return try store.recover(batch)
  }
}
