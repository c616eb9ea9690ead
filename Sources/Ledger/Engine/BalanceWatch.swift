import Synchronization

/// A change of an account's balance, as a watcher is told.
public struct BalanceChange: Sendable {
  /// The account after its last committed entry.
  let snapshot: AccountSnapshot?
  /// The last entry about the account that the change includes; 0 when there is none.
  public var seq: Int64 { snapshot?.account.seq ?? 0 }
  /// What happened since the change before, without repetition, in the order of the kinds.
  public let kinds: [Change.Kind]

  /// The balance at `time`, which must not lie behind the change.
  public func balance(at time: LedgerTime) -> Balance {
    snapshot?.account(at: time).balance(at: time) ?? .zero
  }
}

/// Tells one reader of an account's changes: what the reader did not take in time is merged into
/// one change, so that a slow reader costs no memory and always ends up at the truth.
public final class BalanceWatch: Sendable {
  private struct State {
    var pending: AccountSnapshot?
    var kinds: Set<Change.Kind> = []
    var hasNews = false
    /// The last entry that the reader knows.
    var toldSeq: Int64
    var reader: CheckedContinuation<Void, Never>?
    var isEnded = false
  }

  let account: AccountID
  private let state: Mutex<State>
  private let hub: WatchHub

  fileprivate init(_ account: AccountID, toldSeq: Int64, hub: WatchHub) {
    self.account = account
    self.hub = hub
    state = Mutex(State(toldSeq: toldSeq))
  }

  /// Waits for the next change; nil when the task was cancelled or the ledger has stopped.
  ///
  /// Call it from one task at a time.
  public func next() async -> BalanceChange? {
    while !Task.isCancelled {
      if let change = take() { return change }
      if state.withLock({ $0.isEnded }) { return nil }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let mayWait = state.withLock { state in
            // Cancelled or told meanwhile: the loop looks again.
            guard !state.hasNews, !state.isEnded, !Task.isCancelled else { return false }
            precondition(state.reader == nil, "two tasks read one watch")
            state.reader = continuation
            return true
          }
          if !mayWait { continuation.resume() }
        }
      } onCancel: {
        wake { _ in }
      }
    }
    return nil
  }

  /// Stops watching.
  public func close() {
    hub.remove(self)
  }

  /// Takes note of the account's state; nil is that of an account without entries.
  func offer(_ snapshot: AccountSnapshot?, kinds: [Change.Kind]) {
    let seq = snapshot?.account.seq ?? 0
    wake { state in
      guard seq > state.toldSeq, seq >= state.pending?.account.seq ?? 0 else { return }
      state.pending = snapshot
      state.kinds.formUnion(kinds)
      state.hasNews = true
    }
  }

  /// Lets the reader know at once, also of an account without entries.
  func offerFirst(_ snapshot: AccountSnapshot?) {
    wake { state in
      if !state.hasNews { state.pending = snapshot }
      state.hasNews = true
    }
  }

  fileprivate func end() {
    wake { $0.isEnded = true }
  }

  private func take() -> BalanceChange? {
    state.withLock { state in
      guard state.hasNews else { return nil }
      let kinds = state.kinds.sorted { $0.rawValue < $1.rawValue }
      let change = BalanceChange(snapshot: state.pending, kinds: kinds)
      state.toldSeq = max(state.toldSeq, change.seq)
      state.kinds = []
      state.hasNews = false
      return change
    }
  }

  private func wake(_ body: (inout State) -> Void) {
    let reader = state.withLock { state in
      body(&state)
      return state.reader.take()
    }
    reader?.resume()
  }
}

/// Why an account cannot be watched.
public enum WatchError: Error, Sendable {
  /// ``LedgerLimits/watchersMax`` watch, or ``LedgerLimits/watchersPerAccountMax`` this account.
  case tooMany
  /// The reader knows an entry that the journal does not have.
  case aheadOfJournal(lastSeq: Int64)
  /// The ledger has stopped.
  case stopped
  /// The account cannot be loaded.
  case refused(Refusal)
}

/// All who watch. Costs the writer one read of a number per batch while nobody does.
final class WatchHub: Sendable {
  private struct State {
    /// Those of an account in the order in which they were opened, and are told.
    var watches: [AccountID: [BalanceWatch]] = [:]
    var isEnded = false
  }

  private let state = Mutex(State())
  private let count = Atomic(0)

  var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

  func open(_ account: AccountID, after seq: Int64) throws(WatchError) -> BalanceWatch {
    let watch = BalanceWatch(account, toldSeq: seq, hub: self)
    let failure = state.withLock { state -> WatchError? in
      if state.isEnded { return .stopped }
      guard count.load(ordering: .relaxed) < LedgerLimits.watchersMax,
        state.watches[account, default: []].count < LedgerLimits.watchersPerAccountMax
      else { return .tooMany }
      state.watches[account, default: []].append(watch)
      count.add(1, ordering: .releasing)
      return nil
    }
    if let failure { throw failure }
    return watch
  }

  func remove(_ watch: BalanceWatch) {
    state.withLock { state in
      guard let place = state.watches[watch.account]?.firstIndex(where: { $0 === watch })
      else { return }
      state.watches[watch.account]?.remove(at: place)
      count.subtract(1, ordering: .releasing)
      if state.watches[watch.account]?.isEmpty == true { state.watches[watch.account] = nil }
    }
  }

  /// Tells the watchers of `account`.
  func tell(_ account: AccountID, _ snapshot: AccountSnapshot?, kinds: () -> [Change.Kind]) {
    let watches = state.withLock { $0.watches[account] }
    guard let watches else { return }
    let kinds = kinds()
    for watch in watches { watch.offer(snapshot, kinds: kinds) }
  }

  /// Ends every watch; nobody watches any more.
  func end() {
    let watches = state.withLock { state in
      state.isEnded = true
      return state.watches.values.flatMap { $0 }
    }
    for watch in watches { watch.end() }
  }
}

extension CreditLedger {
  /// Watches an account's balance from the entry `seq` on.
  ///
  /// The first change is told at once when the account has entries after `seq`, or when `seq` is 0.
  /// Close the watch when it is not read any more.
  public func watch(
    _ id: AccountID, after seq: Int64 = 0
  ) async throws(WatchError) -> BalanceWatch {
    let end = committedSeq
    guard seq <= end else { throw .aheadOfJournal(lastSeq: end) }
    // Watch first, then look: what is committed in between is told by both, and counts once.
    let watch = try board.watches.open(id, after: seq)
    let snapshot: AccountSnapshot?
    do throws(Refusal) {
      snapshot = try await self.snapshot(of: id)
    } catch {
      watch.close()
      throw .refused(error)
    }
    if seq == 0 { watch.offerFirst(snapshot) } else { watch.offer(snapshot, kinds: []) }
    return watch
  }
}
