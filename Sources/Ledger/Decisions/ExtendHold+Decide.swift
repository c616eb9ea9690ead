extension ExtendHold {
  /// Decides an extension.
  ///
  /// `draft` is the hold's account with everything due written down; `hold` the hold as it stands
  /// then. Both are nil when there is no such hold. A report is always taken; credit is added as
  /// far as there is any, and none to an account that owes without an overdraft.
  func decide(on draft: inout Draft?, hold: Hold?, outputs: OutputHistory)
    -> Result<Answer, Refusal>
  {
    precondition(invalidField == nil, "an unlawful command reached its decision")
    // Refusals in contract order; RefusalOrderTests walks them row by row.
    guard let hold, var account = draft.take() else { return .failure(.holdNotFound) }
    let result = decide(&account, hold, outputs)
    draft = consume account
    return result
  }

  private func decide(
    _ account: inout Draft, _ hold: Hold, _ outputs: OutputHistory
  ) -> Result<Answer, Refusal> {
    precondition(hold.terms.account == account.account.id, "another account's hold")
    if let ended = hold.refusalOutsideItsLife(at: account.time) { return .failure(ended) }
    if let standing = account.account.standingRefusal { return .failure(standing) }
    let price = hold.terms.price
    let reached: Int64
    switch used.costMicros(under: price) {
    case .success(let cost): reached = cost
    case .failure(let refusal): return .failure(refusal)
    }
    let target: Int64
    switch targetMicros(reached: reached, price, outputs) {
    case .success(let cost): target = cost
    case .failure(let refusal): return .failure(refusal)
    }
    // From here on the extension succeeds.
    let missing = max(0, target - hold.grantedMicros)
    let model = price?.model
    let mayHold = account.account.debtMicros == 0 || account.account.overdraftLimitMicros > 0
    let scope = BudgetScope(of: hold)
    let room = account.account.budgetRoomMicros(for: scope, at: account.time)
    let pins =
      mayHold
      ? account.account.pins(for: min(missing, room), model: model, at: account.time) : []
    let wish = account.time.adding(life ?? LedgerLimits.holdLifeDefault)
    let isNewer = reached >= hold.reportedMicros
    account.record(
      .holdExtended(
        HoldExtension(
          hold: hold.id, pins: pins,
          expiresAt: max(hold.expiresAt, min(wish, hold.terms.maxUntil)),
          reportedMicros: max(hold.reportedMicros, reached),
          reportedUsage: isNewer ? used.usage : hold.reportedUsage)))
    guard let extended = account.account.holds[hold.id] else {
      preconditionFailure("an extended hold is not open")
    }
    return .success(
      .holdExtended(
        ExtendHoldAnswer(
          hold: extended, isFinalSlice: pins.totalMicros < missing,
          warning: CreditWarning(
            usedMicros: extended.reportedMicros, grantedMicros: extended.grantedMicros,
            availableMicros: min(
              account.account.spendableMicros(for: model, at: account.time),
              account.account.budgetRoomMicros(for: scope, at: account.time))),
          expiresIn: extended.expiresAt.duration(since: account.time), balance: account.balance)))
  }

  /// What the hold should cover: what was used and the next slice.
  private func targetMicros(reached: Int64, _ price: PriceVersion?, _ outputs: OutputHistory)
    -> Result<Int64, Refusal>
  {
    switch used {
    case .micros(let amount):
      // Two lawful amounts: far from overflow.
      let target = amount + wanted
      return target > LedgerLimits.amountMax ? .failure(.costOverflow) : .success(target)
    case .usage(let usage):
      guard wanted > 0, let price else { return .success(reached) }
      let slice = min(wanted, outputs.sliceTokens(for: usage.model))
      let target = usage.replacing(
        outputTokens: min(usage.outputTokens + slice, LedgerLimits.tokensMax))
      guard let cost = price.costMicros(of: target) else { return .failure(.costOverflow) }
      return .success(cost)
    }
  }
}

extension Hold {
  /// Why nothing but a settle is accepted, if so: the hold has ended, or only its grace is left.
  func refusalOutsideItsLife(at time: LedgerTime) -> Refusal? {
    if state != .open { return .holdEnded(state) }
    return time >= expiresAt ? .holdEnded(.expired) : nil
  }
}

extension Charge {
  /// The tokens; nil for a bare amount.
  var usage: TokenUsage? {
    guard case .usage(let usage) = self else { return nil }
    return usage
  }

  /// What was used under a hold's price, which may be 0: work that used no tokens costs nothing,
  /// not even the fee. Refuses another model's tokens, then a cost that is too high.
  func costMicros(under price: PriceVersion?) -> Result<Int64, Refusal> {
    switch self {
    case .micros(let amount):
      return .success(amount)
    case .usage(let usage):
      guard let price, price.model == usage.model else { return .failure(.modelMismatch) }
      if usage.isZero { return .success(0) }
      guard let cost = price.costMicros(of: usage) else { return .failure(.costOverflow) }
      return .success(cost)
    }
  }
}
