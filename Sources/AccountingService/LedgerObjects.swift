import Contracts
import Ledger
import Protobuf

// The ledger's objects as the contracts show them.

extension Farebox_Accounting_V1_Balance {
  init(_ balance: Ledger.Balance, of account: AccountID) {
    self.init()
    accountID = account.name
    availableMicros = balance.availableMicros
    heldMicros = balance.heldMicros
    debtMicros = balance.debtMicros
    totalMicros = balance.totalMicros
  }
}

extension Farebox_Accounting_V1_Pin {
  init(_ pin: Ledger.Pin) {
    self.init()
    allocationID = pin.allocation.description
    amountMicros = pin.amountMicros
  }
}

extension Farebox_Accounting_V1_Allocation {
  init(_ allocation: Ledger.Allocation) {
    self.init()
    let terms = allocation.terms
    allocationID = terms.id.description
    accountID = terms.account.name
    amountMicros = terms.amountMicros
    switch terms.allocationClass {
    case .paid: `class` = .paid
    case .promo: `class` = .promo
    case .adjust: `class` = .adjust
    }
    priority = Int32(terms.priority)
    effectiveAt = Google_Protobuf_Timestamp(terms.effectiveAt)
    expiresAt = terms.expiresAt.map(Google_Protobuf_Timestamp.init)
    models = terms.models
    allocatedBy = terms.allocatedBy
    allocatedAt = Google_Protobuf_Timestamp(terms.allocatedAt)
    notes = terms.notes
    availableMicros = allocation.availableMicros
    heldMicros = allocation.heldMicros
    spentMicros = allocation.spentMicros
    expiredMicros = allocation.expiredMicros
    voidedMicros = allocation.voidedMicros
    voided = allocation.isVoided
  }
}

extension Farebox_Accounting_V1_Hold {
  init(_ hold: Ledger.Hold) {
    self.init()
    holdID = hold.id.description
    accountID = hold.terms.account.name
    switch hold.state {
    case .open: state = .open
    case .settled: state = .settled
    case .released: state = .released
    case .expired: state = .expired
    }
    grantedMicros = hold.grantedMicros
    expiresAt = Google_Protobuf_Timestamp(hold.expiresAt)
    model = hold.terms.price?.model ?? ""
    priceVersion = hold.terms.price?.version ?? 0
    sessionID = hold.terms.sessionID
    pins = hold.pins.map(Farebox_Accounting_V1_Pin.init)
    reportedMicros = hold.reportedMicros
    maxUntil = Google_Protobuf_Timestamp(hold.terms.maxUntil)
    openedAt = Google_Protobuf_Timestamp(hold.terms.openedAt)
    endedAt = hold.endedAt.map(Google_Protobuf_Timestamp.init)
  }
}

extension Farebox_Accounting_V1_Price {
  init(_ price: PriceVersion) {
    self.init()
    version = price.version
    model = price.model
    effectiveFrom = Google_Protobuf_Timestamp(price.effectiveFrom)
    inputMicrosPerMillion = price.rates.inputMicrosPerMillion
    outputMicrosPerMillion = price.rates.outputMicrosPerMillion
    cachedInputMicrosPerMillion = price.rates.cachedInputMicrosPerMillion
    reasoningMicrosPerMillion = price.rates.reasoningMicrosPerMillion
    perCallMicros = price.rates.perCallMicros
    minimumMicros = price.rates.minimumMicros
  }
}

extension Farebox_Accounting_V1_TokenUsage {
  init(_ usage: Ledger.TokenUsage) {
    self.init()
    model = usage.model
    inputTokens = usage.inputTokens
    outputTokens = usage.outputTokens
    cachedInputTokens = usage.cachedInputTokens
    reasoningTokens = usage.reasoningTokens
  }
}

extension Farebox_Accounting_V1_UsageRecord {
  init(_ record: Ledger.UsageRecord) {
    self.init()
    usageID = record.id.description
    accountID = record.account.name
    usage = record.usage.map(Farebox_Accounting_V1_TokenUsage.init)
    priceVersion = record.priceVersion ?? 0
    chargedMicros = record.chargedMicros
    uncollectedMicros = record.uncollectedMicros
    pins = record.pins.map(Farebox_Accounting_V1_Pin.init)
    chargedAt = Google_Protobuf_Timestamp(record.chargedAt)
    eventTime = Google_Protobuf_Timestamp(record.eventTime)
    late = record.isLate
    outcome = Farebox_Accounting_V1_Outcome(record.outcome)
    holdID = record.hold?.description ?? ""
    sessionID = record.sessionID
    seq = record.seq
    requestID = record.requestID
    refundedMicros = record.refundedMicros
  }
}

extension Farebox_Accounting_V1_CheckCreditsResponse {
  init(_ answer: CheckAnswer, account: AccountID, asOfSeq: Int64) {
    self.init()
    sufficient = answer.isSufficient
    decision = Farebox_Accounting_V1_Decision(answer.decision)
    requiredMicros = answer.requiredMicros
    availableMicros = answer.availableMicros
    heldMicros = answer.heldMicros
    shortfallMicros = answer.shortfallMicros
    message = answer.decision.message
    maxAffordableTokens = answer.maxAffordableTokens
    soonestRelease = answer.soonestRelease.map(Google_Protobuf_Timestamp.init)
    self.asOfSeq = asOfSeq
    accountID = account.name
    tightestBudget = answer.budget.map(Farebox_Accounting_V1_Budget.init)
  }
}

extension CheckDecision {
  /// The decision for people.
  var message: String {
    switch self {
    case .unspecified: "Denied"
    case .sufficient: "Sufficient credits"
    case .insufficient: "Insufficient credits"
    case .held: "Insufficient credits: the rest is set aside by open holds"
    case .noAccount: "Insufficient credits: the account has never received any"
    case .accountFrozen: "The account is frozen"
    case .accountClosed: "The account is closed"
    case .unknownModel: "The model has no price"
    case .inDebt: "The account is in debt"
    case .budgetExceeded: "A budget is used up"
    }
  }
}
