/// Whether a budget stops what would exceed it.
public enum BudgetMode: UInt8, Sendable, CaseIterable {
  /// Nothing is held or charged beyond it.
  case enforce = 1
  /// Only counted.
  case observe = 2
  /// Taken away for good.
  case off = 3
}

/// A civil period; weeks begin on Monday.
public enum CalendarPeriod: UInt8, Sendable, CaseIterable {
  case hour = 1
  case day = 2
  case week = 3
  case month = 4
  case year = 5
}

/// Which charges a budget counts. Computed from time, never reset by a job.
public enum BudgetWindow: Sendable, Hashable {
  /// All since the budget was set.
  case none
  /// Those of the last while, in ``Budget/stepsPerWindow`` steps: a step counts until all of it is
  /// too old.
  case rolling(Duration)
  /// Those of the present period in the civil calendar of an IANA zone.
  case calendar(CalendarPeriod, zone: String)
}

/// What a budget limits: the part of it that charges do not change.
public struct BudgetTerms: Sendable, Hashable {
  public let id: BudgetID
  public let account: AccountID
  /// Nil means charges of every model and of none.
  public let model: String?
  /// Nil means charges of every session and of none.
  public let sessionID: String?
  /// The most that is charged and held in one window, in micro-credits.
  public let limitMicros: Int64
  public let window: BudgetWindow
  public let mode: BudgetMode

  public init(
    id: BudgetID, account: AccountID, model: String?, sessionID: String?, limitMicros: Int64,
    window: BudgetWindow, mode: BudgetMode
  ) {
    self.id = id
    self.account = account
    self.model = model
    self.sessionID = sessionID
    self.limitMicros = limitMicros
    self.window = window
    self.mode = mode
  }

  /// Whether work of `model`, nil for none, in `session` counts.
  func covers(_ scope: BudgetScope) -> Bool {
    (model == nil || model == scope.model) && (sessionID == nil || sessionID == scope.sessionID)
  }
}

/// What a charge or a hold is for, as budgets see it.
struct BudgetScope: Sendable, Hashable {
  let model: String?
  let sessionID: String

  init(model: String?, sessionID: String) {
    self.model = model
    self.sessionID = sessionID
  }

  init(of hold: Hold) {
    self.init(model: hold.terms.price?.model, sessionID: hold.terms.sessionID)
  }
}

/// A budget and what counts against it.
public struct Budget: Sendable {
  /// Into how many steps a rolling window is cut.
  public static let stepsPerWindow: Int64 = 60

  /// What was charged in one step of a rolling window; in the other windows there is one step.
  struct Step: Sendable, Hashable {
    let index: Int64
    var micros: Int64
  }

  public internal(set) var terms: BudgetTerms
  /// Oldest first.
  var steps: [Step] = []
  /// The civil period that is counted, for a calendar window; else nil.
  public internal(set) var period: Range<LedgerTime>?
  /// Set aside by open holds that it covers, in micro-credits.
  public internal(set) var heldMicros: Int64 = 0

  /// Makes a budget against which nothing counts yet.
  init(terms: BudgetTerms) {
    self.terms = terms
  }

  public var id: BudgetID { terms.id }

  /// What was charged in the window that `time` is in, in micro-credits.
  public func usedMicros(at time: LedgerTime) -> Int64 {
    switch terms.window {
    case .none:
      return steps.reduce(0) { $0 + $1.micros }
    case .rolling:
      return steps.reduce(0) { $0 + (isCounted($1, at: time) ? $1.micros : 0) }
    case .calendar:
      guard let period, period.contains(time) else { return 0 }
      return steps.reduce(0) { $0 + $1.micros }
    }
  }

  /// What may still be charged or held at `time`, in micro-credits.
  public func roomMicros(at time: LedgerTime) -> Int64 {
    max(0, terms.limitMicros - usedMicros(at: time) - heldMicros)
  }

  /// Counts a charge that was made at `time`.
  mutating func count(_ micros: Int64, at time: LedgerTime) {
    guard micros > 0 else { return }
    let index = stepIndex(of: time)
    if let last = steps.indices.last, steps[last].index >= index {
      steps[last].micros += micros
    } else {
      steps.append(Step(index: index, micros: micros))
    }
    while let oldest = steps.first, !isCounted(oldest, at: time) { steps.removeFirst() }
    precondition(steps.count <= Int(Self.stepsPerWindow) + 2, "more steps than a window has")
  }

  /// Begins to count a civil period.
  mutating func begin(_ period: Range<LedgerTime>) {
    guard case .calendar = terms.window else {
      preconditionFailure("a period of a budget that has none")
    }
    self.period = period
    steps = []
  }

  /// Takes on other terms; another window starts counting anew.
  mutating func change(to terms: BudgetTerms) {
    precondition(terms.id == self.terms.id, "another budget")
    if terms.window != self.terms.window {
      steps = []
      period = nil
    }
    self.terms = terms
  }

  private func stepIndex(of time: LedgerTime) -> Int64 {
    guard case .rolling(let length) = terms.window else { return 0 }
    let size = Self.stepMicroseconds(of: length)
    let index = time.microseconds / size
    return time.microseconds % size < 0 ? index - 1 : index
  }

  private func isCounted(_ step: Step, at time: LedgerTime) -> Bool {
    guard case .rolling(let length) = terms.window else { return true }
    // Until the end of the step is a whole window old. Both are far from overflow.
    let end = (step.index + 1) * Self.stepMicroseconds(of: length)
    return end > time.microseconds - length.wholeMicroseconds
  }

  /// The length of a step, in microseconds, rounded up.
  static func stepMicroseconds(of length: Duration) -> Int64 {
    (length.wholeMicroseconds + stepsPerWindow - 1) / stepsPerWindow
  }
}

/// How a budget stands at an instant.
public struct BudgetStatus: Sendable, Hashable {
  public let terms: BudgetTerms
  /// Charged in the window, in micro-credits.
  public let usedMicros: Int64
  /// Set aside by open holds, in micro-credits.
  public let heldMicros: Int64
  /// What may still be charged or held, in micro-credits; 0 also when more is counted.
  public let remainingMicros: Int64
  /// When the civil period ends and counting starts anew; nil for other windows.
  public let resetsAt: LedgerTime?

  init(_ budget: Budget, at time: LedgerTime) {
    terms = budget.terms
    usedMicros = budget.usedMicros(at: time)
    heldMicros = budget.heldMicros
    remainingMicros = budget.roomMicros(at: time)
    resetsAt = budget.period?.upperBound
  }

  init(
    terms: BudgetTerms, usedMicros: Int64, heldMicros: Int64, remainingMicros: Int64,
    resetsAt: LedgerTime?
  ) {
    self.terms = terms
    self.usedMicros = usedMicros
    self.heldMicros = heldMicros
    self.remainingMicros = remainingMicros
    self.resetsAt = resetsAt
  }
}

extension Account {
  /// The ENFORCE budget with the least room for work of that scope; nil when none covers it.
  func tightestBudget(for scope: BudgetScope, at time: LedgerTime) -> Budget? {
    var tightest: (budget: Budget, room: Int64)?
    for budget in budgets where budget.terms.mode == .enforce && budget.terms.covers(scope) {
      let room = budget.roomMicros(at: time)
      if room < tightest?.room ?? .max { tightest = (budget, room) }
    }
    return tightest?.budget
  }

  /// What budgets leave for work of that scope, in micro-credits.
  func budgetRoomMicros(for scope: BudgetScope, at time: LedgerTime) -> Int64 {
    guard !budgets.isEmpty else { return .max }
    return tightestBudget(for: scope, at: time)?.roomMicros(at: time) ?? .max
  }
}
