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
      if limits[number].window != command.window { limits[number].first = paid.count }
      limits[number].amount = command.limitMicros
      limits[number].window = command.window
      limits[number].mode = command.mode
      return "limited"
    }
    people[command.account.name, default: Person()].debt += 0
    limits.append(
      Limit(
        owner: command.account.name, model: command.model, session: command.sessionID,
        amount: command.limitMicros, window: command.window, mode: command.mode,
        first: paid.count))
    return "limited"
  }

  mutating func pay(
    _ owner: String, _ model: String?, _ session: String, _ amount: Int64, at: Int64
  ) {
    paid.append(Paid(owner: owner, model: model, session: session, amount: amount, time: at))
  }

  /// Charged and held, as the limit counts.
  func counted(_ limit: Limit) -> (used: Int64, held: Int64) {
    func concerns(_ owner: String, _ model: String?, _ session: String) -> Bool {
      owner == limit.owner && (limit.model == nil || limit.model == model)
        && (limit.session == nil || limit.session == session)
    }
    let used = paid.dropFirst(limit.first)
      .filter { concerns($0.owner, $0.model, $0.session) && isRecent($0.time, limit.window) }
      .reduce(0) { $0 + $1.amount }
    let held = holds
      .filter { $0.fate == "open" && concerns($0.owner, $0.price?.model, $0.session) }
      .reduce(0) { $0 + $1.granted }
    return (used, held)
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
  func room(_ owner: String, _ model: String?, _ session: String) -> Int64 {
    let rooms = limits.filter { limit in
      limit.mode == .enforce && limit.owner == owner
        && (limit.model == nil || limit.model == model)
        && (limit.session == nil || limit.session == session)
    }.map { limit in
      let (used, held) = counted(limit)
      return max(0, limit.amount - used - held)
    }
    return rooms.min() ?? .max
  }
}
