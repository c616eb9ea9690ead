import Dispatch
import Ledger
import Synchronization

/// A store in front of another one: its next commit fails, or whoever loads from it has to wait.
final class FaultyStore: StoreInFront {
  /// What goes wrong with the next commit.
  enum Fault {
    /// It is lost.
    case lost
    /// It is kept, but the answer says that nobody knows.
    case kept
    /// There is no room for it.
    case full
    /// It fails, and nothing happens.
    case fails
  }

  let store: any LedgerStore
  private let fault = Mutex<Fault?>(nil)
  private let isClosed = Atomic(false)
  private let hasWaiter = Atomic(false)
  private let gate = DispatchSemaphore(value: 0)

  init(_ store: any LedgerStore) { self.store = store }

  func failNext(_ fault: Fault) { self.fault.withLock { $0 = fault } }

  /// Lets the next load wait until the gate is opened.
  func closeGate() { isClosed.store(true, ordering: .releasing) }

  func openGate() {
    hasWaiter.store(false, ordering: .releasing)
    isClosed.store(false, ordering: .releasing)
    gate.signal()
  }

  /// Whether somebody waits at the gate.
  var isObstructed: Bool { hasWaiter.load(ordering: .acquiring) }

  func load(_ request: LoadRequest) throws(StoreError) -> LoadedState {
    if isClosed.load(ordering: .acquiring) {
      hasWaiter.store(true, ordering: .releasing)
      gate.wait()
    }
    return try store.load(request)
  }

  /// What became of a commit shows after a restart only.
  func recover(_ batch: CommitBatch) throws(StoreError) -> Bool {
    throw .failed("as the list wants")
  }

  func commit(_ batch: CommitBatch) throws(StoreError) {
    switch fault.withLock({ $0.take() }) {
    case nil: try store.commit(batch)
    case .full: throw .noSpace("as the list wants")
    case .fails: throw .failed("as the list wants")
    case .lost: throw .outcomeUnknown("lost, as the list wants")
    case .kept:
      try store.commit(batch)
      throw .outcomeUnknown("kept, as the list wants")
    }
  }
}
