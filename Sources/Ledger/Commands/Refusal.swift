/// Why a command was not carried out.
///
/// The cases stand in order of precedence: when several apply, the first is answered. Those marked
/// *sticky* are journaled and answered again to the same key; the others leave no trace. What is
/// large is boxed: an outcome is handed on many times, and nearly always is no refusal.
public enum Refusal: Error, Sendable, Hashable {
  /// The outcome of a commit is unknown, or the storage is damaged; nothing is accepted until the
  /// first is known, or until a restart.
  case ledgerStopped
  /// The storage has no room; nothing happened.
  case storageFull
  /// The storage failed; nothing happened.
  case storageFailed
  /// The queue is full; nothing happened.
  case ledgerOverloaded
  /// The caller's deadline passed while the command waited; nothing happened.
  case deadlinePassed
  /// The command can never be accepted.
  indirect case invalidArgument(InvalidField)
  /// The key was used for another command of this kind.
  case idempotencyMismatch
  /// The key was used so long ago that its answer is not told any more; nothing happened again.
  case answerNotKept
  /// Sticky: the grant would be over already.
  case expiresInThePast
  /// Sticky: the event time is outside −72 h..+5 min.
  case eventTimeOutOfRange
  /// Sticky: the account has never received credit.
  case noAccount
  /// Sticky: there is no such hold.
  case holdNotFound
  /// Sticky: there is no such allocation.
  case allocationNotFound
  /// Sticky: there is no such charge.
  case usageNotFound
  /// Sticky: the account has no such budget.
  case budgetNotFound
  /// Sticky: the hold was settled or released before.
  case holdEnded(HoldState)
  /// Sticky: the account is closed.
  case accountClosed
  /// Sticky: the account is frozen.
  case accountFrozen
  /// Sticky: the allocation is spent, expired or voided.
  case allocationEnded
  /// Sticky: more than what was charged and not refunded before.
  case overRefund(refundableMicros: Int64)
  /// Sticky: the usage is not of the model that the hold was opened for.
  case modelMismatch
  /// Sticky: the model has no price at that instant.
  case unknownModel
  /// Sticky: the cost is above ``LedgerLimits/amountMax``.
  case costOverflow
  /// Sticky: the account's credit would be above ``LedgerLimits/amountMax``.
  case balanceOverflow
  /// Sticky: the account has ``LedgerLimits/allocationsPerAccountMax`` unspent allocations.
  case tooManyAllocations
  /// Sticky: the account has ``LedgerLimits/openHoldsPerAccountMax`` open holds.
  case tooManyHolds
  /// Sticky: the account has ``LedgerLimits/budgetsPerAccountMax`` budgets.
  case tooManyBudgets
  /// Sticky: the work came to more than the hold granted, and the policy is to reject.
  case overGranted(costMicros: Int64, grantedMicros: Int64)
  /// Sticky: the account owes and has no overdraft.
  indirect case inDebt(CheckAnswer)
  /// Sticky: there is not enough credit.
  indirect case insufficientCredits(CheckAnswer)
  /// Sticky: there is enough credit, but a budget stops it; the answer names the tightest.
  indirect case budgetExceeded(CheckAnswer)
  /// The commit failed: whether it happened shows when the storage works again, by asking with the
  /// same key.
  case outcomeUnknown
}
