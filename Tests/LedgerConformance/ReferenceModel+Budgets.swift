import Ledger

// Budgets, by a list of all that was ever charged.

extension ReferenceModel {
  struct Limit {
    let owner: String
    let model: String?
    let session: String?
    var amount: Int64
    var window: BudgetWindow
    var mode: BudgetMode
    /// How many charges there were when it began to count.
    var first: Int
  }

  struct Paid {
    let owner: String
    let model: String?
    let session: String
    let amount: Int64
    let time: Int64
  }

  /// Sets or changes a limit; nil sets a new one.
  mutating func set(_ number: Int?, _ command: SetBudget) -> String {
    if command.budget != nil {
      guard let number, limits.indices.contains(number), limits[number].mode != .off,
        limits[number].owner == command.account.name
      else { return "budgetNotFound" }
      mark(.budgetChanged)
      mark(.budgetWindowChanged, if: limits[number].window != command.window)
      mark(.budgetOff, if: command.mode == .off)
      if limits[number].window != command.window { limits[number].first = paid.count }
      limits[number].amount = command.limitMicros
      limits[number].window = command.window
      limits[number].mode = command.mode
      return "limited"
    }
    let others = limits.count { $0.owner == command.account.name && $0.mode != .off }
    if others >= 32 { return "tooManyBudgets" }
    mark(.budgetNew)
    switch command.window {
    case .none: mark(.budgetUnlimitedInTime)
    case .rolling: mark(.budgetRolling)
    case .calendar: mark(.budgetByCalendar)
    }
    mark(.budgetOfModel, if: command.model != nil)
    mark(.budgetOfSession, if: command.sessionID != nil)
    people[command.account.name, default: Person()].debt += 0
    add(
      Limit(
        owner: command.account.name, model: command.model, session: command.sessionID,
        amount: command.limitMicros, window: command.window, mode: command.mode,
        first: paid.count))
    return "limited"
  }

  mutating func pay(
    _ owner: String, _ model: String?, _ session: String, _ amount: Int64, at: Int64
  ) {
    guard amount > 0 else { return }
    paid.append(Paid(owner: owner, model: model, session: session, amount: amount, time: at))
  }

  /// Charged and held, as the limit counts.
  func counted(_ limit: Limit) -> (used: Int64, held: Int64) {
    var used: Int64 = 0
    for index in limit.first..<paid.count where concerns(limit, paid[index]) {
      if isRecent(paid[index].time, limit.window) { used += paid[index].amount }
    }
    var held: Int64 = 0
    for hold in holds where hold.fate == "open" && hold.owner == limit.owner {
      let isMeant =
        (limit.model == nil || limit.model == hold.price?.model)
        && (limit.session == nil || limit.session == hold.session)
      if isMeant { held += hold.granted }
    }
    return (used, held)
  }

  private func concerns(_ limit: Limit, _ paid: Paid) -> Bool {
    paid.owner == limit.owner && (limit.model == nil || limit.model == paid.model)
      && (limit.session == nil || limit.session == paid.session)
  }

  private func isRecent(_ time: Int64, _ window: BudgetWindow) -> Bool {
    switch window {
    case .none: return true
    case .rolling(let length):
      // Histories run in whole seconds of window: a sixtieth is a whole number of microseconds.
      let step = length.components.seconds * 1_000_000 / 60
      return time / step * step + step > now - step * 60
    case .calendar(let period, _):
      let hours: Int64 = period == .hour ? 1 : 24
      return time / (hours * 3_600_000_000) == now / (hours * 3_600_000_000)
    }
  }

  /// What the tightest of the enforced limits leaves.
  mutating func room(_ owner: String, _ model: String?, _ session: String) -> Int64 {
    var rooms: Set<Int64> = []
    for limit in limits where limit.owner == owner && limit.mode != .off {
      guard (limit.model == nil || limit.model == model)
        && (limit.session == nil || limit.session == session)
      else { continue }
      if limit.mode == .observe {
        mark(.budgetObserves)
        continue
      }
      let (used, held) = counted(limit)
      rooms.insert(max(0, limit.amount - used - held))
      mark(.budgetForgets, if: limit.first < paid.count && limit.window != .none && used == 0)
    }
    mark(.budgetTightest, if: rooms.count > 1)
    return rooms.min() ?? .max
  }
}
