import Ledger
import LedgerConformance

@testable import StorageSQLite

/// Random commands on a ledger over watched files: alone, in crowds that share commits, repeated;
/// with time that passes, logs that are copied and begun anew, and a ledger that is reopened.
struct StoreWorkload {
  /// Small, so that both logs begin anew several times.
  static let pace = CheckpointPace(journalEntries: 40, stateRows: 150)

  private let path: String
  private let watch: FileWatch
  /// Whether refusals are to be expected.
  private let isDiskFailing: Bool
  private let clock = TestClock()
  private let heads = MarkingStore.Heads()
  private var random: SeededGenerator
  private var answers: [WrittenHistory.Answered] = []
  private var grants: [AllocationID] = []
  private var holds: [HoldID] = []
  private var charges: [UsageID] = []
  private var keyCount = 0

  /// - Parameter path: the folder that is watched.
  init(seed: UInt64, path: String, watch: FileWatch, isDiskFailing: Bool = false) {
    self.isDiskFailing = isDiskFailing
    random = SeededGenerator(seed: seed)
    self.path = path
    self.watch = watch
  }

  /// Carries out as many steps as named, and opens the ledger anew between the groups of them.
  mutating func run(_ sessions: [Int]) async throws -> WrittenHistory {
    let directory = try DataDirectory(path: path)
    for stepCount in sessions {
      let store = MarkingStore(
        try SQLiteLedgerStore(directory: directory, pace: Self.pace), watch, heads)
      let ledger = try CreditLedger(
        store: store, clock: clock,
        configuration: .init(commandsPerCommitMax: 16, recoveryPause: .zero))
      for _ in 0..<stepCount {
        do {
          try await step(ledger, store)
        } catch {
          guard isDiskFailing else { throw error }
        }
      }
      do throws(StoreError) {
        try await ledger.shutDown()
      } catch {
        guard isDiskFailing else { throw error }
      }
    }
    return WrittenHistory(
      records: watch.records(), heads: heads.all, attempts: heads.attempts, answers: answers)
  }

  private mutating func step(_ ledger: CreditLedger, _ store: MarkingStore) async throws {
    clock.advance(.milliseconds(Int64.random(in: 0...900, using: &random)))
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<52: await send([command()], to: ledger)
    case 52..<68:
      let count = Int.random(in: 2...24, using: &random)
      await send((0..<count).map { _ in command() }, to: ledger)
    case 68..<76: await repeatOne(on: ledger)
    case 76..<84: try store.catchUp(to: ledger.committedSeq)
    case 84..<90:
      clock.advance(.seconds(Int64.random(in: 1...70, using: &random)))
      await ledger.sweep()
    case 90..<94: _ = try await ledger.listUsage(UsageQuery(account: nil, limit: 5))
    default:
      clock.advance(.seconds(Int64.random(in: 30...2_000, using: &random)))
    }
  }

  /// Sends commands all at once.
  private mutating func send(_ commands: [Command], to ledger: CreditLedger) async {
    typealias Sent = (WrittenHistory.Answered, Answer?)
    var attempts: [(Command, Attempt)] = []
    for command in commands {
      keyCount += 1
      attempts.append((command, Attempt(principal: "p", key: "key \(keyCount)")))
    }
    let (watch, time) = (watch, clock.now())
    let sent = await withTaskGroup(of: Sent.self) { group in
      for (command, attempt) in attempts {
        group.addTask {
          let sentAt = watch.count
          let result = await ledger.submit(command, by: attempt)
          let answered = WrittenHistory.Answered(
            command, attempt, result, sentAt: sentAt, answeredAt: watch.count, time: time)
          return (answered, try? result.get().value)
        }
      }
      var all: [Sent] = []
      for await one in group { all.append(one) }
      return all
    }
    for (answered, answer) in sent {
      guard !answered.isOfStorage else {
        precondition(isDiskFailing, "refused: \(answered.text)")
        continue
      }
      answers.append(answered)
      if let answer { note(answer) }
    }
  }

  private mutating func repeatOne(on ledger: CreditLedger) async {
    guard let past = answers.randomElement(using: &random) else { return }
    let result = await ledger.submit(past.command, by: past.attempt)
    if case .failure(let refusal) = result, refusal.isOfStorage, isDiskFailing { return }
    precondition(WrittenHistory.Answered.text(result) == past.text, "\(past.command): \(result)")
  }

  private mutating func note(_ answer: Answer) {
    switch answer {
    case .allocated(let answer): grants.append(answer.allocation.id)
    case .holdOpened(let answer): holds.append(answer.hold.id)
    case .deducted(let answer): charges.append(answer.usage.id)
    case .holdSettled(let answer): charges.append(answer.usage.id)
    default: break
    }
  }

  private mutating func command() -> Command {
    let account = AccountID("user\(Int.random(in: 0..<6, using: &random))")
    let micros = Int64.random(in: 1...300, using: &random)
    let hold = holds.suffix(12).randomElement(using: &random) ?? HoldID(seq: 1)
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<18: return grant(account)
    case 18..<42:
      return .openHold(
        OpenHold(account: account, charge: .micros(micros), minMicros: 1, sessionID: "s\(micros)"))
    case 42..<50:
      return .extendHold(ExtendHold(hold: hold, used: .micros(micros / 4), wanted: micros))
    case 50..<66: return .settleHold(SettleHold(hold: hold, charge: .micros(micros)))
    case 66..<72: return .releaseHold(ReleaseHold(hold: hold))
    case 72..<84: return .deductCredits(DeductCredits(account: account, charge: .micros(micros)))
    case 84..<90:
      let charge = charges.randomElement(using: &random) ?? UsageID(seq: 1)
      return .refundUsage(RefundUsage(usage: charge, isServiceFault: random.chance(50)))
    case 90..<93:
      let grant = grants.randomElement(using: &random) ?? AllocationID(seq: 1)
      return .voidAllocation(VoidAllocation(allocation: grant))
    case 93..<95:
      return .setBudget(
        SetBudget(
          account: account, limitMicros: micros * 9, window: .calendar(.hour, zone: "UTC")))
    case 95..<97:
      return .setBalanceAlerts(SetBalanceAlerts(account: account, thresholdsMicros: [micros]))
    case 97..<98:
      return .putPrice(PutPrice(model: "m", rates: PriceRates(outputMicrosPerMillion: micros)))
    default: return .setAccountState(SetAccountState(account: account, overdraftLimitMicros: 50))
    }
  }

  private mutating func grant(_ account: AccountID) -> Command {
    let life = Int64.random(in: 30...5_000, using: &random)
    // Some entries need several pages.
    let notes = random.chance(10) ? Int.random(in: 1...1_000, using: &random) : 0
    return .allocateCredits(
      AllocateCredits(
        account: account, amountMicros: Int64.random(in: 1...2_000, using: &random),
        expiresAt: random.chance(60) ? clock.now().adding(.seconds(life)) : nil,
        notes: String(repeating: "n", count: notes)))
  }
}
