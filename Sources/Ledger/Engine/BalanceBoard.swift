import Synchronization

/// The committed state of the accounts in memory, readable from any thread without waiting for the
/// writer.
///
/// Accounts are spread over shards with a lock each, held for a lookup only. An account is there in
/// one of two forms, never in both: ready to be read, or packed by ``pack(_:placed:)``, which costs
/// each question the unpacking.
final class BalanceBoard: Sendable {
  private struct Contents {
    var snapshots: [AccountID: AccountSnapshot] = [:]
    var packed = PackedAccounts()
  }

  private final class Shard: Sendable {
    let contents = Mutex(Contents())
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
  func snapshot(of id: AccountID) -> AccountSnapshot? { find(id)?.snapshot }

  /// The account's state, and whether it is time to unpack it for those who go on asking; nil when
  /// it is not in memory, whether or not it exists.
  func find(_ id: AccountID) -> (snapshot: AccountSnapshot, isWorthUnpacking: Bool)? {
    let hash = id.hashValue
    var packed: (account: PackedAccount, isReadOften: Bool)?
    let found = shard(hash).contents.withLock { contents in
      if let snapshot = contents.snapshots[id] { return snapshot as AccountSnapshot? }
      packed = contents.packed.read(id, hash: hash)
      return nil
    }
    if let found {
      found.noteRead()
      return (found, false)
    }
    // Unpacked without the lock: the bytes never change.
    return packed.map { packed in
      let snapshot = AccountSnapshot(account: packed.account.account, calendar: calendar)
      return (snapshot, packed.isReadOften)
    }
  }

  /// Takes an account off the board that is not packed, unless somebody has asked about it since it
  /// was published or since this was last tried.
  func withdraw(_ id: AccountID, evenIfRead: Bool) -> Bool {
    shard(id.hashValue).contents.withLock { contents in
      if !evenIfRead, contents.snapshots[id]?.forgetRead() ?? false { return false }
      if contents.snapshots.removeValue(forKey: id) != nil {
        residents.subtract(1, ordering: .relaxed)
      }
      return true
    }
  }

  /// How many accounts are in memory, packed or not.
  var count: Int { residents.load(ordering: .relaxed) }

  /// Every published account, by the entry that it stands for.
  func accountsBySeq() -> [Int64: StandingAccount] {
    var accounts: [Int64: StandingAccount] = [:]
    for shard in shards {
      let (snapshots, packed) = shard.contents.withLock {
        (Array($0.snapshots.values), $0.packed.all)
      }
      for snapshot in snapshots { accounts[snapshot.account.seq] = .ready(snapshot) }
      for account in packed { accounts[account.seq] = .packed(account) }
    }
    return accounts
  }

  /// Shows an account's state, in the place of an older one that was not packed.
  func publish(_ account: consuming Account) {
    let id = account.id
    let snapshot = AccountSnapshot(account: account, calendar: calendar)
    let hash = id.hashValue
    // What it replaces is returned: nobody who reads waits until it is freed.
    _ = shard(hash).contents.withLock { contents -> AccountSnapshot? in
      if let old = contents.snapshots.updateValue(snapshot, forKey: id) { return old }
      // Two forms of one account, and one of them would be old.
      precondition(contents.packed.find(id, hash: hash) == nil, "an account twice")
      residents.add(1, ordering: .relaxed)
      return nil
    }
  }

  func publish(_ prices: PriceBook) {
    priceBook.withLock { $0 = prices }
  }

  /// Announces a batch, after all of it was published.
  func announce(_ head: JournalHead) {
    lastTime.store(head.time.microseconds, ordering: .releasing)
    lastSeq.store(head.seq, ordering: .releasing)
  }

  private func shard(_ hash: Int) -> Shard {
    shards[hash & (Self.shardCount - 1)]
  }
}

// MARK: - Packed accounts, which the writer packs and unpacks

extension BalanceBoard {
  /// Whether somebody has asked about an account, packed or not, since this was last tried.
  func forgetReads(of id: AccountID) -> Bool {
    let hash = id.hashValue
    return shard(hash).contents.withLock { contents in
      contents.snapshots[id]?.forgetRead() ?? contents.packed.forgetReads(id, hash: hash)
    }
  }

  /// Shows the packed form in the place of the other, of which it must be the same state.
  func pack(_ account: PackedAccount, named id: AccountID, place: UInt32) {
    let hash = id.hashValue
    shard(hash).contents.withLock { contents in
      let snapshot = contents.snapshots.removeValue(forKey: id)
      precondition(snapshot?.account.seq == account.seq, "not the state that was published")
      contents.packed.insert(account, hash: hash, place: place)
    }
  }

  /// An account that is packed; nil when it is not.
  func packedAccount(_ id: AccountID) -> Account? {
    let hash = id.hashValue
    return shard(hash).contents.withLock { $0.packed.find(id, hash: hash) }?.account
  }

  /// Shows an account that was packed in the place of its packed form, the place of which is
  /// returned.
  func unpack(_ account: Account) -> UInt32 {
    let snapshot = AccountSnapshot(account: account, calendar: calendar)
    let hash = account.id.hashValue
    return shard(hash).contents.withLock { contents in
      let place = contents.packed.remove(account.id, hash: hash)
      let old = contents.snapshots.updateValue(snapshot, forKey: account.id)
      guard let place, old == nil else { preconditionFailure("an account that is not packed") }
      return place
    }
  }

  /// Takes an account off the board that is packed.
  func withdrawPacked(_ id: AccountID) {
    let hash = id.hashValue
    let place = shard(hash).contents.withLock { $0.packed.remove(id, hash: hash) }
    precondition(place != nil, "an account that is not packed")
    residents.subtract(1, ordering: .relaxed)
  }
}
