/// The live state that commands are decided on. One thread owns it.
struct LedgerState {
  private(set) var head: JournalHead
  private(set) var prices: PriceBook
  private(set) var outputs: OutputHistory
  private(set) var accounts: [AccountID: Account]
  private var due = DueQueue()
  private let calendar: any LedgerCalendar
  /// Which account an open hold belongs to.
  private var holdOwners: [HoldID: AccountID]

  /// Takes over what a store loaded.
  init(_ loaded: LoadedState, calendar: any LedgerCalendar = UTCCalendar()) {
    self.calendar = calendar
    head = loaded.head
    prices = PriceBook(loaded.prices)
    outputs = OutputHistory(loaded.outputs)
    accounts = Dictionary(uniqueKeysWithValues: loaded.accounts.map { ($0.id, $0) })
    holdOwners = [:]
    for id in accounts.keys {
      // What a replay passes on waited in the queue of the replay.
      accounts[id]?.sweepAt = .distantFuture
      awaitDue(id)
    }
    for account in loaded.accounts {
      for hold in account.holds.keys { holdOwners[hold] = account.id }
    }
  }

  /// Whether the hold is open, as far as was written down.
  func owner(ofOpenHold id: HoldID) -> AccountID? { holdOwners[id] }

  /// Starts to decide about an account. Takes it out of the state, so that changing it copies
  /// nothing; ``finish(_:)`` puts it back.
  mutating func draft(_ id: AccountID, at time: LedgerTime) -> Draft? {
    guard let account = accounts.removeValue(forKey: id) else { return nil }
    var draft = Draft(
      account: account, time: time, firstSeq: head.seq + 1, calendar: calendar)
    draft.settleDue()
    return draft
  }

  /// Starts on an account that does not exist yet.
  func newDraft(_ id: AccountID, at time: LedgerTime) -> Draft {
    precondition(accounts[id] == nil, "an account that exists")
    return Draft(
      account: Account(id: id), time: time, firstSeq: head.seq + 1, calendar: calendar)
  }

  /// Puts the account back, with all that was decided.
  mutating func finish(_ draft: Draft) {
    if draft.changes.isEmpty && draft.account.seq == 0 { return }
    var account = draft.account
    if account.nextDue < account.sweepAt {
      account.sweepAt = account.nextDue
      due.push(account.id, at: account.nextDue)
    }
    accounts[account.id] = account
    note(draft.rows)
  }

  /// Sees to it that the sweeper looks at an account when something is due.
  private mutating func awaitDue(_ id: AccountID) {
    guard let next = accounts[id]?.nextDue, let waiting = accounts[id]?.sweepAt, next < waiting
    else { return }
    accounts[id]?.sweepAt = next
    due.push(id, at: next)
  }

  /// Takes up to `limit` accounts for which something may be due at `time`; each is looked at once.
  mutating func takeDue(at time: LedgerTime, limit: Int) -> [AccountID] {
    var taken: [AccountID] = []
    while taken.count < limit, let id = due.pop(upTo: time) {
      accounts[id]?.sweepAt = .distantFuture
      if let next = accounts[id]?.nextDue, next <= time {
        taken.append(id)
      } else {
        awaitDue(id)
      }
    }
    return taken
  }

  /// Keeps what is known across accounts: whose the open holds are, and how long answers were.
  private mutating func note(_ rows: [LedgerRow]) {
    for row in rows {
      switch row {
      case .hold(let hold): holdOwners[hold.id] = hold.state == .open ? hold.terms.account : nil
      case .usage(let record): outputs.note(record)
      default: break
      }
    }
  }

  /// Adds a price version.
  mutating func put(_ price: PriceVersion) {
    prices.insert(price)
  }

  /// Moves the journal's end. Its time never falls.
  mutating func advance(to head: JournalHead) {
    precondition(head.seq > self.head.seq && head.time >= self.head.time)
    self.head = head
  }

  /// Carries out an entry that was read back, and returns the rows that it touched.
  ///
  /// The same changes by the same code as when it was decided (I13).
  mutating func replay(_ entry: JournalEntry) -> [LedgerRow] {
    precondition(entry.seq == head.seq + 1, "a gap in the journal")
    precondition(entry.time >= head.time, "journal time fell")
    head.seq = entry.seq
    head.time = entry.time
    var rows: [LedgerRow] = []
    switch entry.change {
    case .pricePut(let price):
      prices.insert(price)
      rows.append(.price(price))
    case .refused:
      break
    default:
      guard let id = entry.account else { preconditionFailure("an entry without its account") }
      var account = accounts.removeValue(forKey: id) ?? Account(id: id)
      rows = account.apply(entry.change, seq: entry.seq)
      accounts[id] = account
      note(rows)
    }
    if let reply = entry.reply { rows.append(.key(reply.key, seq: reply.seq)) }
    return rows
  }
}
