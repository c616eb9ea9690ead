import Ledger
import LedgerConformance
import Testing

@Suite("The one writer")
struct LedgerWriterTests {
  private let grant = AllocateCredits(account: "alice", amountMicros: 10)

  private func attempt(_ key: String, by principal: String = "p") -> Attempt {
    Attempt(principal: principal, key: key)
  }

  /// Waits until the ledger's queue is full, so that a test can rely on it.
  private func fill(
    _ ledger: CreditLedger, _ waiting: Int, behind store: ObstructedStore
  ) async throws -> [Task<Result<Receipt<AllocateAnswer>, Refusal>, Never>] {
    var tasks: [Task<Result<Receipt<AllocateAnswer>, Refusal>, Never>] = []
    // The first one goes into the commit that waits at the gate.
    for number in 0...waiting {
      tasks.append(
        Task.immediate { await ledger.allocate(grant, by: attempt("fill \(number)")) })
      if number == 0 { try await store.untilReached() }
    }
    return tasks
  }

  @Test("commits what waits together, and answers every command once")
  func groupCommit() async throws {
    let store = ObstructedStore(isGated: true)
    let ledger = try CreditLedger(store: store, clock: TestClock())
    let tasks = try await fill(ledger, 40, behind: store)
    store.openGate()
    var seqs: Set<Int64> = []
    for task in tasks { seqs.insert(try await task.value.get().asOfSeq) }
    #expect(seqs.count == 41)
    #expect(store.commits == [1, 40])
    #expect(try await ledger.balance(of: "alice").balance.availableMicros == 410)
    try await ledger.shutDown()
  }

  @Test("answers the second of two attempts with one key in one batch as a replay")
  func sameKeyInOneBatch() async throws {
    let store = ObstructedStore(isGated: true)
    let ledger = try CreditLedger(store: store, clock: TestClock())
    let first = Task.immediate { await ledger.allocate(grant, by: attempt("blocker")) }
    try await store.untilReached()
    let twins = (0..<2).map { _ in
      Task.immediate { await ledger.allocate(grant, by: attempt("twin")) }
    }
    var other = grant
    other.amountMicros = 11
    let changed = Task.immediate { await ledger.allocate(other, by: attempt("twin")) }
    let stranger = Task.immediate {
      await ledger.allocate(grant, by: attempt("twin", by: "another principal"))
    }
    store.openGate()
    _ = try await first.value.get()
    let receipts = [try await twins[0].value.get(), try await twins[1].value.get()]
    #expect(receipts.map(\.isReplayed) == [false, true])
    #expect(receipts[0].value.allocation.id == receipts[1].value.allocation.id)
    guard case .failure(.idempotencyMismatch) = await changed.value else {
      throw Breach("a key was accepted for another command in the same batch")
    }
    #expect(try await stranger.value.get().isReplayed == false)
    #expect(try await ledger.balance(of: "alice").balance.availableMicros == 30)
    try await ledger.shutDown()
  }

  @Test("refuses what its queue cannot hold, and nothing of it happened")
  func overload() async throws {
    let store = ObstructedStore(isGated: true)
    let ledger = try CreditLedger(
      store: store, clock: TestClock(),
      configuration: .init(waitingCommandsMax: 3, commandsPerCommitMax: 2))
    let tasks = try await fill(ledger, 3, behind: store)
    guard case .failure(.ledgerOverloaded) = await ledger.allocate(grant, by: attempt("more"))
    else { throw Breach("a full queue accepted a command") }
    store.openGate()
    for task in tasks { _ = try await task.value.get() }
    #expect(store.commits == [1, 2, 1])
    let again = try await ledger.allocate(grant, by: attempt("more")).get()
    #expect(!again.isReplayed)
    try await ledger.shutDown()
  }

  @Test("sheds those whose callers gave up, for those who wait, and nothing of them happened")
  func shedding() async throws {
    let store = ObstructedStore(isGated: true)
    let ledger = try CreditLedger(
      store: store, clock: TestClock(),
      configuration: .init(waitingCommandsMax: 3, commandsPerCommitMax: 9))
    let past = Attempt(principal: "tester", key: "late", deadline: .now - .seconds(1))
    let patient = Attempt(principal: "tester", key: "patient", deadline: .now + .seconds(600))
    let first = Task.immediate { await ledger.allocate(grant, by: attempt("blocker")) }
    try await store.untilReached()
    let soon = Attempt(principal: "tester", key: "late", deadline: .now + .milliseconds(20))
    let late = Task.immediate { await ledger.allocate(grant, by: soon) }
    try await Task.sleep(for: .milliseconds(40))
    let waits = Task.immediate { await ledger.allocate(grant, by: patient) }
    let last = Task.immediate { await ledger.allocate(grant, by: attempt("last")) }
    // The queue is full: the late one makes room.
    let newcomer = Task.immediate { await ledger.allocate(grant, by: attempt("newcomer")) }
    guard case .failure(.deadlinePassed) = await late.value else {
      throw Breach("a command was kept for a caller who gave up")
    }
    store.openGate()
    for task in [first, waits, last, newcomer] { _ = try await task.value.get() }
    #expect(try await ledger.balance(of: "alice").balance.availableMicros == 40)
    guard case .failure(.deadlinePassed) = await ledger.allocate(grant, by: past) else {
      throw Breach("a command was carried out for a caller who gave up")
    }
    let retried = try await ledger.allocate(grant, by: attempt("late")).get()
    #expect(!retried.isReplayed)
    try await ledger.shutDown()
  }

  @Test("refuses at once who cannot be answered in time behind those who wait")
  func unmeetable() async throws {
    let store = ObstructedStore(isGated: true)
    let ledger = try CreditLedger(store: store, clock: TestClock())
    let slow = Task.immediate { await ledger.allocate(grant, by: attempt("slow")) }
    try await store.untilReached()
    try await Task.sleep(for: .seconds(1))
    store.openGate()
    _ = try await slow.value.get()
    // The writer knows a batch that took a second. It is idle: it does not refuse, it tries.
    store.closeGate()
    let blocker = Task.immediate { await ledger.allocate(grant, by: attempt("blocker")) }
    try await store.untilReached()
    let hasty = Attempt(principal: "tester", key: "hasty", deadline: .now + .milliseconds(1_900))
    guard case .failure(.ledgerOverloaded) = await ledger.allocate(grant, by: hasty) else {
      throw Breach("a command was queued that cannot be answered in time")
    }
    let patient = Attempt(principal: "tester", key: "patient", deadline: .now + .seconds(600))
    let waits = Task.immediate { await ledger.allocate(grant, by: patient) }
    store.openGate()
    for task in [blocker, waits] { _ = try await task.value.get() }
    #expect(try await ledger.balance(of: "alice").balance.availableMicros == 30)
    try await ledger.shutDown()
  }

  @Test("carries out what was accepted before it closes, and refuses the rest")
  func shutDown() async throws {
    let store = ObstructedStore(isGated: true)
    let ledger = try CreditLedger(store: store, clock: TestClock())
    let tasks = try await fill(ledger, 5, behind: store)
    let closing = Task { try await ledger.shutDown() }
    store.openGate()
    for task in tasks { _ = try await task.value.get() }
    try await closing.value
    guard case .failure(.ledgerStopped) = await ledger.allocate(grant, by: attempt("late")) else {
      throw Breach("a closed ledger accepted a command")
    }
  }

  @Test("exactly as many of many parallel charges are paid as there is credit for")
  func doubleSpend() async throws {
    let ledger = try CreditLedger(store: MemoryLedgerStore(), clock: TestClock())
    _ = try await ledger.allocate(
      AllocateCredits(account: "alice", amountMicros: 70), by: attempt("grant")
    ).get()
    let paid = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<64 {
        group.addTask {
          let charge = DeductCredits(account: "alice", charge: .micros(7), overPolicy: .reject)
          let outcome = await ledger.deduct(charge, by: attempt("charge \(number)"))
          if case .success = outcome { return true }
          return false
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(paid == 10)
    #expect(try await ledger.balance(of: "alice").balance == .zero)
    try await ledger.shutDown()
  }
}
