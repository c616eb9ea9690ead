import Ledger
import LedgerConformance

/// What outlives a process: the journal, and the tables behind it, which show it a little later.
///
/// Unchecked: it belongs to the simulation's thread.
final class SimulatedDisk: @unchecked Sendable {
  private let simulator: Simulator
  /// All that is durable.
  let journal = MemoryLedgerStore()
  /// The same, as far as it was worked in.
  let tables = MemoryLedgerStore()
  private var behind: [CommitBatch] = []
  private(set) var shownSeq: Int64 = 0
  private var durableSeq: Int64 = 0
  /// Told of every commit, once it is durable.
  var onCommit: () -> Void = {}

  init(_ simulator: Simulator) { self.simulator = simulator }

  /// Whether the tables show all that is durable.
  var isShownWhole: Bool { behind.isEmpty }

  /// Makes a batch durable. The tables follow later, in steps.
  func append(_ batch: CommitBatch, tablesAfter pause: Duration) throws(StoreError) {
    try journal.commit(batch)
    durableSeq = batch.head.seq
    behind.append(batch)
    simulator.after(pause) { self.workIn() }
    onCommit()
  }

  /// Works some of what is behind into the tables.
  private func workIn() {
    guard !behind.isEmpty else { return }
    show(Int.random(in: 1...behind.count, using: &simulator.random))
    if !behind.isEmpty { simulator.after(.milliseconds(3)) { self.workIn() } }
  }

  /// What a process does when it opens the disk: the tables are brought up to the journal.
  func recover() { show(behind.count) }

  private func show(_ count: Int) {
    for batch in behind.prefix(count) {
      do {
        try tables.commit(batch)
      } catch {
        simulator.fail("the tables do not follow the journal: \(error)")
      }
      shownSeq = batch.head.seq
    }
    behind.removeFirst(count)
  }
}
