import Contracts
import Ledger
import Protobuf

// Requests of the contract that are more than an id.

extension Contract {
  static func request(
    _ command: AllocateCredits, _ key: String
  ) -> Farebox_Accounting_V1_AllocateCreditsRequest {
    var request = Farebox_Accounting_V1_AllocateCreditsRequest()
    (request.idempotencyKey, request.accountID) = (key, command.account.name)
    request.amount = .creditMicros(command.amountMicros)
    switch command.allocationClass {
    case .paid: request.class = .paid
    case .promo: request.class = .promo
    case .adjust: request.class = .adjust
    }
    request.priority = Int32(command.priority)
    request.effectiveAt = command.effectiveAt.map(Said.time)
    request.expiresAt = command.expiresAt.map(Said.time)
    request.models = command.models
    request.notes = command.notes
    return request
  }

  static func request(
    _ command: AdjustAllocation, _ key: String
  ) -> Farebox_Accounting_V1_AdjustAllocationRequest {
    var request = Farebox_Accounting_V1_AdjustAllocationRequest()
    (request.idempotencyKey, request.allocationID) = (key, command.allocation.description)
    switch command.expiry {
    case .at(let time): request.expiry = .expiresAt(Said.time(time))
    case .never: request.expiry = .neverExpires(true)
    case nil: break
    }
    request.priority = command.priority.map { Int32($0) }
    request.reason = command.reason
    return request
  }

  static func request(
    _ command: RefundUsage, _ key: String
  ) -> Farebox_Accounting_V1_RefundUsageRequest {
    var request = Farebox_Accounting_V1_RefundUsageRequest()
    (request.idempotencyKey, request.usageID) = (key, command.usage.description)
    request.amountMicros = command.amountMicros
    request.serviceFault = command.isServiceFault
    request.reason = command.reason
    return request
  }

  static func request(
    _ command: DeductCredits, _ key: String
  ) -> Farebox_Accounting_V1_DeductCreditsRequest {
    var request = Farebox_Accounting_V1_DeductCreditsRequest()
    (request.idempotencyKey, request.accountID) = (key, command.account.name)
    switch command.charge {
    case .micros(let micros): request.amount = .creditMicros(micros)
    case .usage(let usage): request.amount = .usage(Said.usage(usage))
    }
    request.overPolicy = Said.policy(command.overPolicy)
    request.eventTime = command.eventTime.map(Said.time)
    request.outcome = Said.outcome(command.outcome)
    request.sessionID = command.sessionID
    request.requestID = command.requestID
    return request
  }

  static func request(_ command: OpenHold, _ key: String) -> Farebox_Accounting_V1_OpenHoldRequest {
    var request = Farebox_Accounting_V1_OpenHoldRequest()
    (request.idempotencyKey, request.accountID) = (key, command.account.name)
    switch command.charge {
    case .micros(let micros): request.amount = .creditMicros(micros)
    case .usage(let usage): request.amount = .usage(Said.usage(usage))
    }
    request.minMicros = command.minMicros
    request.ttl = command.life.map(Said.duration)
    request.sessionID = command.sessionID
    request.sliceTokens = command.sliceTokens
    return request
  }

  static func request(
    _ command: ExtendHold, _ key: String
  ) -> Farebox_Accounting_V1_ExtendHoldRequest {
    var request = Farebox_Accounting_V1_ExtendHoldRequest()
    (request.idempotencyKey, request.holdID) = (key, command.hold.description)
    switch command.used {
    case .micros(let micros):
      request.used = .usedMicros(micros)
      request.wantedMicros = command.wanted
    case .usage(let usage):
      request.used = .usedTokens(Said.usage(usage))
      request.wantedTokens = command.wanted
    }
    request.ttl = command.life.map(Said.duration)
    return request
  }

  static func request(
    _ command: SettleHold, _ key: String
  ) -> Farebox_Accounting_V1_SettleHoldRequest {
    var request = Farebox_Accounting_V1_SettleHoldRequest()
    (request.idempotencyKey, request.holdID) = (key, command.hold.description)
    switch command.charge {
    case .micros(let micros): request.amount = .creditMicros(micros)
    case .usage(let usage): request.amount = .usage(Said.usage(usage))
    }
    request.overPolicy = Said.policy(command.overPolicy)
    request.outcome = Said.outcome(command.outcome)
    request.requestID = command.requestID
    return request
  }

  static func request(_ command: PutPrice, _ key: String) -> Farebox_Accounting_V1_PutPriceRequest {
    var price = Farebox_Accounting_V1_Price()
    price.model = command.model
    price.effectiveFrom = command.effectiveFrom.map(Said.time)
    price.inputMicrosPerMillion = command.rates.inputMicrosPerMillion
    price.outputMicrosPerMillion = command.rates.outputMicrosPerMillion
    price.cachedInputMicrosPerMillion = command.rates.cachedInputMicrosPerMillion
    price.reasoningMicrosPerMillion = command.rates.reasoningMicrosPerMillion
    price.perCallMicros = command.rates.perCallMicros
    price.minimumMicros = command.rates.minimumMicros
    var request = Farebox_Accounting_V1_PutPriceRequest()
    (request.idempotencyKey, request.price) = (key, price)
    return request
  }

  static func request(
    _ command: SetBudget, _ key: String
  ) -> Farebox_Accounting_V1_SetBudgetRequest {
    var request = Farebox_Accounting_V1_SetBudgetRequest()
    (request.idempotencyKey, request.accountID) = (key, command.account.name)
    request.budgetID = command.budget?.description ?? ""
    request.model = command.model ?? ""
    request.sessionID = command.sessionID ?? ""
    request.limitMicros = command.limitMicros
    switch command.window {
    case .none: break
    case .rolling(let length): request.window = .rolling(Said.duration(length))
    case .calendar(let period, let zone):
      var window = Farebox_Accounting_V1_CalendarWindow()
      window.zone = zone
      switch period {
      case .hour: window.period = .hour
      case .day: window.period = .day
      case .week: window.period = .week
      case .month: window.period = .month
      case .year: window.period = .year
      }
      request.window = .calendar(window)
    }
    switch command.mode {
    case .enforce: request.mode = .enforce
    case .observe: request.mode = .observe
    case .off: request.mode = .off
    }
    return request
  }
}

/// The ledger's values as the contract says them.
enum Said {
  static func time(_ time: LedgerTime) -> Google_Protobuf_Timestamp {
    var said = Google_Protobuf_Timestamp()
    said.seconds = time.microseconds / 1_000_000
    said.nanos = Int32(time.microseconds % 1_000_000) * 1_000
    return said
  }

  static func duration(_ duration: Duration) -> Google_Protobuf_Duration {
    var said = Google_Protobuf_Duration()
    said.seconds = duration.components.seconds
    return said
  }

  static func usage(_ usage: TokenUsage) -> Farebox_Accounting_V1_TokenUsage {
    var said = Farebox_Accounting_V1_TokenUsage()
    said.model = usage.model
    said.inputTokens = usage.inputTokens
    said.outputTokens = usage.outputTokens
    said.cachedInputTokens = usage.cachedInputTokens
    said.reasoningTokens = usage.reasoningTokens
    return said
  }

  static func policy(_ policy: OverPolicy) -> Farebox_Accounting_V1_OverPolicy {
    switch policy {
    case .cover: .cover
    case .cap: .cap
    case .reject: .reject
    }
  }

  static func outcome(_ outcome: Outcome) -> Farebox_Accounting_V1_Outcome {
    switch outcome {
    case .unspecified: .unspecified
    case .complete: .complete
    case .cancelled: .cancelled
    case .exhausted: .exhausted
    case .unreachable: .unreachable
    case .providerError: .providerError
    }
  }

  static func state(_ state: AccountState?) -> Farebox_Accounting_V1_AccountState {
    switch state {
    case .active: .active
    case .frozen: .frozen
    case .closed: .closed
    case nil: .unspecified
    }
  }
}
