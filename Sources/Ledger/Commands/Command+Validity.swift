/// A field of a command that can never be accepted, whatever the state.
public struct InvalidField: Sendable, Hashable {
  /// The field's name as the contracts spell it, such as `account_id`.
  public let field: String
  /// What is wrong, as a phrase for people.
  public let reason: String
}

extension Command {
  /// The first unlawful field in contract order, or nil. Needs no state and no clock.
  public var invalidField: InvalidField? {
    switch self {
    case .allocateCredits(let command): command.invalidField
    case .deductCredits(let command): command.invalidField
    case .openHold(let command): command.invalidField
    case .settleHold(let command): command.invalidField
    case .extendHold(let command): command.invalidField
    case .releaseHold(let command): command.invalidField
    case .forceRelease(let command): command.invalidField
    case .adjustAllocation(let command): command.invalidField
    case .voidAllocation(let command): command.invalidField
    case .refundUsage(let command): command.invalidField
    case .recordUsage(let command): command.invalidField
    case .putPrice(let command): command.invalidField
    case .setBudget(let command): command.invalidField
    case .setBalanceAlerts(let command): command.invalidField
    case .setAccountState(let command): command.invalidField
    }
  }
}

extension Attempt {
  /// The first unlawful part, or nil.
  var invalidField: InvalidField? {
    guard (1...LedgerLimits.keyBytesMax).contains(key.utf8.count) else {
      return InvalidField(field: "idempotency_key", reason: "must be 1 to 128 bytes")
    }
    return nil
  }
}

extension AllocateCredits {
  var invalidField: InvalidField? {
    if let invalid = checkAccount(account) { return invalid }
    if let invalid = checkAmount(amountMicros, field: "amount") { return invalid }
    if let effectiveAt, let expiresAt, expiresAt <= effectiveAt {
      return InvalidField(field: "expires_at", reason: "must be after effective_at")
    }
    guard models.count <= LedgerLimits.modelsMax, models.allSatisfy(Identifier.isValid) else {
      return InvalidField(field: "models", reason: "must be at most 32 lawful names")
    }
    return checkText(notes, LedgerLimits.notesBytesMax, field: "notes")
  }
}

extension DeductCredits {
  var invalidField: InvalidField? {
    checkAccount(account) ?? checkCharge(charge) ?? checkSession(sessionID)
      ?? checkRequest(requestID)
  }
}

extension OpenHold {
  var invalidField: InvalidField? {
    if let invalid = checkAccount(account) ?? checkCharge(charge) { return invalid }
    if let minMicros, let invalid = checkAmount(minMicros, field: "min_micros") { return invalid }
    if case .micros(let amount) = charge, let minMicros, minMicros > amount {
      return InvalidField(field: "min_micros", reason: "must not be above the amount")
    }
    if let invalid = checkLife(life) { return invalid }
    if let sliceTokens {
      guard case .usage(let usage) = charge, usage.outputTokens > 0 else {
        return InvalidField(field: "slice_tokens", reason: "is for output tokens of a model")
      }
      guard (1...LedgerLimits.tokensMax).contains(sliceTokens) else {
        return InvalidField(field: "slice_tokens", reason: "must be 1 to 10^12")
      }
    }
    return checkSession(sessionID)
  }
}

extension SettleHold {
  var invalidField: InvalidField? {
    checkUsed(charge, field: "credit_micros") ?? checkRequest(requestID)
  }
}

extension ExtendHold {
  var invalidField: InvalidField? {
    if let invalid = checkUsed(used, field: "used_micros") { return invalid }
    switch used {
    case .micros:
      guard (0...LedgerLimits.amountMax).contains(wanted) else {
        return InvalidField(field: "wanted_micros", reason: "must be 0 to 10^15")
      }
    case .usage:
      guard (0...LedgerLimits.tokensMax).contains(wanted) else {
        return InvalidField(field: "wanted_tokens", reason: "must be 0 to 10^12")
      }
    }
    return checkLife(life)
  }
}

extension ForceRelease {
  var invalidField: InvalidField? {
    checkText(reason, LedgerLimits.reasonBytesMax, field: "reason")
  }
}

extension ReleaseHold {
  var invalidField: InvalidField? {
    checkText(reason, LedgerLimits.reasonBytesMax, field: "reason")
  }
}

extension PutPrice {
  var invalidField: InvalidField? {
    guard Identifier.isValid(model) else {
      return InvalidField(field: "price.model", reason: "must match [A-Za-z0-9_.:-]{1,64}")
    }
    guard rates.isValid else {
      return InvalidField(field: "price", reason: "rates must be 0 to 10^15")
    }
    return nil
  }
}

extension SetAccountState {
  var invalidField: InvalidField? {
    if let invalid = checkAccount(account) { return invalid }
    if let limit = overdraftLimitMicros, !(0...LedgerLimits.amountMax).contains(limit) {
      return InvalidField(field: "overdraft_limit_micros", reason: "must be 0 to 10^15")
    }
    return nil
  }
}

extension InvalidField {
  fileprivate static let unlawfulUsage = InvalidField(
    field: "usage", reason: "must name a model and hold 0 to 10^12 tokens of each class")
}

func checkAccount(_ account: AccountID) -> InvalidField? {
  guard Identifier.isValid(account.name) else {
    return InvalidField(field: "account_id", reason: "must match [A-Za-z0-9_.:-]{1,64}")
  }
  return nil
}

/// Checks what a deduction, a hold or a question asks for: more than nothing.
func checkCharge(_ charge: Charge) -> InvalidField? {
  switch charge {
  case .micros(let amount):
    return checkAmount(amount, field: "amount")
  case .usage(let usage):
    guard usage.isValid else { return .unlawfulUsage }
    guard !usage.isZero else {
      return InvalidField(field: "usage", reason: "must count at least one token")
    }
    return nil
  }
}

/// Checks what was used: nothing is lawful.
private func checkUsed(_ charge: Charge, field: String) -> InvalidField? {
  switch charge {
  case .micros(let amount):
    guard (0...LedgerLimits.amountMax).contains(amount) else {
      return InvalidField(field: field, reason: "must be 0 to 10^15")
    }
  case .usage(let usage):
    guard usage.isValid else { return .unlawfulUsage }
  }
  return nil
}

private func checkLife(_ life: Duration?) -> InvalidField? {
  if let life, !(LedgerLimits.holdLifeMin...LedgerLimits.holdLifeMax).contains(life) {
    return InvalidField(field: "ttl", reason: "must be 5 s to 15 min")
  }
  return nil
}

func checkAmount(_ amount: Int64, field: String) -> InvalidField? {
  guard (1...LedgerLimits.amountMax).contains(amount) else {
    return InvalidField(field: field, reason: "must be 1 to 10^15 micro-credits")
  }
  return nil
}

private func checkSession(_ session: String) -> InvalidField? {
  checkName(session, field: "session_id")
}

private func checkRequest(_ request: String) -> InvalidField? {
  checkName(request, field: "request_id")
}

/// Checks a caller's own name for something, which may be left out.
private func checkName(_ name: String, field: String) -> InvalidField? {
  guard name.isEmpty || Identifier.isValid(name) else {
    return InvalidField(field: field, reason: "must match [A-Za-z0-9_.:-]{1,64}")
  }
  return nil
}

func checkText(_ text: String, _ bytesMax: Int, field: String) -> InvalidField? {
  guard text.utf8.count <= bytesMax else {
    return InvalidField(field: field, reason: "must be at most \(bytesMax) bytes")
  }
  return nil
}
