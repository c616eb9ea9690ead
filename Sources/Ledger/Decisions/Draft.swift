/// One account while a command about it is decided: its state and the changes decided so far.
///
/// A change is carried out as it is recorded, so that a rule always sees the state it applies to.
/// Pure: no clock, no storage, no suspension; the same inputs give the same changes (I8).
struct Draft {
  private(set) var account: Account
  private(set) var changes: [Change] = []
  /// How many of the changes, from the first on, time brought about.
  var dueChangeCount = 0
  /// The rows that the changes touched, in order.
  private(set) var rows: [LedgerRow] = []
  /// The journal time of the command: one reading for all of it.
  let time: LedgerTime
  private let calendar: any LedgerCalendar
  private let firstSeq: Int64

  /// Starts on `account`; the first change gets the journal place `firstSeq`.
  init(
    account: Account, time: LedgerTime, firstSeq: Int64, calendar: any LedgerCalendar
  ) {
    precondition(firstSeq > 0)
    self.calendar = calendar
    self.account = account
    self.time = time
    self.firstSeq = firstSeq
  }

  /// The seq of the entry that the next recorded change becomes.
  var nextSeq: Int64 { firstSeq + Int64(changes.count) }

  /// The balance after the changes so far.
  var balance: Balance { account.balance(at: time) }

  /// Records a change and carries it out.
  mutating func record(_ change: Change) {
    rows.append(contentsOf: account.apply(change, seq: nextSeq))
    changes.append(change)
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
