/// The answer to ``AdjustAllocation``.
public struct AdjustAnswer: Sendable {
  /// The allocation under its new terms.
  public let allocation: Allocation
  /// The account after it.
  public let balance: Balance
}

/// The answer to ``VoidAllocation``.
public struct VoidAnswer: Sendable {
  /// The allocation after it; what open holds have set aside is still in it.
  public let allocation: Allocation
  /// Taken back now, in micro-credits.
  public let voidedMicros: Int64
  /// The account after it.
  public let balance: Balance
}

/// The answer to ``RefundUsage``.
public struct RefundAnswer: Sendable {
  public let account: AccountID
  /// Where the refund went.
  public let refund: Refund
  /// What was granted anew, before debt was repaid from it.
  public let grants: [Allocation]
  /// The account after it.
  public let balance: Balance
}
