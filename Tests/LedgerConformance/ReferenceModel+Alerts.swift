import Ledger

// What is told of an owner's balance: looked at whenever something has happened.

extension ReferenceModel {
  struct Bell {
    /// Whether the next fall to each level is told.
    var levels: [Int64: Bool] = [:]
    /// In microseconds.
    var leads: [Int64] = []
    /// The shortest lead told of each grant.
    var rung: [Int: Int64] = [:]
  }

  mutating func setBell(_ command: SetBalanceAlerts) -> String {
    let owner = command.account.name
    people[owner, default: Person()].debt += 0
    let free = balance(owner)[0]
    var bell = Bell(rung: bells[owner]?.rung ?? [:])
    for level in command.thresholdsMicros { bell.levels[level] = free > level }
    bell.leads = command.leads.map { $0.components.seconds * 1_000_000 }
    if bell.leads.isEmpty { bell.rung = [:] }
    bells[owner] = bell
    let armed = bell.levels.sorted { $0.key > $1.key }.map { "\($0.key) \($0.value)" }
    return "alerted at \(armed)"
  }

  /// Tells what there is to tell at this instant.
  mutating func ring() {
    for owner in bells.keys { ring(owner) }
  }

  private mutating func ring(_ owner: String) {
    guard var bell = bells[owner] else { return }
    let free = balance(owner)[0]
    for level in bell.levels.keys.sorted(by: >) {
      if bell.levels[level] == true, free <= level {
        news[owner, default: []].append("\(free) is not above \(level) at \(now)")
      }
      bell.levels[level] = free > level
    }
    guard !bell.leads.isEmpty else { return bells[owner] = bell }
    for number in everyOne(owner) {
      let grant = grants[number]
      let left = grant.free + grant.held
      if left == 0 { bell.rung[number] = nil }
      guard let ends = grant.ends, ends > now, left > 0, !grant.isVoid else { continue }
      let due = bell.leads.filter { ends - now <= $0 && $0 < bell.rung[number] ?? .max }
      guard let lead = due.min() else { continue }
      bell.rung[number] = lead
      news[owner, default: []].append(
        "grant \(number) with \(left) left, \(lead) before, at \(now)")
    }
    bells[owner] = bell
  }
}
