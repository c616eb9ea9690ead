/// An account's standing.
public enum AccountState: UInt8, Sendable, CaseIterable {
  case active = 1
  /// Nothing new is charged or held; open holds may settle, credit may be added.
  case frozen = 2
  /// As frozen, and no credit may be added.
  case closed = 3
}

/// Everything about one account that a decision needs: its unspent allocations and open holds.
///
/// A value: a copy is a snapshot. It changes through ``apply(_:)`` only, the same for a new entry
/// as for one that is replayed. What is spent to the last micro-credit, and what ended, leaves it.
public struct Account: Sendable {
  public let id: AccountID
  public internal(set) var state: AccountState = .active
  /// How far the account may go into debt, in micro-credits.
  public internal(set) var overdraftLimitMicros: Int64 = 0
  /// Owed, in micro-credits.
  public internal(set) var debtMicros: Int64 = 0
  /// The last journal entry about this account.
  public internal(set) var seq: Int64 = 0
  /// Unspent allocations in the order in which they are spent.
  public internal(set) var allocations: [Allocation] = []
  /// Open holds.
  public internal(set) var holds = OpenHolds()
  /// Budgets that are not off, in the order in which they were set.
  public internal(set) var budgets: [Budget] = []
  /// What is told of its balance; nil when nothing is.
  public internal(set) var alerts: BalanceAlerts?
  /// No hold ends, no allocation expires or begins, no expiry is to be told and no civil period of
  /// a budget ends before this instant.
  ///
  /// A lower bound that is moved up when it is reached, so that the common case costs a comparison.
  var nextDue: LedgerTime = .distantFuture

  /// The instant at which the store has the account in its list for the sweeper; never after
  /// ``nextDue``.
  var sweepAt: LedgerTime = .distantFuture

  /// Makes an account without credit.
  public init(id: AccountID) {
    self.id = id
  }

  /// Puts an account together from stored rows, given in any order.
  public init(
    id: AccountID, state: AccountState, overdraftLimitMicros: Int64, debtMicros: Int64, seq: Int64,
    allocations: [Allocation], holds: [Hold], budgets: [Budget] = [],
    alerts: BalanceAlerts? = nil, sweepAt: LedgerTime = .distantFuture
  ) {
    precondition(overdraftLimitMicros >= 0 && debtMicros >= 0)
    self.id = id
    self.state = state
    self.overdraftLimitMicros = overdraftLimitMicros
    self.debtMicros = debtMicros
    self.seq = seq
    self.allocations = allocations.sorted { $0.terms.isSpent(before: $1.terms) }
    self.holds = OpenHolds(holds)
    self.budgets = budgets.sorted { $0.id < $1.id }
    self.alerts = alerts
    // Not a column: holds come and go without touching a budget's row.
    for index in self.budgets.indices { self.budgets[index].heldMicros = 0 }
    for hold in holds { countHeld(hold.grantedMicros, BudgetScope(of: hold)) }
    forgetNextDue()
    self.sweepAt = sweepAt
    requireHeldEqualsPins()
  }

  /// Moves ``nextDue`` back to the first of all that ever comes due, as if none of it had.
  mutating func forgetNextDue() {
    nextDue = dueEvents().map(\.time).min() ?? .distantFuture
  }

  /// Set aside by open holds, in micro-credits.
  public var heldMicros: Int64 {
    allocations.reduce(0) { $0 + $1.heldMicros }
  }

  /// Spendable at `time` for `model`, in micro-credits; grants for other models do not count.
  public func spendableMicros(for model: String?, at time: LedgerTime) -> Int64 {
    allocations.reduce(0) { total, allocation in
      let counts = allocation.terms.isLive(at: time) && allocation.terms.pays(for: model)
      return counts ? total + allocation.availableMicros : total
    }
  }

  /// The balance at `time`, which must not lie behind what was applied.
  public func balance(at time: LedgerTime) -> Balance {
    let available = allocations.reduce(0) { total, allocation in
      allocation.terms.isLive(at: time) ? total + allocation.availableMicros : total
    }
    return Balance(
      availableMicros: available, heldMicros: heldMicros, debtMicros: debtMicros)
  }

  /// How much further the account may go into debt, in micro-credits.
  var overdraftRoomMicros: Int64 { max(0, overdraftLimitMicros - debtMicros) }

  /// Takes up to `amount` from live allocations in spending order, without changing anything.
  func pins(for amount: Int64, model: String?, at time: LedgerTime) -> [Pin] {
    precondition(amount >= 0, "a negative amount to pin")
    var missing = amount
    var pins: [Pin] = []
    for allocation in allocations where missing > 0 && allocation.availableMicros > 0 {
      guard allocation.terms.isLive(at: time), allocation.terms.pays(for: model) else { continue }
      let part = min(missing, allocation.availableMicros)
      pins.append(Pin(allocation: allocation.id, amountMicros: part))
      missing -= part
    }
    return pins
  }

  /// I2: what the open holds pin is what the allocations count as held. Costly; for loading, tests.
  func requireHeldEqualsPins() {
    let pinned = holds.reduce(0) { $0 + $1.grantedMicros }
    precondition(pinned == heldMicros, "open holds do not add up to what is held")
  }
}
