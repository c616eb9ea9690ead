import Ledger

/// The same commands on two ledgers, one of which holds a few accounts in memory, or most of them
/// packed, and the other all.
///
/// Whatever is asked, the answers and the journals are the same to the byte, so that it cannot be
/// told from outside which accounts were in memory, and in which form.
public struct SmallMemory {
  private let accountCount: Int
  private let commandCount: Int
  private let limit: Int
  private let unpacked: Int?
  private var random: SeededGenerator
  private let clock = TestClock()
  private var holds: [HoldID] = []
  private var grants: [AllocationID] = []
  private var charges: [UsageID] = []
  private var past: [(Command, Attempt)] = []

  /// - Parameter unpacked: how many accounts are not packed of those in memory, at least 3; nil
  ///   packs none.
  public init(
    seed: UInt64, accounts: Int, commands: Int, limit: Int = 10, unpacked: Int? = nil
  ) {
    accountCount = accounts
    commandCount = commands
    self.limit = limit
    self.unpacked = unpacked
    random = SeededGenerator(seed: seed)
  }

  /// Runs the commands on ledgers over the two stores.
  public mutating func run(small: any LedgerStore, large: any LedgerStore) async throws {
    var configuration = CreditLedger.Configuration(accountsInMemoryMax: limit)
    if let unpacked {
      configuration.unpackedAccountsMax = unpacked
      // What one batch needs is not packed.
      configuration.commandsPerCommitMax = 1
    }
    let few = try CreditLedger(store: small, clock: clock, configuration: configuration)
    let all = try CreditLedger(store: large, clock: clock)
    for number in 0..<accountCount + commandCount {
      let command = number < accountCount ? grant(account(number)) : randomCommand()
      let repeated = number > accountCount && random.chance(5)
        ? past.randomElement(using: &random) : nil
      let attempt = repeated?.1 ?? Attempt(principal: "p", key: "\(number)")
      let one = await few.submit(repeated?.0 ?? command, by: attempt)
      let other = await all.submit(repeated?.0 ?? command, by: attempt)
      guard "\(one)" == "\(other)" else {
        throw Breach("\(command): \(one) with few accounts in memory, \(other) with all")
      }
      note(one)
      past.append((command, attempt))
      try await ask(few, all)
      if random.chance(20) { clock.advance(.seconds(Int64.random(in: 1...90, using: &random))) }
    }
    guard all.accountsInMemory > min(limit, unpacked ?? limit) else {
      throw Breach("too few accounts to tell")
    }
    try await requireSameJournal(small, large)
    try await sweep(few, all)
    for ledger in [few, all] {
      if let found = try await ledger.verify().firstBreak { throw Breach("\(found)") }
      try await ledger.shutDown()
    }
  }

  private mutating func ask(_ few: CreditLedger, _ all: CreditLedger) async throws {
    let id = account(Int.random(in: 0..<accountCount + 5, using: &random))
    let charge = Charge.micros(Int64.random(in: 1...500, using: &random))
    let rows = [
      ("\(try await few.balance(of: id).balance)", "\(try await all.balance(of: id).balance)"),
      ("\(await few.check(id, for: charge))", "\(await all.check(id, for: charge))"),
      ("\(try await few.budgets(of: id))", "\(try await all.budgets(of: id))"),
    ]
    for (one, other) in rows where one != other {
      throw Breach("\(id): \(one) with few accounts in memory, \(other) with all")
    }
    guard few.accountsInMemory <= limit else {
      throw Breach("\(few.accountsInMemory) accounts in memory, not \(limit)")
    }
  }

  private func requireSameJournal(_ small: any LedgerStore, _ large: any LedgerStore) async throws {
    var after: Int64 = 0
    while true {
      let one = try small.storedEntries(afterSeq: after, limit: 500)
      let other = try large.storedEntries(afterSeq: after, limit: 500)
      for (one, other) in zip(one, other) where one.hash != other.hash {
        throw Breach("entry \(one.seq) differs")
      }
      guard one.count == other.count else { throw Breach("one journal is longer") }
      guard let last = one.last else { return }
      after = last.seq
    }
  }

  /// A sweep long after the last command leaves nothing to come, and the same balances.
  private func sweep(_ few: CreditLedger, _ all: CreditLedger) async throws {
    clock.advance(.seconds(100_000))
    for ledger in [few, all] {
      guard await ledger.sweep() > 0, await ledger.sweep() == 0 else {
        throw Breach("a sweep missed something, or found it twice")
      }
    }
    guard few.accountsInMemory <= limit else { throw Breach("the sweep filled the memory") }
    let seqs = (few.committedSeq, all.committedSeq)
    guard seqs.0 == seqs.1 else { throw Breach("a sweep wrote \(seqs) entries") }
    for number in 0..<accountCount {
      let one = try await few.balance(of: account(number)).balance
      let other = try await all.balance(of: account(number)).balance
      guard one == other else { throw Breach("\(account(number)): \(one), \(other)") }
    }
  }

  // MARK: Commands

  private func account(_ number: Int) -> AccountID { AccountID("user\(number)") }

  private mutating func note(_ outcome: Result<Receipt<Answer>, Refusal>) {
    guard case .success(let receipt) = outcome else { return }
    switch receipt.value {
    case .allocated(let answer): grants.append(answer.allocation.id)
    case .holdOpened(let answer): holds.append(answer.hold.id)
    case .deducted(let answer): charges.append(answer.usage.id)
    case .holdSettled(let answer): charges.append(answer.usage.id)
    default: break
    }
  }

  private mutating func grant(_ account: AccountID) -> Command {
    let life = Int64.random(in: 30...5_000, using: &random)
    let begins = random.chance(20) ? clock.now().adding(.seconds(20)) : nil
    return .allocateCredits(
      AllocateCredits(
        account: account, amountMicros: Int64.random(in: 1...900, using: &random),
        effectiveAt: begins, expiresAt: random.chance(60) ? clock.now().adding(.seconds(life)) : nil
      ))
  }

  private mutating func randomCommand() -> Command {
    // A few accounts are used often, most rarely.
    let range = random.chance(50) ? 8 : accountCount
    let account = account(Int.random(in: 0..<range, using: &random))
    let micros = Int64.random(in: 1...300, using: &random)
    let hold = holds.suffix(60).randomElement(using: &random) ?? HoldID(seq: 7)
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<14: return grant(account)
    case 14..<40:
      return .openHold(
        OpenHold(account: account, charge: .micros(micros), minMicros: 1, sessionID: "s"))
    case 40..<50:
      return .extendHold(ExtendHold(hold: hold, used: .micros(micros / 4), wanted: micros))
    case 50..<66: return .settleHold(SettleHold(hold: hold, charge: .micros(micros)))
    case 66..<70: return .releaseHold(ReleaseHold(hold: hold))
    case 70..<72: return .forceRelease(ForceRelease(hold: hold))
    case 72..<84:
      return .deductCredits(DeductCredits(account: account, charge: .micros(micros)))
    case 84..<88:
      let charge = charges.randomElement(using: &random) ?? UsageID(seq: 7)
      return .refundUsage(RefundUsage(usage: charge, isServiceFault: random.chance(50)))
    case 88..<91:
      let grant = grants.randomElement(using: &random) ?? AllocationID(seq: 7)
      return .voidAllocation(VoidAllocation(allocation: grant))
    case 91..<94:
      let grant = grants.randomElement(using: &random) ?? AllocationID(seq: 7)
      return .adjustAllocation(AdjustAllocation(allocation: grant, expiry: .never))
    case 94..<96:
      return .setBalanceAlerts(
        SetBalanceAlerts(
          account: account, thresholdsMicros: [micros, micros * 2], leads: [.seconds(micros)]))
    case 96..<98:
      return .setBudget(
        SetBudget(
          account: account, limitMicros: micros * 3, window: .calendar(.hour, zone: "UTC")))
    default:
      return .setAccountState(SetAccountState(account: account, overdraftLimitMicros: micros))
    }
  }
}
