import Ledger
import LedgerConformance

/// The disk as one process sees it. Whatever can go wrong with a disk goes wrong here.
///
/// Unchecked: it belongs to the simulation's thread.
final class SimulatedStore: StoreInFront, @unchecked Sendable {
  let store: any LedgerStore
  private unowned let world: World
  private let disk: SimulatedDisk
  private let process: SimulatedProcess
  private var simulator: Simulator { world.simulator }
  private var keysHere: Set<Digest> = []

  init(_ process: SimulatedProcess, _ world: World) {
    self.process = process
    self.world = world
    disk = world.disk
    store = world.disk.journal
  }

  private func requireLife() throws(StoreError) {
    if process.isDead { throw .corrupted("the process is dead") }
  }

  private func happens(_ percent: Int, _ name: String) -> Bool {
    guard percent > 0, simulator.random.chance(percent) else { return false }
    simulator.history.count("disk: \(name)")
    simulator.note("disk \(process.number) \(name)")
    return true
  }

  private func pause(_ range: ClosedRange<Int64>) {
    let micros = Int64.random(in: range, using: &simulator.random)
    simulator.block(for: .microseconds(micros)) { !process.isDead }
  }

  // MARK: Reading

  func load(_ request: LoadRequest) throws(StoreError) -> LoadedState {
    try requireLife()
    if happens(world.faults.slowRead, "slow read") {
      pause(100...20_000)
      try requireLife()
    }
    if happens(world.faults.readFails, "read fails") { throw .failed("a read fails") }
    // Which of the accounts that are due come first is for the store to choose.
    var loaded = try disk.journal.load(
      LoadRequest(
        isStart: request.isStart, keys: request.keys, holds: request.holds,
        allocations: request.allocations, usage: request.usage, dueBy: request.dueBy,
        dueMax: .max))
    loaded.due = Array(loaded.due.sorted().prefix(request.dueMax))
    if !request.accounts.isEmpty {
      let accounts = try disk.tables.load(LoadRequest(accounts: request.accounts)).accounts
      loaded.accounts = accounts.sorted { $0.id < $1.id }
    }
    if world.sabotage == .forgetsKeys {
      loaded.replies = loaded.replies.filter { keysHere.contains($0.key) }
    }
    return loaded
  }

  func catchUp(to seq: Int64) throws(StoreError) {
    try requireLife()
    guard disk.shownSeq < seq, world.sabotage != .doesNotWait else { return }
    simulator.history.count("disk: waits for the tables")
    simulator.block { self.disk.shownSeq < seq && !self.process.isDead }
    try requireLife()
  }

  func storedEntries(afterSeq seq: Int64, limit: Int) throws(StoreError) -> [StoredEntry] {
    try requireLife()
    if happens(world.faults.readFails, "read fails") { throw .failed("a read fails") }
    return try store.storedEntries(afterSeq: seq, limit: limit)
  }

  func compareTables(isCancelled: @Sendable () -> Bool) throws -> Int64 {
    simulator.block { !self.disk.isShownWhole && !self.process.isDead }
    try requireLife()
    return try disk.tables.compareTables(isCancelled: isCancelled)
  }

  // MARK: Writing

  func commit(_ batch: CommitBatch) throws(StoreError) {
    try requireLife()
    if happens(world.faults.commitFull, "full") {
      pause(20...500)
      throw .noSpace("no room")
    }
    if happens(world.faults.commitFails, "commit fails") {
      pause(20...2_000)
      throw .failed("a write fails")
    }
    if happens(world.faults.commitUnknown, "outcome unknown") {
      pause(20...2_000)
      try requireLife()
      if simulator.random.chance(50) {
        simulator.history.count("disk: unknown, and durable")
        try write(batch)
      } else {
        simulator.history.count("disk: unknown, and lost")
      }
      throw .outcomeUnknown("fsync fails")
    }
    let isCrash = happens(world.faults.crashInCommit, "crash in a commit")
    if world.sabotage == .acknowledgesEarly { return try promise(batch) }
    pause(happens(world.faults.slowCommit, "slow commit") ? 1_000...80_000 : 20...900)
    try requireLife()
    if isCrash, simulator.random.chance(50) { world.crash("before a commit") }
    try requireLife()
    try write(batch)
    pause(10...400)
    if isCrash { world.crash("after a commit") }
    try requireLife()
  }

  private func write(_ batch: CommitBatch) throws(StoreError) {
    simulator.note("disk \(process.number) durable up to \(batch.head.seq)")
    for sealed in batch.entries {
      if let reply = sealed.entry.reply { keysHere.insert(reply.key) }
    }
    let isSlow = happens(world.faults.slowTables, "slow tables")
    let micros = Int64.random(in: isSlow ? 5_000...400_000 : 50...2_000, using: &simulator.random)
    var written = batch
    if world.sabotage == .losesRows {
      written = CommitBatch(
        previous: batch.previous, head: batch.head, entries: batch.entries,
        rows: Array(batch.rows.dropFirst()))
    }
    try disk.append(written, tablesAfter: .microseconds(micros))
  }

  func recover(_ batch: CommitBatch) throws(StoreError) -> Bool {
    try requireLife()
    pause(20...2_000)
    try requireLife()
    if happens(world.faults.commitUnknown, "recovery fails") {
      if simulator.random.chance(50) { throw .failed("a read fails") }
      throw .outcomeUnknown("fsync fails again")
    }
    let isThere = try store.recover(batch)
    simulator.note("disk \(process.number) recovers: \(isThere)")
    return world.sabotage == .deniesWhatIsThere ? false : isThere
  }

  func close() throws(StoreError) {}

  // MARK: Sabotage

  private func promise(_ batch: CommitBatch) throws(StoreError) {
    pause(20...900)
    simulator.after(.milliseconds(4)) {
      guard !self.process.isDead else { return }
      do { try self.write(batch) } catch { self.simulator.fail("\(error)") }
    }
  }
}
