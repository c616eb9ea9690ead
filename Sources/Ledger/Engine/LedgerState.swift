/// The live state that commands are decided on. One thread owns it.
///
/// Whole when it is made from the journal alone. The writer's holds the accounts that were used
/// last: those that a decision needs are brought in before it is made.
struct LedgerState {
  private(set) var head: JournalHead
  private(set) var prices: PriceBook
  private(set) var outputs: OutputHistory
  /// The accounts in memory that are not packed.
  private(set) var accounts: [AccountID: Account]
  /// Where among ``accounts`` the one is missing that a draft has taken out; nil when it is new.
  private var drafted: Dictionary<AccountID, Account>.Index?
  /// The latest instant up to which accounts were settled. Where that left nothing to write down,
  /// the journal's end is before it, and a clock that steps back leads there once more.
  private var settledUntil = LedgerTime.distantPast
  /// Empty: room for the changes of the next draft.
  private var spareChanges: [Change] = []
  private let calendar: any LedgerCalendar
  /// Which account an open hold belongs to, of the accounts in memory, packed or not.
  private var holdOwners: [HoldID: AccountID]
  /// Accounts that were looked for and do not exist; nil when every account is in memory.
  private var absent: Set<AccountID>?
  private var recency = RecencyList()
  /// The accounts that are packed: the board has them, in the order in which they leave it. They
  /// are not among ``accounts``, and are brought in as if the store had loaded them.
  var packing = PackingOrder()

  /// Takes over what a store loaded.
  ///
  /// - Parameter isWhole: whether the accounts given are all that exist.
  init(
    _ loaded: LoadedState, isWhole: Bool = true, calendar: any LedgerCalendar = UTCCalendar()
  ) {
    self.calendar = calendar
    head = loaded.head
    prices = PriceBook(loaded.prices)
    outputs = OutputHistory(loaded.outputs)
    accounts = Dictionary(uniqueKeysWithValues: loaded.accounts.map { ($0.id, $0) })
    holdOwners = [:]
    absent = isWhole ? nil : []
    for account in loaded.accounts { noteHolds(of: account) }
  }

  /// The account of a hold that is open, as far as was written down and is in memory.
  func owner(ofOpenHold id: HoldID) -> AccountID? { holdOwners[id] }

  /// Starts to decide about an account; nil when it does not exist. Takes it out of the state, so
  /// that changing it copies nothing; ``finish(_:isSwept:)`` puts it back, and `rows`, to which the
  /// draft adds.
  ///
  /// The account's place stays: to look for it once costs less than to take it away and add it.
  mutating func draft(
    _ id: AccountID, at time: LedgerTime, _ rows: inout [LedgerRow]
  ) -> Draft? {
    precondition(drafted == nil, "two drafts at once")
    guard let place = accounts.index(forKey: id) else {
      requireAbsent(id)
      return nil
    }
    drafted = place
    var account = Self.missing
    swap(&account, &accounts.values[place])
    if time < settledUntil { account.forgetNextDue() }
    settledUntil = max(settledUntil, time)
    var draft = Draft(
      account: account, time: time, firstSeq: head.seq + 1, calendar: calendar,
      rows: rows.takeAll(), changes: takeSpareChanges())
    draft.settleDue()
    return draft
  }

  private mutating func takeSpareChanges() -> [Change] {
    defer { spareChanges = [] }
    return spareChanges
  }

  /// Keeps the room that the changes of a draft took, which nobody needs any more.
  mutating func reuse(_ changes: inout [Change]) {
    changes.removeAll(keepingCapacity: true)
    swap(&changes, &spareChanges)
  }

  /// What stands in the place of an account that a draft has taken out.
  private static let missing = Account(id: "")

  /// Starts on an account that does not exist yet.
  mutating func newDraft(_ id: AccountID, at time: LedgerTime, _ rows: inout [LedgerRow]) -> Draft {
    precondition(!holds(id), "an account that exists")
    requireAbsent(id)
    return Draft(
      account: Account(id: id), time: time, firstSeq: head.seq + 1, calendar: calendar,
      rows: rows.takeAll(), changes: takeSpareChanges())
  }

  /// Puts the account back, with all that was decided. Returns the rows, of which the last may tell
  /// the store when to sweep it, the changes, and whether anything has changed.
  ///
  /// The changes are moved out and must not be read from the draft before: Swift 6.3 keeps no count
  /// of what is copied from a `let` draft that is given away afterwards, and frees it here.
  mutating func finish(
    _ draft: consuming Draft, isSwept: Bool = false
  ) -> (rows: [LedgerRow], changes: [Change], hasChanged: Bool) {
    let hasChanges = !draft.changes.isEmpty
    if !hasChanges && draft.account.seq == 0 { return (draft.takeRows(), [], false) }
    for row in draft.touchedRows { note(row) }
    let isRescheduled = draft.schedule(always: isSwept)
    if let place = drafted {
      draft.exchangeAccount(with: &accounts.values[place])
      drafted = nil
    } else {
      accounts[draft.account.id] = draft.account
    }
    return (draft.takeRows(), draft.takeChanges(), hasChanges || isRescheduled)
  }

  /// Keeps what is known across accounts: whose the open holds are, and how long answers were.
  private mutating func note(_ row: LedgerRow) {
    switch row {
    case .hold(let hold): holdOwners[hold.id] = hold.state == .open ? hold.terms.account : nil
    case .usage(let record): outputs.note(record)
    default: break
    }
  }

  private mutating func noteHolds(of account: Account) {
    for hold in account.holds { holdOwners[hold.id] = account.id }
  }

  /// What is not in memory must not be taken for new: that would forget money.
  private func requireAbsent(_ id: AccountID) {
    precondition(absent?.contains(id) ?? true, "an account that was not loaded")
  }

  /// Adds a price version.
  mutating func put(_ price: PriceVersion) {
    prices.insert(price)
  }

  /// Notes from where on ``takeBack(_:to:prices:committed:)`` takes back.
  mutating func beginBatch() { outputs.beginBatch() }

  /// Takes back the last batch, of which nothing was committed.
  ///
  /// - Parameters:
  ///   - touched: the accounts that it changed.
  ///   - head: the journal's end before it.
  ///   - prices: the prices before it.
  ///   - committed: an account before it; nil when it did not exist.
  mutating func takeBack(
    _ touched: [AccountID], to head: JournalHead, prices: PriceBook,
    committed: (AccountID) -> Account?
  ) {
    for id in touched {
      for hold in accounts[id]?.holds ?? OpenHolds() { holdOwners[hold.id] = nil }
      accounts[id] = committed(id)
      if let account = accounts[id] { noteHolds(of: account) } else { recency.remove(id) }
    }
    outputs.takeBack()
    self.prices = prices
    self.head = head
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
      let known = accounts.removeValue(forKey: id)
      if known == nil { requireAbsent(id) }
      var account = known ?? Account(id: id)
      account.apply(entry.change, seq: entry.seq, &rows)
      if let due = account.scheduled() { rows.append(due) }
      accounts[id] = account
      for row in rows { note(row) }
    }
    if let reply = entry.reply { rows.append(.key(reply.key, seq: reply.seq)) }
    return rows
  }
}

// MARK: - Accounts that come and go

extension LedgerState {
  /// The account that leaves first.
  var leastRecentlyUsed: Account? { recency.oldest.flatMap { accounts[$0] } }

  /// Brings accounts in, as they were loaded at `time`.
  ///
  /// - Parameter absent: those that were looked for and do not exist.
  mutating func admit(_ loaded: [Account], absent: Set<AccountID>, at time: LedgerTime) {
    settledUntil = max(settledUntil, time)
    for account in loaded {
      precondition(accounts[account.id] == nil, "an account that is in memory already")
      // What came due and left nothing to write down is not looked at again for each question.
      var draft = Draft(
        account: account, time: time, firstSeq: head.seq + 1, calendar: calendar)
      draft.settleDue()
      accounts[account.id] = draft.changes.isEmpty ? draft.account : account
      noteHolds(of: account)
      recency.use(account.id)
    }
    self.absent = absent
  }

  /// Whether an account is in memory and not packed.
  func holds(_ id: AccountID) -> Bool { accounts.index(forKey: id) != nil }

  /// Notes that an account is used; false when it is not in memory.
  @discardableResult
  mutating func use(_ id: AccountID) -> Bool {
    if recency.renew(id) { return true }
    guard holds(id) else { return false }
    recency.use(id)
    return true
  }

  /// Lets an account go. The store must show its last entry.
  mutating func evict(_ id: AccountID) {
    guard let account = accounts.removeValue(forKey: id) else { return }
    forgetHolds(of: account)
    recency.remove(id)
  }

  /// Gives an account to the board, which has it packed from now on.
  mutating func pack(_ id: AccountID) {
    accounts[id] = nil
    recency.remove(id)
  }

  /// Lets go what is known of an account that was packed. The store must show its last entry.
  mutating func evictPacked(_ account: Account, place: UInt32) {
    forgetHolds(of: account)
    packing.remove(place)
  }

  private mutating func forgetHolds(of account: Account) {
    for hold in account.holds { holdOwners[hold.id] = nil }
  }

  /// Holds these accounts and no others: for a journal that is replayed in parts.
  mutating func hold(only loaded: [Account], absent: Set<AccountID>) {
    accounts = Dictionary(uniqueKeysWithValues: loaded.map { ($0.id, $0) })
    holdOwners = [:]
    for account in loaded { noteHolds(of: account) }
    self.absent = absent
  }
}

extension Account {
  /// The row that puts the account in the sweeper's list, when it is to be swept earlier.
  mutating func scheduled() -> LedgerRow? {
    nextDue < sweepAt ? rescheduled() : nil
  }

  mutating func rescheduled() -> LedgerRow {
    sweepAt = nextDue
    return .due(id, nextDue)
  }
}
