import Foundation
import Ledger
import LedgerConformance
import StorageFaults

@testable import StorageSQLite

/// A fixed list of commands on a ledger whose disk fails somewhere, each tried until it is taken.
///
/// Time stands still and the commands have keys, so that in the end the journal must be the one
/// that is written without a fault, to the byte: nothing lost, nothing twice, nothing unasked.
struct FailingCallTrial {
  /// What a run came to.
  struct Tally: CustomStringConvertible {
    /// How many calls failed.
    var struck = 0
    /// How often the ledger could not be opened, or closed in order.
    var refusedStarts = 0
    var refusedEnds = 0
    var refusals: [String: Int] = [:]

    mutating func add(_ other: Tally) {
      struck += other.struck
      refusedStarts += other.refusedStarts
      refusedEnds += other.refusedEnds
      refusals.merge(other.refusals) { $0 + $1 }
    }

    var description: String {
      let list = refusals.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      return "\(struck) failures, \(refusedStarts) refused starts, \(refusedEnds) refused ends, "
        + "refusals: \(list.joined(separator: ", "))"
    }
  }

  private static let triesMax = 2_000

  /// The journal's end without a fault; nil while that is found out.
  private let expected: JournalHead?

  init(expected: JournalHead?) { self.expected = expected }

  /// Runs without a fault and tells where the journal ends.
  static func undisturbed() async throws -> JournalHead {
    let temporary = try TemporaryDirectory(isInMemory: true)
    let watch = FileWatch(temporary.path)
    var run = Run(path: temporary.path, watch: watch)
    try await run.carryOut()
    guard run.tally.refusals.isEmpty else { throw Breach("refused without a fault") }
    guard let head = run.heads.all.last else { throw Breach("nothing was written") }
    return head
  }

  /// Runs with the fault that `arm` sets up, and judges what is left.
  func run(_ arm: (FileWatch) -> Void) async throws -> Tally {
    let temporary = try TemporaryDirectory(isInMemory: true)
    let watch = FileWatch(temporary.path)
    arm(watch)
    var run = Run(path: temporary.path, watch: watch)
    try await run.carryOut()
    run.tally.struck += watch.disarm()
    guard run.heads.all.last == expected else {
      throw Breach("the journal ends with \(run.heads.all), not \(String(describing: expected))")
    }
    try await judge(run, watch)
    return run.tally
  }

  /// What is left when the process dies now, and when the power goes.
  private func judge(_ run: Run, _ watch: FileWatch) async throws {
    let temporary = try TemporaryDirectory(isInMemory: true)
    let history = WrittenHistory(
      records: watch.records(), heads: run.heads.all, attempts: run.heads.attempts,
      answers: run.answers)
    let trial = ImageTrial(history: history, room: temporary.path)
    var disk = Disk()
    for record in history.records { disk.carryOut(record) }
    for fate in [Disk.Fate.kept, .lost] {
      var random = SeededGenerator(seed: 1)
      let image = disk.image(fate, &random)
      do {
        try await trial.judge(image.files, cut: history.records.count, &random)
      } catch {
        throw Breach("with what was not synced \(fate): \(error)")
      }
    }
  }
}

extension FailingCallTrial {
  /// One run of the commands.
  fileprivate struct Run {
    let path: String
    let watch: FileWatch
    let clock = TestClock()
    let heads = MarkingStore.Heads()
    var answers: [WrittenHistory.Answered] = []
    var tally = Tally()
    var ledger: CreditLedger?
    var store: MarkingStore?
    private var hold = HoldID(seq: 0)

    init(path: String, watch: FileWatch) {
      self.path = path
      self.watch = watch
    }

    /// The log of the journal is copied after a few entries, that of the state too.
    private static let pace = CheckpointPace(journalEntries: 6, stateRows: 12)

    mutating func carryOut() async throws {
      for numbers in [0..<6, 6..<9] {
        for number in numbers {
          let result = try await accepted(command(number), "\(number)")
          if case .holdOpened(let answer) = result { hold = answer.hold.id }
          if number % 3 == 2 { try await materialise() }
        }
        try await close()
      }
    }

    private func command(_ number: Int) -> Command {
      switch number {
      case 0: .allocateCredits(AllocateCredits(account: "a", amountMicros: 5_000))
      case 1: .openHold(OpenHold(account: "a", charge: .micros(700)))
      case 2: .settleHold(SettleHold(hold: hold, charge: .micros(650)))
      case 3: .openHold(OpenHold(account: "a", charge: .micros(400)))
      case 4: .releaseHold(ReleaseHold(hold: hold))
      case 5:
        .allocateCredits(
          AllocateCredits(
            account: "b", amountMicros: 90, notes: String(repeating: "n", count: 1_000)))
      case 6: .deductCredits(DeductCredits(account: "b", charge: .micros(80)))
      case 7: .deductCredits(DeductCredits(account: "b", charge: .micros(80), overPolicy: .reject))
      default: .deductCredits(DeductCredits(account: "a", charge: .micros(30)))
      }
    }

    // MARK: Each until it works

    /// Opens the ledger where it is closed; after a refusal the disk works again.
    private mutating func opened() async throws -> CreditLedger {
      if let ledger { return ledger }
      for _ in 0..<FailingCallTrial.triesMax {
        do {
          let inner = try SQLiteLedgerStore(
            directory: DataDirectory(path: path), pace: Self.pace)
          let store = MarkingStore(inner, watch, heads)
          let ledger = try CreditLedger(
            store: store, clock: clock, configuration: .init(recoveryPause: .milliseconds(1)))
          (self.store, self.ledger) = (store, ledger)
          return ledger
        } catch is StartupError {
          tally.refusedStarts += 1
          tally.struck += watch.disarm()
        }
        try await Task.sleep(for: .milliseconds(1))
      }
      throw Breach("the ledger does not start any more")
    }

    private mutating func accepted(_ command: Command, _ key: String) async throws -> Answer? {
      let attempt = Attempt(principal: "p", key: key)
      for _ in 0..<FailingCallTrial.triesMax {
        let ledger = try await opened()
        let sentAt = watch.count
        let result = await ledger.submit(command, by: attempt)
        if case .failure(let refusal) = result, refusal.isOfStorage {
          tally.refusals["\(refusal)", default: 0] += 1
          try await askWhileRefused(ledger)
          tally.struck += watch.disarm()
          try await Task.sleep(for: .milliseconds(1))
          continue
        }
        answers.append(
          WrittenHistory.Answered(
            command, attempt, result, sentAt: sentAt, answeredAt: watch.count, time: clock.now()))
        return try? result.get().value
      }
      throw Breach("\(command) is refused for ever: \(tally)")
    }

    /// What is in memory is told while nothing is accepted, and it is what was acknowledged.
    private func askWhileRefused(_ ledger: CreditLedger) async throws {
      let acknowledged = answers.compactMap(\.seq).max() ?? 0
      guard let answer = ledger.balanceAtOnce(of: "a") else { return }
      guard (acknowledged...(heads.all.last?.seq ?? 0)).contains(answer.asOfSeq) else {
        throw Breach("a question is answered as of \(answer.asOfSeq)")
      }
    }

    /// The tables follow; when they cannot, they do after the disk works again.
    private mutating func materialise() async throws {
      for _ in 0..<FailingCallTrial.triesMax {
        guard let store, let ledger else { return }
        do throws(StoreError) {
          try store.catchUp(to: ledger.committedSeq)
          return
        } catch {
          tally.struck += watch.disarm()
        }
      }
      throw Breach("the tables do not follow any more")
    }

    /// Closes in order; when that fails, as if the process had died.
    private mutating func close() async throws {
      guard let ledger else { return }
      do throws(StoreError) {
        try await ledger.shutDown()
      } catch {
        tally.refusedEnds += 1
        tally.struck += watch.disarm()
      }
      (self.ledger, store) = (nil, nil)
    }
  }
}
