import Ledger
import LedgerConformance
import Synchronization

/// What a workload did to the disk, and what was told about it meanwhile.
struct WrittenHistory: Sendable {
  /// A command, and what was answered.
  struct Answered: Sendable {
    let command: Command
    let attempt: Attempt
    let text: String
    /// Whether the storage was at fault: then this is no answer to the command.
    let isOfStorage: Bool
    /// The last journal entry that the answer stands for; nil for a refusal.
    let seq: Int64?
    /// How much was recorded when it was sent, and when it was answered.
    let sentAt, answeredAt: Int
    let time: LedgerTime

    init(
      _ command: Command, _ attempt: Attempt, _ result: Result<Receipt<Answer>, Refusal>,
      sentAt: Int, answeredAt: Int, time: LedgerTime
    ) {
      self.command = command
      self.attempt = attempt
      self.sentAt = sentAt
      self.answeredAt = answeredAt
      self.time = time
      text = Self.text(result)
      if case .failure(let refusal) = result {
        isOfStorage = refusal.isOfStorage
      } else {
        isOfStorage = false
      }
      seq = try? result.get().asOfSeq
    }

    static func text(_ result: Result<Receipt<Answer>, Refusal>) -> String {
      switch result {
      case .success(let receipt): "\(receipt.asOfSeq) \(receipt.value)"
      case .failure(let refusal): "\(refusal)"
      }
    }
  }

  /// A commit, and what was recorded from its beginning until it was known what became of it.
  struct Attempted: Sendable {
    let head: JournalHead
    let from: Int
    var to: Int?
  }

  let records: [DiskRecord]
  /// The journal's end after each commit that was told, in order.
  let heads: [JournalHead]
  /// All commits that were tried.
  let attempts: [Attempted]
  let answers: [Answered]

  /// How many of the heads were committed before the cut.
  func committed(before cut: Int) -> Int {
    records[..<cut].count { if case .mark = $0 { true } else { false } }
  }
}

/// A store in front of another one: marks each commit among the records at once.
final class MarkingStore: StoreInFront {
  let store: any LedgerStore
  private let watch: FileWatch
  private let committed: Heads

  /// The commits of a workload, over all its stores.
  final class Heads: Sendable {
    fileprivate let list = Mutex<[JournalHead]>([])
    fileprivate let attempted = Mutex<[WrittenHistory.Attempted]>([])

    var all: [JournalHead] { list.withLock { $0 } }
    var attempts: [WrittenHistory.Attempted] { attempted.withLock { $0 } }
  }

  init(_ store: any LedgerStore, _ watch: FileWatch, _ committed: Heads) {
    self.store = store
    self.watch = watch
    self.committed = committed
  }

  private func note(_ batch: CommitBatch) {
    guard !batch.entries.isEmpty else { return }
    committed.list.withLock { $0.append(batch.head) }
    watch.mark(batch.head.seq)
  }

  private func endAttempt() {
    committed.attempted.withLock { $0[$0.count - 1].to = watch.count }
  }

  func commit(_ batch: CommitBatch) throws(StoreError) {
    let attempt = WrittenHistory.Attempted(head: batch.head, from: watch.count)
    committed.attempted.withLock { $0.append(attempt) }
    do throws(StoreError) {
      try store.commit(batch)
    } catch {
      if case .outcomeUnknown = error { throw error }
      endAttempt()
      throw error
    }
    note(batch)
    endAttempt()
  }

  func recover(_ batch: CommitBatch) throws(StoreError) -> Bool {
    let isDurable = try store.recover(batch)
    if isDurable { note(batch) }
    endAttempt()
    return isDurable
  }
}

extension Refusal {
  /// Whether it says that the storage is at fault.
  var isOfStorage: Bool {
    [.storageFailed, .storageFull, .ledgerStopped, .outcomeUnknown].contains(self)
  }
}
