/// What kind of credit an allocation is.
public enum AllocationClass: UInt8, Sendable, CaseIterable {
  /// Bought.
  case paid = 1
  /// Given; spent before the other kinds at equal priority and expiry.
  case promo = 2
  /// Granted to correct a mistake.
  case adjust = 3

  /// The place in the spending order; equal for all that is not a promotion.
  var spendingRank: Int { self == .promo ? 0 : 1 }
}

/// A part of an allocation that a hold or a charge is tied to.
public struct Pin: Sendable, Hashable {
  /// The allocation.
  public let allocation: AllocationID
  /// How much of it, in micro-credits, above zero.
  public let amountMicros: Int64

  /// Ties `amountMicros`, above zero, to an allocation.
  public init(allocation: AllocationID, amountMicros: Int64) {
    precondition(amountMicros > 0, "a pin without an amount")
    self.allocation = allocation
    self.amountMicros = amountMicros
  }
}

extension Sequence<Pin> {
  /// The sum of the amounts, in micro-credits.
  public var totalMicros: Int64 {
    reduce(0) { total, pin in total + pin.amountMicros }
  }
}

/// What was granted and under which terms: the part of an allocation that spending does not change.
///
/// A class, so that the many copies of an account's state share it.
public final class AllocationTerms: Sendable {
  public let id: AllocationID
  public let account: AccountID
  /// What was granted, in micro-credits.
  public let amountMicros: Int64
  public let allocationClass: AllocationClass
  /// Lower is spent first.
  public let priority: UInt8
  /// Spendable from this instant on.
  public let effectiveAt: LedgerTime
  /// Not spendable from this instant on; nil means never expires.
  public let expiresAt: LedgerTime?
  /// The models that it pays for; empty means every charge.
  public let models: [String]
  /// The principal who granted it.
  public let allocatedBy: String
  public let allocatedAt: LedgerTime
  public let notes: String

  public init(
    id: AllocationID, account: AccountID, amountMicros: Int64, allocationClass: AllocationClass,
    priority: UInt8, effectiveAt: LedgerTime, expiresAt: LedgerTime?, models: [String],
    allocatedBy: String, allocatedAt: LedgerTime, notes: String
  ) {
    self.id = id
    self.account = account
    self.amountMicros = amountMicros
    self.allocationClass = allocationClass
    self.priority = priority
    self.effectiveAt = effectiveAt
    self.expiresAt = expiresAt
    self.models = models
    self.allocatedBy = allocatedBy
    self.allocatedAt = allocatedAt
    self.notes = notes
  }

  /// Whether the grant may be spent at `time`: live on [effectiveAt, expiresAt).
  public func isLive(at time: LedgerTime) -> Bool {
    guard effectiveAt <= time else { return false }
    guard let expiresAt else { return true }
    return time < expiresAt
  }

  /// Whether the grant's life is over at `time`.
  func isExpired(at time: LedgerTime) -> Bool {
    guard let expiresAt else { return false }
    return expiresAt <= time
  }

  /// Whether the grant pays for `model`; a charge of no model is paid by unfiltered grants only.
  func pays(for model: String?) -> Bool {
    guard !models.isEmpty else { return true }
    guard let model else { return false }
    return models.contains(model)
  }

  /// Whether this grant is spent before `other`.
  ///
  /// Priority, then soonest expiry with never last, promotions first, effective instant, id.
  func isSpent(before other: AllocationTerms) -> Bool {
    if priority != other.priority { return priority < other.priority }
    let expiry = expiresAt ?? .distantFuture
    let otherExpiry = other.expiresAt ?? .distantFuture
    if expiry != otherExpiry { return expiry < otherExpiry }
    if (expiresAt == nil) != (other.expiresAt == nil) { return expiresAt != nil }
    let rank = allocationClass.spendingRank
    let otherRank = other.allocationClass.spendingRank
    if rank != otherRank { return rank < otherRank }
    if effectiveAt != other.effectiveAt { return effectiveAt < other.effectiveAt }
    return id < other.id
  }
}

/// One grant of credit and where its micro-credits are now.
public struct Allocation: Sendable {
  /// Changed by an administrator only: the id, the amount and the kind stay.
  public internal(set) var terms: AllocationTerms
  /// Neither held nor gone.
  public internal(set) var availableMicros: Int64
  /// Set aside by open holds.
  public internal(set) var heldMicros: Int64
  /// Charged, or used to repay debt.
  public internal(set) var spentMicros: Int64
  /// Lost to expiry.
  public internal(set) var expiredMicros: Int64
  /// Taken back by an administrator.
  public internal(set) var voidedMicros: Int64
  /// Whether it was taken back: what open holds give back is taken too.
  public internal(set) var isVoided: Bool

  /// Makes an allocation of which nothing is used.
  public init(terms: AllocationTerms) {
    self.init(
      terms: terms, availableMicros: terms.amountMicros, heldMicros: 0, spentMicros: 0,
      expiredMicros: 0, voidedMicros: 0, isVoided: false)
  }

  /// Makes an allocation from stored counters, which must add up.
  public init(
    terms: AllocationTerms, availableMicros: Int64, heldMicros: Int64, spentMicros: Int64,
    expiredMicros: Int64, voidedMicros: Int64, isVoided: Bool
  ) {
    self.terms = terms
    self.availableMicros = availableMicros
    self.heldMicros = heldMicros
    self.spentMicros = spentMicros
    self.expiredMicros = expiredMicros
    self.voidedMicros = voidedMicros
    self.isVoided = isVoided
    requireBalanced()
  }

  public var id: AllocationID { terms.id }

  /// Whether nothing can happen to it any more short of a refund.
  var isUsedUp: Bool { availableMicros == 0 && heldMicros == 0 }

  /// Takes back `amount` of what is available, and all that becomes so later.
  mutating func void(_ amount: Int64) {
    availableMicros -= amount
    voidedMicros += amount
    isVoided = true
    requireBalanced()
  }

  /// I1: the counters are not negative and add up to what was granted.
  func requireBalanced() {
    precondition(availableMicros >= 0, "available credit below zero")
    precondition(heldMicros >= 0, "held credit below zero")
    precondition(spentMicros >= 0 && expiredMicros >= 0 && voidedMicros >= 0)
    let total = availableMicros + heldMicros + spentMicros + expiredMicros + voidedMicros
    precondition(total == terms.amountMicros, "an allocation's parts do not add up")
  }
}
