import Synchronization

/// A store that keeps everything in memory, for tests and trying things out. Nothing survives it.
///
/// Shares the decoding of entries with durable stores: what it loads is what it replays.
public final class MemoryLedgerStore: LedgerStore {
  fileprivate struct Contents {
    var entries: [SealedEntry] = []
    var holds: [HoldID: Hold] = [:]
    var usage: [UsageRecord] = []
    var allocations: [AllocationID: Allocation] = [:]
    var replies: [Digest: StoredReply] = [:]
    var accounts: [AccountID: Parts] = [:]

    /// Seqs are dense from 1, so that the entries after `seq` start at that index.
    func entries(after seq: Int64) -> ArraySlice<SealedEntry> {
      entries.dropFirst(Int(clamping: max(0, seq)))
    }
  }

  /// What an account is put together from.
  fileprivate struct Parts {
    var row: AccountRow?
    var unspent: [AllocationID: Allocation] = [:]
    var open: [HoldID: Hold] = [:]
    var budgets: [BudgetID: Budget] = [:]
    var sweepAt = LedgerTime.distantFuture
  }

  private let contents = Mutex(Contents())

  /// Nothing is ever restored to memory.
  public var epoch: Int64 { 1 }

  /// Makes an empty store.
  public init() {}

  public func load(_ request: LoadRequest) throws(StoreError) -> LoadedState {
    let contents = contents.withLock { $0 }
    var loaded = LoadedState(head: contents.head)
    if request.isStart {
      let replayed = try Self.replay(contents.entries)
      loaded.prices = replayed.prices
      loaded.outputs = replayed.outputs
    }
    loaded.accounts = request.accounts.compactMap { contents.accounts[$0]?.account }
    if let instant = request.dueBy {
      let due = contents.accounts.filter { $0.value.sweepAt <= instant }
      loaded.due = Array(due.keys.prefix(request.dueMax))
    }
    for key in request.keys { loaded.replies[key] = contents.replies[key] }
    for hold in request.holds { loaded.holds[hold] = contents.holds[hold] }
    for id in request.allocations { loaded.allocations[id] = contents.allocations[id] }
    for id in request.usage {
      guard let usage = contents.usage.first(where: { $0.id == id }) else { continue }
      loaded.usage[id] = usage
      for pin in usage.pins {
        loaded.allocations[pin.allocation] = contents.allocations[pin.allocation]
      }
    }
    return loaded
  }

  public func catchUp(to seq: Int64) throws(StoreError) {}

  public func recover(_ batch: CommitBatch) throws(StoreError) -> Bool {
    contents.withLock { $0.head == batch.head }
  }

  public func commit(_ batch: CommitBatch) throws(StoreError) {
    let found = contents.withLock { contents -> Int64? in
      guard contents.head == batch.previous else { return contents.head.seq }
      contents.append(batch)
      return nil
    }
    if let found { throw .conflict(expectedSeq: batch.previous.seq, foundSeq: found) }
  }

  public func listUsage(_ query: UsageQuery, includingSeq seq: Int64) async throws(StoreError)
    -> UsagePage
  {
    let contents = contents.withLock { $0 }
    let matching = contents.usage.lazy.filter(query.includes)
    let records = Array(matching.prefix(query.limit + 1))
    let page = Array(records.prefix(query.limit))
    return UsagePage(
      records: page, nextSeq: records.count > page.count ? page.last?.seq : nil,
      asOfSeq: contents.head.seq)
  }

  public func storedEntries(afterSeq seq: Int64, limit: Int) throws(StoreError) -> [StoredEntry] {
    contents.withLock { $0.entries(after: seq).prefix(limit).map(\.stored) }
  }

  public func storedEntries(
    in range: ClosedRange<Int64>, about account: AccountID?, of kinds: [Change.Kind], limit: Int
  ) throws(StoreError) -> [StoredEntry] {
    contents.withLock { contents in
      // Seqs are dense from 1.
      let ranged = contents.entries.prefix(Int(clamping: range.upperBound))
        .dropFirst(Int(clamping: range.lowerBound - 1))
      let matching = ranged.lazy.filter { sealed in
        (account == nil || sealed.entry.account == account)
          && (kinds.isEmpty || kinds.contains(sealed.entry.change.kind))
      }
      return matching.prefix(limit).map(\.stored)
    }
  }

  public func entries(afterSeq seq: Int64, limit: Int) throws(StoreError) -> [JournalEntry] {
    contents.withLock { $0.entries(after: seq).prefix(limit).map(\.entry) }
  }

  public func listEvents(_ query: EventQuery, includingSeq seq: Int64) async throws(StoreError)
    -> [EventID]
  {
    contents.withLock { contents in
      let events = contents.entries.lazy.compactMap { LedgerEvent($0.entry) }
      return Array(events.filter(query.includes).prefix(query.limit).map(\.id))
    }
  }

  public func hold(_ id: HoldID, includingSeq seq: Int64) async throws(StoreError) -> Hold? {
    contents.withLock { $0.holds[id] }
  }

  public func listHolds(_ query: HoldQuery, includingSeq seq: Int64) async throws(StoreError)
    -> HoldPage
  {
    let contents = contents.withLock { $0 }
    let matching = contents.holds.values.sorted { $0.id < $1.id }.filter(query.matches)
    return HoldPage(
      first: Array(matching.prefix(query.limit + 1)), limit: query.limit,
      asOfSeq: contents.head.seq)
  }

  public func compareTables(isCancelled: @Sendable () -> Bool) throws -> Int64 {
    let contents = contents.withLock { $0 }
    var audit = LedgerAudit()
    for sealed in contents.entries {
      if isCancelled() { throw CancellationError() }
      try audit.examine(sealed.stored)
    }
    let accounts = contents.accounts.values.compactMap(\.account)
    for account in accounts {
      if let difference = audit.difference(of: account) { throw difference }
    }
    return Int64(accounts.count)
  }

  public func close() throws(StoreError) {}

  private static func replay(_ entries: [SealedEntry]) throws(StoreError) -> LoadedState {
    var replay = LedgerReplay()
    for sealed in entries {
      _ = try replay.apply(
        seq: sealed.entry.seq, time: sealed.entry.time, account: sealed.entry.account,
        payload: sealed.payload, hash: sealed.hash)
    }
    return replay.loaded
  }
}

extension MemoryLedgerStore.Contents {
  fileprivate var head: JournalHead {
    guard let last = entries.last else { return .empty }
    return JournalHead(seq: last.entry.seq, time: last.entry.time, hash: last.hash)
  }

  fileprivate mutating func append(_ batch: CommitBatch) {
    entries.append(contentsOf: batch.entries)
    for sealed in batch.entries {
      if let reply = sealed.entry.reply { replies[reply.key] = reply }
    }
    for row in batch.rows {
      switch row {
      case .account(let account): accounts[account.id, default: .init()].row = account
      case .budget(let budget):
        accounts[budget.terms.account, default: .init()].budgets[budget.id] =
          budget.terms.mode == .off ? nil : budget
      case .due(let id, let instant): accounts[id, default: .init()].sweepAt = instant
      case .hold(let hold):
        holds[hold.id] = hold
        accounts[hold.terms.account, default: .init()].open[hold.id] =
          hold.state == .open ? hold : nil
      case .lateSettled(let id): holds[id] = holds[id]?.settledLate
      case .usage(let record): usage.append(record)
      case .allocation(let allocation):
        allocations[allocation.id] = allocation
        accounts[allocation.terms.account, default: .init()].unspent[allocation.id] =
          allocation.isUsedUp ? nil : allocation
      case .refunded(let id, let total):
        guard let index = usage.firstIndex(where: { $0.id == id }) else { continue }
        usage[index].refundedMicros = total
      case .price, .event, .key: break
      }
    }
  }
}

extension MemoryLedgerStore.Parts {
  fileprivate var account: Account? {
    row.map { row in
      Account(
        id: row.id, state: row.state, overdraftLimitMicros: row.overdraftLimitMicros,
        debtMicros: row.debtMicros, seq: row.seq, allocations: Array(unspent.values),
        holds: Array(open.values), budgets: Array(budgets.values), alerts: row.alerts,
        sweepAt: sweepAt)
    }
  }
}
