/// Changes the terms of an allocation of which something is left.
public struct AdjustAllocation: Sendable, Hashable {
  /// When an allocation expires from now on.
  public enum Expiry: Sendable, Hashable {
    case at(LedgerTime)
    case never
  }

  public var allocation: AllocationID
  /// Nil means as before.
  public var expiry: Expiry?
  /// Lower is spent first; nil means as before.
  public var priority: UInt8?
  /// Why, for operators.
  public var reason: String

  public init(
    allocation: AllocationID, expiry: Expiry? = nil, priority: UInt8? = nil, reason: String = ""
  ) {
    self.allocation = allocation
    self.expiry = expiry
    self.priority = priority
    self.reason = reason
  }
}

/// Takes back what is left of an allocation. What open holds have set aside stays theirs; what they
/// give back is taken then.
public struct VoidAllocation: Sendable, Hashable {
  public var allocation: AllocationID
  /// Why, for operators.
  public var reason: String

  public init(allocation: AllocationID, reason: String = "") {
    self.allocation = allocation
    self.reason = reason
  }
}

/// Gives back what a charge took, in the exact reverse of the order in which it was taken.
public struct RefundUsage: Sendable, Hashable {
  public var usage: UsageID
  /// Nil means all that was charged and not refunded before.
  public var amountMicros: Int64?
  /// Whether the service was at fault: what was taken from a grant that is over is then granted
  /// anew for ``LedgerLimits/faultGrantLife``, instead of being lost with it.
  public var isServiceFault: Bool
  /// Why, for operators.
  public var reason: String

  public init(
    usage: UsageID, amountMicros: Int64? = nil, isServiceFault: Bool = false, reason: String = ""
  ) {
    self.usage = usage
    self.amountMicros = amountMicros
    self.isServiceFault = isServiceFault
    self.reason = reason
  }
}

extension AdjustAllocation {
  var invalidField: InvalidField? {
    if expiry == nil && priority == nil {
      return InvalidField(field: "expiry", reason: "a new expiry or a new priority is required")
    }
    return checkText(reason, LedgerLimits.reasonBytesMax, field: "reason")
  }
}

extension VoidAllocation {
  var invalidField: InvalidField? {
    checkText(reason, LedgerLimits.reasonBytesMax, field: "reason")
  }
}

extension RefundUsage {
  var invalidField: InvalidField? {
    if let amountMicros, let invalid = checkAmount(amountMicros, field: "amount_micros") {
      return invalid
    }
    return checkText(reason, LedgerLimits.reasonBytesMax, field: "reason")
  }
}
