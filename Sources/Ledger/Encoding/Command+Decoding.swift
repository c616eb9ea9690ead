extension Command {
  /// Reads what ``storedBody`` wrote.
  init(storedBody bytes: [UInt8]) throws(CorruptionError) {
    var reader = ByteReader(bytes)
    switch try reader.value(Kind.self) {
    case .allocateCredits:
      self = .allocateCredits(
        AllocateCredits(
          account: try reader.value(), amountMicros: try reader.integer(),
          allocationClass: try reader.value(), priority: try reader.byte(),
          effectiveAt: try reader.optional(), expiresAt: try reader.optional(),
          models: try reader.list(), notes: try reader.value()))
    case .deductCredits:
      self = .deductCredits(try DeductCredits(storedIn: &reader))
    case .recordUsage:
      self = .recordUsage(try DeductCredits(storedIn: &reader))
    case .setBudget:
      self = .setBudget(
        SetBudget(
          account: try reader.value(), budget: try reader.optional(),
          model: try reader.optional(), sessionID: try reader.optional(),
          limitMicros: try reader.integer(), window: try reader.value(),
          mode: try reader.value()))
    case .adjustAllocation:
      self = .adjustAllocation(try AdjustAllocation(storedIn: &reader))
    case .voidAllocation:
      self = .voidAllocation(
        VoidAllocation(allocation: try reader.value(), reason: try reader.value()))
    case .refundUsage:
      self = .refundUsage(
        RefundUsage(
          usage: try reader.value(), amountMicros: try reader.optional(),
          isServiceFault: try reader.value(), reason: try reader.value()))
    case .openHold:
      var command = OpenHold(
        account: try reader.value(), charge: try reader.value(),
        minMicros: try reader.optional(), life: try reader.optional(),
        sessionID: try reader.value())
      if !reader.isAtEnd { command.sliceTokens = try reader.integer() }
      self = .openHold(command)
    case .settleHold:
      self = .settleHold(
        SettleHold(
          hold: try reader.value(), charge: try reader.value(), overPolicy: try reader.value(),
          outcome: try reader.value(), requestID: reader.isAtEnd ? "" : try reader.value()))
    case .extendHold:
      self = .extendHold(
        ExtendHold(
          hold: try reader.value(), used: try reader.value(), wanted: try reader.integer(),
          life: try reader.optional()))
    case .forceRelease:
      self = .forceRelease(ForceRelease(hold: try reader.value(), reason: try reader.value()))
    case .releaseHold:
      self = .releaseHold(ReleaseHold(hold: try reader.value(), reason: try reader.value()))
    case .putPrice:
      self = .putPrice(
        PutPrice(
          model: try reader.value(), effectiveFrom: try reader.optional(),
          rates: try reader.value()))
    case .setBalanceAlerts:
      self = .setBalanceAlerts(try reader.value())
    case .setAccountState:
      self = .setAccountState(
        SetAccountState(
          account: try reader.value(), state: try reader.optional(),
          overdraftLimitMicros: try reader.optional()))
    }
    try reader.finish()
  }
}

extension DeductCredits {
  fileprivate init(storedIn reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      account: try reader.value(), charge: try reader.value(), overPolicy: try reader.value(),
      eventTime: try reader.optional(), outcome: try reader.value(),
      sessionID: try reader.value(), requestID: reader.isAtEnd ? "" : try reader.value())
  }
}

extension AdjustAllocation {
  fileprivate init(storedIn reader: inout ByteReader) throws(CorruptionError) {
    let allocation = try reader.value(AllocationID.self)
    let expiry: Expiry?
    switch try reader.byte() {
    case 0: expiry = nil
    case 1: expiry = .never
    case 2: expiry = .at(try reader.value())
    default: throw CorruptionError("an unknown kind of expiry")
    }
    let hasPriority = try reader.value(Bool.self)
    let priority = try reader.byte()
    self.init(
      allocation: allocation, expiry: expiry, priority: hasPriority ? priority : nil,
      reason: try reader.value())
  }
}
