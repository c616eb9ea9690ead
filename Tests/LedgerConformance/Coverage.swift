import Ledger

/// How often lists of commands reached what a ledger can answer and decide.
public struct Coverage: Sendable {
  /// A refusal of a kind of command; nil for the refusals that any command can meet.
  public struct Denial: Hashable, Sendable {
    public let command: Command.Kind?
    public let refusal: RefusalKind
  }

  private var branches = Array(repeating: 0, count: Branch.allCases.count)
  private var denials: [Denial: Int] = [:]
  private var answers: [Command.Kind: Int] = [:]
  private var checks: [CheckDecision: Int] = [:]
  private var changes: [Change.Kind: Int] = [:]
  private var steps: [String: Int] = [:]
  public private(set) var commandCount = 0

  public init() {}

  mutating func mark(_ branch: Branch) { branches[branch.rawValue] += 1 }
  mutating func note(step: String) { steps[step, default: 0] += 1 }
  mutating func note(check: CheckDecision) { checks[check, default: 0] += 1 }
  mutating func note(change: Change.Kind) { changes[change, default: 0] += 1 }
  mutating func noteCommand() { commandCount += 1 }

  /// Counts what a command was answered with.
  public mutating func note(_ kind: Command.Kind, _ outcome: Result<Receipt<Answer>, Refusal>) {
    note(kind, Told(outcome))
  }

  mutating func note(_ kind: Command.Kind, _ told: Told) {
    switch told.outcome {
    case .success: answers[kind, default: 0] += 1
    case .failure(let refusal):
      let name = RefusalKind(refusal)
      let denial = Denial(command: name.isOfOneDecision ? kind : nil, refusal: name)
      denials[denial, default: 0] += 1
    }
  }

  public mutating func merge(_ other: Coverage) {
    for index in branches.indices { branches[index] += other.branches[index] }
    denials.merge(other.denials, uniquingKeysWith: +)
    answers.merge(other.answers, uniquingKeysWith: +)
    checks.merge(other.checks, uniquingKeysWith: +)
    changes.merge(other.changes, uniquingKeysWith: +)
    steps.merge(other.steps, uniquingKeysWith: +)
    commandCount += other.commandCount
  }

  /// Each thing that there is to reach, with how often it was.
  public var rows: [(name: String, count: Int)] {
    var rows: [(String, Int)] = []
    for refusal in RefusalKind.allCases where !refusal.isOfOneDecision {
      let denial = Denial(command: nil, refusal: refusal)
      rows.append(("any command: \(refusal)", denials[denial] ?? 0))
    }
    for (kind, refusals) in Staircase.all {
      rows.append(("\(kind): answered", answers[kind] ?? 0))
      for refusal in refusals {
        let denial = Denial(command: kind, refusal: refusal)
        rows.append(("\(kind): \(refusal)", denials[denial] ?? 0))
      }
    }
    rows += Branch.allCases.map { ("branch: \($0)", branches[$0.rawValue]) }
    for decision in CheckDecision.allCases where decision != .unspecified {
      rows.append(("check: \(decision)", checks[decision] ?? 0))
    }
    rows += Change.Kind.allCases.map { ("entry: \($0)", changes[$0] ?? 0) }
    rows += Action.names.map { ("step: \($0)", steps[$0] ?? 0) }
    return rows
  }

  /// What was never reached, and what was reached although no staircase has it.
  public var gaps: [String] {
    let missing = rows.filter { $0.count == 0 }.map(\.name)
    let known = Set(
      Staircase.all.flatMap { kind, refusals in
        refusals.map { Denial(command: kind, refusal: $0) }
      })
    let unforeseen = denials.keys.filter { $0.command != nil && !known.contains($0) }
    return missing + unforeseen.map { "not in its staircase: \($0)" }
  }

  /// The whole as a table, the least reached first.
  public var table: String {
    rows.sorted { ($0.count, $0.name) < ($1.count, $1.name) }
      .map { row in
        let digits = "\(row.count)"
        return String(repeating: " ", count: max(0, 9 - digits.count)) + "\(digits)  \(row.name)"
      }
      .joined(separator: "\n")
  }
}

/// The refusals that each kind of command can answer with, in the order of its decision.
enum Staircase {
  static let all: [(Command.Kind, [RefusalKind])] = [
    (
      .allocateCredits,
      [.expiresInThePast, .accountClosed, .balanceOverflow, .tooManyAllocations]
    ),
    (.deductCredits, charge),
    (.recordUsage, charge),
    (
      .openHold,
      [
        .noAccount, .accountClosed, .accountFrozen, .unknownModel, .costOverflow, .tooManyHolds,
        .inDebt, .insufficientCredits, .budgetExceeded,
      ]
    ),
    (
      .extendHold,
      [
        .holdNotFound, .holdEnded, .accountClosed, .accountFrozen, .modelMismatch, .costOverflow,
      ]
    ),
    (.settleHold, [.holdNotFound, .holdEnded, .modelMismatch, .costOverflow, .overGranted]),
    (.releaseHold, [.holdNotFound, .holdEnded]),
    (.forceRelease, [.holdNotFound, .holdEnded]),
    (
      .adjustAllocation,
      [.allocationNotFound, .accountClosed, .allocationEnded, .expiresInThePast]
    ),
    (.voidAllocation, [.allocationNotFound, .allocationEnded]),
    (
      .refundUsage,
      [.usageNotFound, .accountClosed, .overRefund, .balanceOverflow, .tooManyAllocations]
    ),
    (.putPrice, []),
    (.setBudget, [.budgetNotFound, .tooManyBudgets]),
    (.setBalanceAlerts, []),
    (.setAccountState, []),
  ]

  private static let charge: [RefusalKind] = [
    .eventTimeOutOfRange, .noAccount, .accountClosed, .accountFrozen, .unknownModel, .costOverflow,
    .insufficientCredits, .budgetExceeded,
  ]
}
