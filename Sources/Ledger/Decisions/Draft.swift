/// One account while a command about it is decided: its state and the changes decided so far.
///
/// A change is carried out as it is recorded, so that a rule always sees the state it applies to.
/// Pure: no clock, no storage, no suspension; the same inputs give the same changes (I8).
///
/// Handed on, never copied: a copy would make the account's parts shared, and the next change copy
/// them.
struct Draft: ~Copyable {
  private(set) var account: Account
  private(set) var changes: [Change]
  /// How many of the changes, from the first on, time brought about.
  var dueChangeCount = 0
  /// The rows that the changes touched, in order, after those that were there before.
  private(set) var rows: [LedgerRow]
  private let rowsBefore: Int
  /// The journal time of the command: one reading for all of it.
  let time: LedgerTime
  private let calendar: any LedgerCalendar
  private let firstSeq: Int64
  /// The account's last entry when the draft began.
  let seqBefore: Int64

  /// Starts on `account`; the first change gets the journal place `firstSeq`. What it touches is
  /// added to `rows`, and the changes to `changes`, which are empty.
  init(
    account: consuming Account, time: LedgerTime, firstSeq: Int64, calendar: any LedgerCalendar,
    rows: consuming [LedgerRow] = [], changes: consuming [Change] = []
  ) {
    precondition(firstSeq > 0 && changes.isEmpty)
    self.changes = changes
    self.calendar = calendar
    seqBefore = account.seq
    self.account = account
    self.time = time
    self.firstSeq = firstSeq
    rowsBefore = rows.count
    self.rows = rows
  }

  /// The rows that this draft's changes touched, in order.
  var touchedRows: ArraySlice<LedgerRow> { rows[rowsBefore...] }

  /// The seq of the entry that the next recorded change becomes.
  var nextSeq: Int64 { firstSeq + Int64(changes.count) }

  /// The balance after the changes so far.
  var balance: Balance { account.balance(at: time) }

  /// Records a change and carries it out.
  mutating func record(_ change: Change) {
    account.apply(change, seq: nextSeq, &rows)
    changes.append(change)
  }

  /// Adds the row that tells the store when to sweep the account, if that has changed or `always`.
  mutating func schedule(always: Bool) -> Bool {
    guard let due = always ? account.rescheduled() : account.scheduled() else { return false }
    rows.append(due)
    return true
  }

  /// Gives the account away for another one, which nobody decides about.
  mutating func exchangeAccount(with other: inout Account) { swap(&account, &other) }

  /// Gives the rows away, those that were there before first.
  mutating func takeRows() -> [LedgerRow] { rows.takeAll() }

  /// Gives the changes away.
  mutating func takeChanges() -> [Change] {
    defer { changes = [] }
    return changes
  }

  /// Moves the bound before which nothing is due.
  mutating func setNextDue(_ time: LedgerTime) {
    account.nextDue = time
  }

  /// Begins the civil periods that contain `instant`, where budgets still count earlier ones.
  mutating func beginPeriods(at instant: LedgerTime) {
    for budget in account.budgets {
      guard case .calendar(let unit, let zone) = budget.terms.window,
        budget.period?.upperBound ?? .distantPast <= instant
      else { continue }
      let period = calendar.period(unit, containing: instant, zone: zone)
      precondition(period.contains(instant), "a calendar whose period is not around its instant")
      record(.budgetPeriodBegan(budget.id, period))
    }
  }

  /// Repays debt from credit that is live at `instant` and pays for every charge.
  mutating func repayDebt(at instant: LedgerTime) {
    guard account.debtMicros > 0 else { return }
    let pins = account.pins(for: account.debtMicros, model: nil, at: instant)
    guard !pins.isEmpty else { return }
    record(.debtRepaid(pins: pins))
  }
}

extension [LedgerRow] {
  /// Gives the rows away.
  mutating func takeAll() -> [LedgerRow] {
    defer { self = [] }
    return self
  }
}
