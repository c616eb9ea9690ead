import Ledger

/// Committed rows that are to be shown in the tables. Of each object only the last row counts.
///
/// ```
///   batches, in order    [account a, hold 7] [usage 9, account a] [account b]
///   places, by object          .       ^         ^         ^           ^
/// ```
/// The rows stay where they are: they are large, and most are overtaken by later ones.
struct StateChunk {
  /// Where a row is.
  struct Place {
    fileprivate let batch: Int32
    fileprivate let row: Int32
  }

  /// What the tables stand for once the chunk is written.
  let head: JournalHead
  private let batches: [[LedgerRow]]

  /// In the order in which the tables have them.
  private(set) var accounts: [(id: AccountID, place: Place)] = []
  private(set) var allocations: [(seq: Int64, place: Place)] = []
  private(set) var holds: [(seq: Int64, place: Place)] = []
  /// Late settles, of holds in the chunk and before it.
  private(set) var lateSettled: [HoldID] = []
  private(set) var usage: [Place] = []
  /// Those of the charges that were for whole answers.
  private(set) var answers: [UsageID] = []
  /// Refunded by now, of charges in the chunk and before it.
  private(set) var refunds: [UsageID: Int64] = [:]
  private(set) var prices: [Place] = []
  private(set) var budgets: [BudgetID: Place] = [:]
  private(set) var events: [(id: EventID, account: AccountID, kind: LedgerEvent.Kind)] = []
  private(set) var keys: [(digest: Digest, seq: Int64)] = []
  private(set) var due: [AccountID: LedgerTime] = [:]

  /// Puts a chunk together from the rows of entries up to `head`, in order.
  init(head: JournalHead, _ batches: [[LedgerRow]]) {
    self.head = head
    self.batches = batches
    var latest = Latest(rowCount: batches.reduce(0) { $0 + $1.count })
    for (batch, rows) in batches.enumerated().reversed() {
      for row in rows.indices.reversed() {
        note(rows[row], at: Place(batch: Int32(batch), row: Int32(row)), &latest)
      }
      if batch.isMultiple(of: Backlog.batchesBetweenPauses) { BackgroundThread.giveWay() }
    }
    // They were found from the last to the first.
    usage.reverse()
    answers.reverse()
    prices.reverse()
    events.reverse()
    keys.reverse()
    accounts.sort { $0.id < $1.id }
    allocations.sort { $0.seq < $1.seq }
    holds.sort { $0.seq < $1.seq }
  }

  /// The row at a place of the chunk.
  subscript(place: Place) -> LedgerRow { batches[Int(place.batch)][Int(place.row)] }

  /// About how many rows will be written.
  var rowCount: Int {
    accounts.count + allocations.count + holds.count + lateSettled.count + usage.count
      + refunds.count + budgets.count + prices.count + events.count + keys.count + due.count
  }

  /// Objects of which a later row was found.
  private struct Latest {
    var accounts: Set<AccountID> = []
    var allocations: Set<Int64> = []
    var holds: Set<Int64> = []

    init(rowCount: Int) {
      accounts.reserveCapacity(rowCount / 16)
      allocations.reserveCapacity(rowCount / 16)
      holds.reserveCapacity(rowCount / 8)
    }
  }

  private mutating func note(_ row: LedgerRow, at place: Place, _ latest: inout Latest) {
    switch row {
    case .account(let account):
      if latest.accounts.insert(account.id).inserted { accounts.append((account.id, place)) }
    case .allocation(let allocation):
      let seq = allocation.id.seq
      if latest.allocations.insert(seq).inserted { allocations.append((seq, place)) }
    case .hold(let hold):
      if latest.holds.insert(hold.id.seq).inserted { holds.append((hold.id.seq, place)) }
    case .lateSettled(let id): lateSettled.append(id)
    case .usage(let record):
      usage.append(place)
      if record.wholeAnswer != nil { answers.append(record.id) }
    case .refunded(let id, let total): if refunds[id] == nil { refunds[id] = total }
    case .budget(let budget): if budgets[budget.id] == nil { budgets[budget.id] = place }
    case .price: prices.append(place)
    case .event(let id, let account, let kind): events.append((id, account, kind))
    case .key(let digest, let seq): keys.append((digest, seq))
    case .due(let id, let instant): if due[id] == nil { due[id] = instant }
    }
  }
}
