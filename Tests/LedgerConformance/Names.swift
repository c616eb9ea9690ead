import Ledger

/// What the ledger calls the things that a list's steps made.
struct Names {
  private var grants: [Int64: AllocationID] = [:]
  private var holds: [Int64: HoldID] = [:]
  private(set) var usage: [Int64: UsageID] = [:]
  private(set) var usageName: [UsageID: Int64] = [:]
  private var budgets: [Int64: BudgetID] = [:]
  private(set) var budgetNames: [BudgetID: Int64] = [:]
  /// The model's number of a grant: it counts them as they come, too.
  private(set) var grantNumber: [AllocationID: Int] = [:]
  private(set) var grantName: [AllocationID: Int64] = [:]
  private(set) var holdName: [HoldID: Int64] = [:]

  /// Stands for what was never made.
  static let nothing: Int64 = 1_000_000_000

  /// Notes what the answer to a step is the first to name.
  mutating func note(_ answer: Answer, _ step: Int64) {
    switch answer {
    case .allocated(let answer): note(answer.allocation.id, step)
    case .refunded(let answer):
      for (offset, grant) in answer.grants.enumerated() { note(grant.id, step + Int64(offset)) }
    case .deducted(let answer): note(answer.usage.id, step)
    case .holdSettled(let answer): note(answer.usage.id, step)
    case .holdForced(let answer): if let record = answer.usage { note(record.id, step) }
    case .holdOpened(let answer):
      holds[step] = answer.hold.id
      holdName[answer.hold.id] = step
    case .budgetSet(let answer):
      let id = answer.status.terms.id
      guard budgetNames[id] == nil else { return }
      budgets[step] = id
      budgetNames[id] = step
    case .allocationAdjusted, .allocationVoided, .holdExtended, .holdReleased, .pricePut,
      .accountStateSet, .alertsSet:
      break
    }
  }

  private mutating func note(_ grant: AllocationID, _ name: Int64) {
    grants[name] = grant
    grantName[grant] = name
    if grantNumber[grant] == nil { grantNumber[grant] = grantNumber.count }
  }

  private mutating func note(_ charge: UsageID, _ name: Int64) {
    usage[name] = charge
    usageName[charge] = name
  }

  /// Notes the charge that the end of a hold made without being asked.
  mutating func note(_ entry: JournalEntry) {
    guard case .holdEnded(let end) = entry.change, entry.actor == JournalEntry.systemActor,
      let record = end.usage, let hold = holdName[end.hold]
    else { return }
    note(record.id, hold + ReferenceModel.billOfEnd)
  }

  func budgetNumber(_ id: BudgetID, _ model: ReferenceModel) -> Int? {
    budgetNames[id].flatMap { model.limitNumbers[$0] }
  }

  /// The command with the ledger's ids instead of names.
  func resolve(_ command: Command) -> Command {
    switch command {
    case .settleHold(var command):
      command.hold = real(command.hold)
      return .settleHold(command)
    case .extendHold(var command):
      command.hold = real(command.hold)
      return .extendHold(command)
    case .releaseHold(var command):
      command.hold = real(command.hold)
      return .releaseHold(command)
    case .forceRelease(var command):
      command.hold = real(command.hold)
      return .forceRelease(command)
    case .adjustAllocation(var command):
      command.allocation = real(command.allocation)
      return .adjustAllocation(command)
    case .voidAllocation(var command):
      command.allocation = real(command.allocation)
      return .voidAllocation(command)
    case .refundUsage(var command):
      command.usage = usage[command.usage.seq] ?? UsageID(seq: Self.nothing)
      return .refundUsage(command)
    case .setBudget(var command):
      command.budget = command.budget.map { budgets[$0.seq] ?? BudgetID(seq: Self.nothing) }
      return .setBudget(command)
    default:
      return command
    }
  }

  private func real(_ name: HoldID) -> HoldID { holds[name.seq] ?? HoldID(seq: Self.nothing) }

  private func real(_ name: AllocationID) -> AllocationID {
    grants[name.seq] ?? AllocationID(seq: Self.nothing)
  }
}

extension Command {
  /// A command of the same kind that says something else; nil where the lists know none.
  var withOtherBody: Command? {
    switch self {
    case .allocateCredits(var command):
      command.notes += "x"
      return .allocateCredits(command)
    case .deductCredits(var command):
      command.sessionID += "x"
      return .deductCredits(command)
    case .recordUsage(var command):
      command.requestID += "x"
      return .recordUsage(command)
    case .openHold(var command):
      command.sessionID += "x"
      return .openHold(command)
    case .settleHold(var command):
      command.requestID += "x"
      return .settleHold(command)
    case .extendHold(var command):
      command.wanted += command.wanted == 0 ? 1 : -1
      return .extendHold(command)
    case .releaseHold(var command):
      command.reason += "x"
      return .releaseHold(command)
    case .forceRelease(var command):
      command.reason += "x"
      return .forceRelease(command)
    case .adjustAllocation(var command):
      command.reason += "x"
      return .adjustAllocation(command)
    case .voidAllocation(var command):
      command.reason += "x"
      return .voidAllocation(command)
    case .refundUsage(var command):
      command.isServiceFault.toggle()
      return .refundUsage(command)
    case .setBudget(var command):
      command.limitMicros += command.limitMicros == 0 ? 1 : -1
      return .setBudget(command)
    case .setAccountState(var command):
      command.overdraftLimitMicros = command.overdraftLimitMicros == 0 ? 1 : 0
      return .setAccountState(command)
    default:
      return nil
    }
  }
}
