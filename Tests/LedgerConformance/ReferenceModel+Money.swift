import Ledger

// Grants in their order, and prices.

extension ReferenceModel {
  /// Takes up to `amount` of free credit, best first, and returns from where.
  mutating func take(_ amount: Int64, from owner: String, for model: String?) -> [Part] {
    guard amount > 0 else { return [] }
    var left = amount
    var parts: [Part] = []
    for index in order(owner) where left > 0 {
      guard serves(grants[index], model) else {
        mark(.skipsOtherModels, if: isAlive(grants[index]))
        mark(.skipsNotBegun, if: grants[index].begins > now)
        continue
      }
      let part = min(left, grants[index].free)
      grants[index].free -= part
      left -= part
      if let last = parts.last { markOrder(grants[last.grant], grants[index]) }
      parts.append((index, part))
    }
    return parts
  }

  func serves(_ grant: Grant, _ model: String?) -> Bool {
    isAlive(grant) && (grant.models.isEmpty || model.map(grant.models.contains) == true)
  }

  /// Priority, expiry, class, begin, number: the lower first.
  private static func ranks(_ grant: Grant) -> (Int, Int64, Int, Int64, Int) {
    (grant.priority, grant.ends ?? .max, grant.isPromo ? 0 : 1, grant.begins, grant.number)
  }

  /// The grants of someone in which something is free.
  func order(_ owner: String) -> [Int] {
    let mine = grants.indices.filter { grants[$0].free > 0 && grants[$0].owner == owner }
    guard mine.count > 1 else { return mine }
    return mine.sorted { Self.ranks(grants[$0]) < Self.ranks(grants[$1]) }
  }

  /// All grants of someone, also those in which nothing is free.
  func everyOne(_ owner: String) -> [Int] {
    grants.indices.filter { grants[$0].owner == owner }
      .sorted { Self.ranks(grants[$0]) < Self.ranks(grants[$1]) }
  }

  private mutating func markOrder(_ first: Grant, _ second: Grant) {
    let (one, two) = (Self.ranks(first), Self.ranks(second))
    if one.0 != two.0 { return mark(.orderByPriority) }
    if one.1 != two.1 { return mark(.orderByExpiry) }
    if one.2 != two.2 { return mark(.orderByClass) }
    mark(one.3 != two.3 ? .orderByBegin : .orderByID)
  }

  func spendable(_ owner: String, for model: String?) -> Int64 {
    var sum: Int64 = 0
    for grant in grants where grant.free > 0 && grant.owner == owner && serves(grant, model) {
      sum += grant.free
    }
    return sum
  }

  /// What would pay for the model if it were not held.
  func held(_ owner: String, for model: String?) -> Int64 {
    var sum: Int64 = 0
    for grant in grants where grant.held > 0 && grant.owner == owner && serves(grant, model) {
      sum += grant.held
    }
    return sum
  }

  /// Available, held and debt: what GetBalance should say.
  func balance(_ owner: String) -> [Int64] {
    var free: Int64 = 0
    var held: Int64 = 0
    for grant in grants where grant.free + grant.held > 0 && grant.owner == owner {
      if isAlive(grant) { free += grant.free }
      held += grant.held
    }
    return [free, held, people[owner]?.debt ?? 0]
  }

  /// Free and held of someone, and in how many grants that is.
  func unspent(_ owner: String) -> (amount: Int64, grants: Int) {
    let mine = grants.filter { $0.owner == owner && $0.free + $0.held > 0 }
    return (mine.reduce(0) { $0 + $1.free + $1.held }, mine.count)
  }

  // MARK: Prices

  /// Cost by schoolbook arithmetic: add up parts of a millionth, round up at the end. Nil when it
  /// is more than there can be.
  static func cost(_ usage: TokenUsage, _ price: PriceVersion) -> Int64? {
    let rates = price.rates
    let pairs = [
      (usage.inputTokens, rates.inputMicrosPerMillion),
      (usage.outputTokens, rates.outputMicrosPerMillion),
      (usage.cachedInputTokens, rates.cachedInputMicrosPerMillion),
      (usage.reasoningTokens, rates.reasoningMicrosPerMillion),
    ]
    var whole: Int128 = 0
    var millionths: Int128 = 0
    for (tokens, rate) in pairs where tokens > 0 && rate > 0 {
      let product = Int128(tokens) * Int128(rate)
      whole += product / 1_000_000
      millionths += product % 1_000_000
    }
    whole += millionths / 1_000_000 + (millionths % 1_000_000 > 0 ? 1 : 0)
    let cost = max(whole + Int128(rates.perCallMicros), Int128(rates.minimumMicros), 1)
    return cost <= Int128(most) ? Int64(cost) : nil
  }

  func price(_ model: String, at time: Int64) -> PriceVersion? {
    var best: PriceVersion?
    for candidate in priceList where candidate.model == model {
      guard candidate.effectiveFrom.microseconds <= time else { continue }
      if let found = best, found.effectiveFrom > candidate.effectiveFrom { continue }
      best = candidate
    }
    return best
  }

  static func with(_ usage: TokenUsage, _ output: Int64) -> TokenUsage {
    TokenUsage(
      model: usage.model, inputTokens: usage.inputTokens, outputTokens: output,
      cachedInputTokens: usage.cachedInputTokens, reasoningTokens: usage.reasoningTokens)
  }

  /// How long nine of ten answers of a model are at most, in steps of 16, once 20 are known.
  func usualLength(_ model: String) -> Int64 {
    let lengths = answers.suffix(10_000).filter { $0.model == model }.map(\.tokens)
    guard lengths.count >= 20 else { return 512 }
    let ninth = lengths.sorted()[(lengths.count * 9 + 9) / 10 - 1]
    return min(512, (ninth + 15) / 16 * 16)
  }

  mutating func note(_ charge: Charge, _ outcome: Outcome) {
    guard outcome == .complete, case .usage(let usage) = charge, usage.outputTokens > 0 else {
      return
    }
    answers.append((usage.model, usage.outputTokens))
  }
}
