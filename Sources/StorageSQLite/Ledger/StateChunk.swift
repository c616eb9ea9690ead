import Ledger

/// Committed rows that wait to be shown in the tables. Of each object only the last is kept.
struct StateChunk {
  /// What the tables stand for once the chunk is written.
  private(set) var head: JournalHead
  private(set) var accounts: [AccountID: AccountRow] = [:]
  private(set) var allocations: [AllocationID: Allocation] = [:]
  private(set) var holds: [HoldID: Hold] = [:]
  /// Late settles of holds that are not in the chunk.
  private(set) var lateSettled: [HoldID] = []
  private(set) var usage: [UsageRecord] = []
  /// Refunded by now, of charges in the chunk and before it.
  private(set) var refunds: [UsageID: Int64] = [:]
  private(set) var prices: [PriceVersion] = []
  private(set) var budgets: [BudgetID: Budget] = [:]
  private(set) var events: [(id: EventID, account: AccountID, kind: LedgerEvent.Kind)] = []
  private(set) var keys: [(digest: Digest, seq: Int64)] = []
  private(set) var due: [AccountID: LedgerTime] = [:]

  init(head: JournalHead) {
    self.head = head
  }

  /// About how many rows will be written.
  var rowCount: Int {
    accounts.count + allocations.count + holds.count + lateSettled.count + usage.count
      + refunds.count + budgets.count + prices.count + events.count + keys.count + due.count
  }

  /// Adds the rows of entries up to `head`.
  mutating func add(_ rows: [LedgerRow], head: JournalHead) {
    precondition(head.seq >= self.head.seq, "rows out of order")
    self.head = head
    for row in rows {
      switch row {
      case .account(let account): accounts[account.id] = account
      case .allocation(let allocation): allocations[allocation.id] = allocation
      case .hold(let hold): holds[hold.id] = hold
      case .lateSettled(let id):
        if let hold = holds[id] { holds[id] = hold.settledLate } else { lateSettled.append(id) }
      case .usage(let record): usage.append(record)
      case .refunded(let id, let total): refunds[id] = total
      case .budget(let budget): budgets[budget.id] = budget
      case .price(let price): prices.append(price)
      case .event(let id, let account, let kind): events.append((id, account, kind))
      case .key(let digest, let seq): keys.append((digest, seq))
      case .due(let id, let instant): due[id] = instant
      }
    }
  }
}
