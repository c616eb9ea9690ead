import Ledger
import LedgerConformance

/// One simulation: a disk, a network, a clock, the process of the moment, and clients who want
/// things of it, while trouble comes and goes. The same seed makes the same history.
///
/// Unchecked: it belongs to the simulation's thread.
final class World: @unchecked Sendable {
  /// What is broken on purpose, to see that the judge notices.
  enum Sabotage: CaseIterable {
    /// The store says that a batch is durable before it is.
    case acknowledgesEarly
    /// The store finds no keys that an earlier process has written.
    case forgetsKeys
    /// The store says that a batch of unknown outcome is not there when it is.
    case deniesWhatIsThere
    /// The store does not write the first row of a batch to its tables.
    case losesRows
    /// The store does not wait until its tables show an account's last entry.
    case doesNotWait
    /// Clients ask again with a new key.
    case newKeys
  }

  private static let clientNames = ["ann", "ben", "cas", "dot", "eve"]
  /// More accounts than some processes hold in memory.
  private static let others: [AccountID] = ["fay", "gus", "hal", "ida", "joe", "kim"]
  static let accounts = CommandSource.accounts + others

  let simulator: Simulator
  let clock: VirtualWallClock
  let disk: SimulatedDisk
  let sabotage: Sabotage?
  private(set) lazy var network = SimulatedNetwork(self)
  let webhooks = SimulatedWebhookDisk()
  private(set) lazy var receiver = SimulatedReceiver(self)
  private(set) var faults: FaultPlan
  private(set) var process: SimulatedProcess?
  var judge = JournalJudge()
  private var source: CommandSource
  private(set) var operations: [Operation] = []
  private var keyCounts: [String: Int] = [:]
  private var processCount = 0
  private var isRestarting = false
  /// Whether trouble is over.
  private(set) var isQuiet = false
  private var clientsAtWork = 0

  init(seed: UInt64, sabotage: Sabotage? = nil) {
    simulator = Simulator(seed: seed)
    clock = VirtualWallClock(simulator)
    disk = SimulatedDisk(simulator)
    self.sabotage = sabotage
    source = CommandSource(seed: seed, isRich: simulator.random.chance(15))
    faults = FaultPlan.random(&simulator.random)
    if sabotage == .doesNotWait { faults.slowTables = 100 }
    disk.onCommit = { [unowned self] in
      do { try judge.read(disk.journal) } catch { simulator.fail("\(error)") }
    }
  }

  /// Lets so many clients do so much, then makes peace and looks at everything. Throws the first
  /// breach.
  func run(clients: Int, actions: Int) throws {
    defer { simulator.clear() }
    startProcess()
    trouble()
    let names = Self.clientNames.prefix(clients)
    clientsAtWork = names.count
    for (number, name) in names.enumerated() {
      Task(executorPreference: simulator.executor) {
        let client = SimulatedClient(world: self, name: name)
        await client.prepare(number)
        await client.run(actions)
        self.clientsAtWork -= 1
      }
    }
    let watcher = Task(executorPreference: simulator.executor) {
      await SimulatedClient(world: self, name: "watcher").watch(CommandSource.accounts[0])
      self.clientsAtWork -= 1
    }
    try simulator.run { clientsAtWork == 0 }
    clientsAtWork = 2
    watcher.cancel()
    isQuiet = true
    faults = .calm
    Task(executorPreference: simulator.executor) {
      await self.makePeace()
      self.clientsAtWork -= 1
    }
    try simulator.run { clientsAtWork == 0 }
    simulator.drain()
    guard simulator.executor.foreignCount == 0 else {
      throw Breach("\(simulator.executor.foreignCount) jobs came from other threads")
    }
  }

  // MARK: For clients

  func randomCommand() -> Command {
    guard simulator.random.chance(20) else { return source.command(judge, now: clock.now()) }
    let account = Self.others.randomElement(using: &simulator.random) ?? "fay"
    let micros = Int64.random(in: 1...60, using: &simulator.random)
    return switch Int.random(in: 0..<4, using: &simulator.random) {
    case 0: .allocateCredits(AllocateCredits(account: account, amountMicros: micros * 4))
    case 1: .openHold(OpenHold(account: account, charge: .micros(micros), minMicros: 1))
    default: .deductCredits(DeductCredits(account: account, charge: .micros(micros)))
    }
  }

  func randomCharge() -> DeductCredits { source.charge(now: clock.now()) }

  func randomQuestion() -> (account: AccountID, charge: Charge, session: String) {
    var question = source.question()
    if simulator.random.chance(40) {
      question.account = Self.others.randomElement(using: &simulator.random) ?? "fay"
    }
    return question
  }

  /// A command under a key that its client has not used for this kind; others may have.
  func newOperation(_ client: String, _ command: Command) -> Operation {
    let scope = "\(client) \(command.kind)"
    keyCounts[scope, default: 0] += 1
    let operation = Operation(client, "k\(keyCounts[scope] ?? 0)", command)
    operations.append(operation)
    return operation
  }

  // MARK: The process

  private func startProcess() {
    processCount += 1
    disk.recover()
    let fresh = SimulatedProcess(processCount, self)
    do {
      try fresh.start()
      process = fresh
      simulator.note("process \(processCount) starts at \(judge.lastSeq)")
    } catch {
      simulator.note("process \(processCount) cannot start: \(error)")
      simulator.history.count("process: cannot start")
      fresh.die()
      startLater()
    }
  }

  private func startLater() {
    let micros = Int64.random(in: 100...2_000_000, using: &simulator.random)
    simulator.after(.microseconds(micros)) { self.startProcess() }
  }

  /// Kills the process.
  func crash(_ when: String) {
    guard let victim = process else { return }
    simulator.history.count("process: crash \(when)")
    simulator.note("process \(victim.number) crashes \(when)")
    process = nil
    victim.die()
    startLater()
  }

  private func restart() {
    guard let old = process, !isRestarting else { return }
    isRestarting = true
    simulator.history.count("process: restart")
    simulator.note("process \(old.number) is to stop")
    Task(executorPreference: simulator.executor) {
      await old.shutDown()
      self.isRestarting = false
      guard self.process === old else { return }
      self.simulator.note("process \(old.number) has stopped")
      self.process = nil
      self.startLater()
    }
  }

  // MARK: Trouble

  private func trouble() {
    guard !isQuiet else { return }
    switch process?.ledger?.stopReason {
    case .corrupted, .conflict:
      if let reason = process?.ledger?.stopReason, process?.isDead == false {
        simulator.fail("the ledger has stopped for good: \(reason)")
      }
    default: break
    }
    func comes(_ thousandths: Int) -> Bool {
      Int.random(in: 0..<1_000, using: &simulator.random) < thousandths
    }
    if comes(faults.crash) { crash("any time") }
    if comes(faults.restart) { restart() }
    if comes(faults.clock) { disturbClock() }
    if comes(faults.clog), let name = Self.clientNames.randomElement(using: &simulator.random) {
      let pause = Int64.random(in: 50...4_000, using: &simulator.random)
      simulator.note("\(name) is cut off for \(pause) ms")
      network.clog(name, for: .milliseconds(pause))
    }
    let pause = Int64.random(in: 20...900, using: &simulator.random)
    simulator.after(.milliseconds(pause)) { self.trouble() }
  }

  private func disturbClock() {
    let usual: [VirtualWallClock.Fault] = [
      .backAnHour, .backALittle, .stuck, .leapSecond, .backAnHour, .stuck, .forwardADay,
    ]
    let fault = simulator.random.chance(4)
      ? .forwardAWeek : usual.randomElement(using: &simulator.random) ?? .stuck
    let pause = Int64.random(in: 100...20_000, using: &simulator.random)
    simulator.history.count("clock: \(fault)")
    simulator.note("clock \(fault) \(pause)")
    clock.suffer(fault, for: .milliseconds(pause))
  }

  // MARK: The end

  /// Nothing goes wrong any more: everybody is told the same again, what came due is written down,
  /// and everything agrees.
  private func makePeace() async {
    // Until the last trouble is over.
    await simulator.sleep(for: .seconds(8))
    while process?.isOpen != true { await simulator.sleep(for: .milliseconds(50)) }
    guard let process, let ledger = process.ledger else { return }
    for operation in operations {
      let effects = operation.digests.count { digest in
        if case .success = judge.reply(to: digest)?.outcome { true } else { false }
      }
      if effects > 1 { simulator.fail("I5: \(operation.title) took effect \(effects) times") }
    }
    let answered = operations.filter { $0.answer != nil }
    for operation in answered.suffix(40) where simulator.random.chance(20) {
      await SimulatedClient(world: self, name: operation.client).retell(operation)
    }
    await judgeDeliveries()
    clock.stop(at: ledger.now)
    await ledger.sweep()
    let client = SimulatedClient(world: self, name: "ann")
    for account in Self.accounts {
      await client.askBalance(of: account)
      await client.check()
    }
    await client.copyJournal()
    do {
      let report = try await ledger.verify()
      if let found = report.firstBreak { simulator.fail("VerifyLedger finds \(found)") }
      guard report.head.seq == judge.lastSeq, ledger.committedSeq == judge.lastSeq else {
        return simulator.fail("the ledger ends at \(report.head.seq), the disk at \(judge.lastSeq)")
      }
      try judge.finish(at: ledger.now, accounts: Self.accounts)
    } catch {
      simulator.fail("\(error)")
    }
    await process.shutDown()
  }
}
