import Ledger

extension Names {
  /// The command as the model knows it: with names instead of the ledger's ids. What has no name
  /// was never made.
  func unresolved(_ command: Command) -> Command {
    switch command {
    case .settleHold(var command):
      command.hold = name(of: command.hold)
      return .settleHold(command)
    case .extendHold(var command):
      command.hold = name(of: command.hold)
      return .extendHold(command)
    case .releaseHold(var command):
      command.hold = name(of: command.hold)
      return .releaseHold(command)
    case .forceRelease(var command):
      command.hold = name(of: command.hold)
      return .forceRelease(command)
    case .adjustAllocation(var command):
      command.allocation = name(of: command.allocation)
      return .adjustAllocation(command)
    case .voidAllocation(var command):
      command.allocation = name(of: command.allocation)
      return .voidAllocation(command)
    case .refundUsage(var command):
      command.usage = UsageID(seq: usageName[command.usage] ?? Self.nothing)
      return .refundUsage(command)
    case .setBudget(var command):
      command.budget = command.budget.map { BudgetID(seq: budgetNames[$0] ?? Self.nothing) }
      return .setBudget(command)
    default:
      return command
    }
  }

  private func name(of hold: HoldID) -> HoldID {
    HoldID(seq: holdName[hold] ?? Self.nothing)
  }

  private func name(of grant: AllocationID) -> AllocationID {
    AllocationID(seq: grantName[grant] ?? Self.nothing)
  }
}
