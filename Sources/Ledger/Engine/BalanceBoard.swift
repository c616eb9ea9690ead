import Synchronization

/// The committed state of the accounts in memory, readable from any thread without waiting for the
/// writer.
///
/// Accounts are spread over shards with a lock each, held for a dictionary lookup only.
final class BalanceBoard: Sendable {
  private final class Shard: Sendable {
    let snapshots = Mutex<[AccountID: AccountSnapshot]>([:])
  }

  /// A power of two, so that a hash's low bits choose.
  private static let shardCount = 64

  private let shards: [Shard] = (0..<shardCount).map { _ in Shard() }
  private let priceBook: Mutex<PriceBook>
  private let lastSeq: Atomic<Int64>
  private let lastTime: Atomic<Int64>
  private let residents = Atomic(0)
  /// Who is told of changes.
  let watches = WatchHub()

  private let calendar: any LedgerCalendar

  init(_ loaded: LoadedState, calendar: any LedgerCalendar) {
    self.calendar = calendar
    priceBook = Mutex(PriceBook(loaded.prices))
    lastSeq = Atomic(loaded.head.seq)
    lastTime = Atomic(loaded.head.time.microseconds)
  }

  /// Every entry up to this one is visible in whatever is read afterwards.
  var committedSeq: Int64 { lastSeq.load(ordering: .acquiring) }

  /// The time of the last committed entry.
  var committedTime: LedgerTime {
    LedgerTime(microseconds: lastTime.load(ordering: .acquiring))
  }

  var prices: PriceBook { priceBook.withLock { $0 } }

  /// The account's state; nil when it is not in memory, whether or not it exists.
  func snapshot(of id: AccountID) -> AccountSnapshot? {
    guard let snapshot = shard(of: id).snapshots.withLock({ $0[id] }) else { return nil }
    snapshot.noteRead()
    return snapshot
  }

  /// Takes an account off the board, unless somebody has asked about it since it was published or
  /// since this was last tried.
  func withdraw(_ id: AccountID, evenIfRead: Bool) -> Bool {
    shard(of: id).snapshots.withLock { snapshots in
      if !evenIfRead, snapshots[id]?.forgetRead() ?? false { return false }
      if snapshots.removeValue(forKey: id) != nil { residents.subtract(1, ordering: .relaxed) }
      return true
    }
  }

  /// How many accounts are in memory.
  var count: Int { residents.load(ordering: .relaxed) }

  /// Every published account, by the entry that it stands for.
  func accountsBySeq() -> [Int64: Account] {
    var accounts: [Int64: Account] = [:]
    for shard in shards {
      for snapshot in shard.snapshots.withLock({ Array($0.values) }) {
        accounts[snapshot.account.seq] = snapshot.account
      }
    }
    return accounts
  }

  func publish(_ account: Account) {
    let snapshot = AccountSnapshot(account: account, calendar: calendar)
    let old = shard(of: account.id).snapshots.withLock {
      $0.updateValue(snapshot, forKey: account.id)
    }
    if old == nil { residents.add(1, ordering: .relaxed) }
  }

  func publish(_ prices: PriceBook) {
    priceBook.withLock { $0 = prices }
  }

  /// Announces a batch, after all of it was published.
  func announce(_ head: JournalHead) {
    lastTime.store(head.time.microseconds, ordering: .releasing)
    lastSeq.store(head.seq, ordering: .releasing)
  }

  private func shard(of id: AccountID) -> Shard {
    shards[id.hashValue & (Self.shardCount - 1)]
  }
}
