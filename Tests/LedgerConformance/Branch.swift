/// The branches of the ledger's decisions, as its users would tell them apart.
///
/// The model marks where its own, plain reasoning goes: as the ledger must answer the same, the
/// ledger went there too. Nothing in the ledger is counted for this.
public enum Branch: Int, CaseIterable, Sendable {
  // AllocateCredits
  case grantOpensAccount, grantBeginsLater, grantBackdated, grantExpires, grantNeverExpires
  case grantForModels, grantRepaysAll, grantRepaysPart, grantCannotRepay
  // AdjustAllocation and VoidAllocation
  case adjustMovesExpiry, adjustRemovesExpiry, adjustKeepsExpiry, adjustWhilePinned
  case voidTakesFree, voidWhilePinned
  // The order of spending: what put one grant before the next
  case orderByPriority, orderByExpiry, orderByClass, orderByBegin, orderByID
  case skipsOtherModels, skipsNotBegun
  // DeductCredits, RecordUsage, and what comes above a hold
  case paidByOneGrant, paidByGrants, paidByDebt, uncollectedForCredit, uncollectedForBudget
  case cappedCharge, rejectPasses, pricedAtEventTime
  // OpenHold
  case holdWhole, holdLessForCredit, holdLessForBudget, sliceAsWished, sliceByHistory
  case sliceByEstimate, holdByAmount, holdByTokens
  // ExtendHold
  case reportRises, reportStays, extendsNothing, extendsWhole, extendsLessForCredit
  case extendsLessForBudget, extendsNothingInDebt, pinJoins, pinAdded, deadlineMoves, deadlineStays
  case deadlineAtMost, extendSliceByHistory, warnsNone, warnsLow, warnsCritical
  // SettleHold
  case settlesNothing, settlesBelow, settlesExactly, overByCredit, overByDebt, overUncollected
  case overCapped, settlesInGrace
  case lateWhole, lateUncollected, lateAfterDay, lateNothingOwed, lateCapped, lateByDebt
  // What a hold's end gives back
  case pinReturns, pinExpires, pinIsVoided
  // ForceRelease
  case forceSilent, forceReported, forceInGrace
  // RefundUsage
  case refundWhole, refundPart, refundAgain, refundReturns, refundRevives, refundExpired
  case refundVoided, refundForgives, refundOfRepaidDebt, refundAsFault, refundRepaysDebt
  case refundOfExpiredHold
  // Time
  case holdEndsSilent, holdEndsReported, holdEndsOverReported, grantExpiresFree
  case grantExpiresPinned, beginRepaysDebt, endRepaysDebt
  // SetBudget, and budgets in decisions
  case budgetNew, budgetChanged, budgetWindowChanged, budgetOff, budgetUnlimitedInTime
  case budgetRolling, budgetByCalendar, budgetObserves, budgetOfModel, budgetOfSession
  case budgetTightest, budgetForgets
  // PutPrice and SetAccountState
  case priceNow, pricePast, priceFuture
  case accountFrozen, accountClosed, accountReopened, limitBelowDebt
}
