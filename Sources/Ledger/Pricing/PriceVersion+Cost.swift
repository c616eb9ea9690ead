extension PriceVersion {
  /// What `usage` costs in micro-credits; nil when that is above ``LedgerLimits/amountMax``.
  ///
  /// The products are summed exactly and divided once, rounding up, so that the cost of a whole
  /// does not depend on the slices it came in. A priced call costs at least 1.
  public func costMicros(of usage: TokenUsage) -> Int64? {
    precondition(usage.isValid && usage.model == model, "usage that this price does not cover")
    let products = fixedProducts(of: usage) + outputProduct(usage.outputTokens)
    let tokens = (products + (Self.tokensPerRate - 1)) / Self.tokensPerRate
    let cost = max(tokens + Int128(rates.perCallMicros), Int128(rates.minimumMicros), 1)
    guard cost <= Int128(LedgerLimits.amountMax) else { return nil }
    return Int64(cost)
  }

  /// How many output tokens `budgetMicros` buys after the other tokens of `usage`.
  ///
  /// The largest count whose cost is within the budget, at most ``LedgerLimits/tokensMax``; 0 when
  /// even none is too dear.
  public func affordableOutputTokens(budgetMicros: Int64, besides usage: TokenUsage) -> Int64 {
    precondition(usage.isValid && usage.model == model, "usage that this price does not cover")
    precondition(budgetMicros >= 0, "a budget below zero")
    guard budgetMicros >= max(rates.minimumMicros, 1) else { return 0 }
    // ceil(products / M) + fee <= budget is the same as products <= (budget - fee) * M.
    let room =
      (Int128(budgetMicros) - Int128(rates.perCallMicros)) * Self.tokensPerRate
      - fixedProducts(of: usage)
    guard room >= 0 else { return 0 }
    guard rates.outputMicrosPerMillion > 0 else { return LedgerLimits.tokensMax }
    let tokens = room / Int128(rates.outputMicrosPerMillion)
    return Int64(min(tokens, Int128(LedgerLimits.tokensMax)))
  }

  private static var tokensPerRate: Int128 { 1_000_000 }

  // Counts are at most 10^12 and rates at most 10^15: three products stay below 2^127.
  private func fixedProducts(of usage: TokenUsage) -> Int128 {
    Int128(usage.inputTokens) * Int128(rates.inputMicrosPerMillion)
      + Int128(usage.cachedInputTokens) * Int128(rates.cachedInputMicrosPerMillion)
      + Int128(usage.reasoningTokens) * Int128(rates.reasoningMicrosPerMillion)
  }

  private func outputProduct(_ tokens: Int64) -> Int128 {
    Int128(tokens) * Int128(rates.outputMicrosPerMillion)
  }
}
