import Ledger

/// A refusal without its figures, so that all can be counted. A new refusal does not compile before
/// it has its place here, and then has to be reached.
public enum RefusalKind: CaseIterable, Hashable, Sendable {
  case ledgerStopped, ledgerOverloaded, deadlinePassed, invalidArgument, idempotencyMismatch
  case outcomeUnknown, storageFull, storageFailed, answerNotKept
  case expiresInThePast, eventTimeOutOfRange, noAccount, holdNotFound, allocationNotFound
  case usageNotFound, budgetNotFound, holdEnded, accountClosed, accountFrozen, allocationEnded
  case overRefund, modelMismatch, unknownModel, costOverflow, balanceOverflow, tooManyAllocations
  case tooManyHolds, tooManyBudgets, overGranted, inDebt, insufficientCredits, budgetExceeded

  public init(_ refusal: Refusal) {
    switch refusal {
    case .ledgerStopped: self = .ledgerStopped
    case .ledgerOverloaded: self = .ledgerOverloaded
    case .deadlinePassed: self = .deadlinePassed
    case .invalidArgument: self = .invalidArgument
    case .idempotencyMismatch: self = .idempotencyMismatch
    case .outcomeUnknown: self = .outcomeUnknown
    case .storageFull: self = .storageFull
    case .storageFailed: self = .storageFailed
    case .answerNotKept: self = .answerNotKept
    case .expiresInThePast: self = .expiresInThePast
    case .eventTimeOutOfRange: self = .eventTimeOutOfRange
    case .noAccount: self = .noAccount
    case .holdNotFound: self = .holdNotFound
    case .allocationNotFound: self = .allocationNotFound
    case .usageNotFound: self = .usageNotFound
    case .budgetNotFound: self = .budgetNotFound
    case .holdEnded: self = .holdEnded
    case .accountClosed: self = .accountClosed
    case .accountFrozen: self = .accountFrozen
    case .allocationEnded: self = .allocationEnded
    case .overRefund: self = .overRefund
    case .modelMismatch: self = .modelMismatch
    case .unknownModel: self = .unknownModel
    case .costOverflow: self = .costOverflow
    case .balanceOverflow: self = .balanceOverflow
    case .tooManyAllocations: self = .tooManyAllocations
    case .tooManyHolds: self = .tooManyHolds
    case .tooManyBudgets: self = .tooManyBudgets
    case .overGranted: self = .overGranted
    case .inDebt: self = .inDebt
    case .insufficientCredits: self = .insufficientCredits
    case .budgetExceeded: self = .budgetExceeded
    }
  }

  /// Whether it comes from the decision of a command, and not from the engine around decisions.
  var isOfOneDecision: Bool {
    switch self {
    case .ledgerStopped, .ledgerOverloaded, .deadlinePassed, .invalidArgument,
      .idempotencyMismatch, .outcomeUnknown, .storageFull, .storageFailed, .answerNotKept:
      false
    default: true
    }
  }
}
