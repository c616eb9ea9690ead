import Ledger
import LedgerConformance
import Testing

@Suite("The cost of tokens")
struct CostTests {
  static let rates = PriceRates(
    inputMicrosPerMillion: 3_000_000, outputMicrosPerMillion: 15_000_000,
    cachedInputMicrosPerMillion: 300_000, reasoningMicrosPerMillion: 15_000_000)

  static func price(_ rates: PriceRates) -> PriceVersion {
    PriceVersion(
      version: 1, model: "m", effectiveFrom: LedgerTime(microseconds: 0), rates: rates)
  }

  static func tokens(
    _ input: Int64, _ output: Int64 = 0, _ cached: Int64 = 0, _ reasoning: Int64 = 0
  ) -> TokenUsage {
    TokenUsage(
      model: "m", inputTokens: input, outputTokens: output, cachedInputTokens: cached,
      reasoningTokens: reasoning)
  }

  @Test(
    "is the exact sum of all products, divided once and rounded up",
    arguments: [
      (rates, tokens(1_000_000), 3_000_000),
      (rates, tokens(1), 3),
      (rates, tokens(0, 0, 1), 1),  // 0.3 rounds up
      (rates, tokens(0, 0, 3), 1),  // 0.9
      (rates, tokens(0, 0, 4), 2),  // 1.2
      (rates, tokens(1, 1, 1, 1), 34),  // 3 + 15 + 0.3 + 15: one rounding, not four
      (PriceRates(inputMicrosPerMillion: 1), tokens(1_000_000), 1),
      (PriceRates(inputMicrosPerMillion: 1), tokens(1_000_001), 2),
      (PriceRates(inputMicrosPerMillion: 1), tokens(2_000_000), 2),
      (PriceRates(), tokens(5), 1),  // a priced call costs at least 1
      (PriceRates(perCallMicros: 7), tokens(5), 7),
      (PriceRates(inputMicrosPerMillion: 1, perCallMicros: 7), tokens(5), 8),
      (PriceRates(perCallMicros: 7, minimumMicros: 9), tokens(5), 9),
      (PriceRates(inputMicrosPerMillion: 4_000_000, perCallMicros: 7), tokens(5), 27),
      // 999999998993000.000007: no floating point sees the last micro.
      (
        PriceRates(inputMicrosPerMillion: 999_999_999), tokens(999_999_999_993),
        999_999_998_993_001
      ),
    ] as [(PriceRates, TokenUsage, Int64)])
  func cost(rates: PriceRates, usage: TokenUsage, expected: Int64) {
    #expect(Self.price(rates).costMicros(of: usage) == expected)
  }

  @Test("is refused above the largest amount instead of overflowing")
  func overflow() {
    let dearest = PriceRates(
      inputMicrosPerMillion: LedgerLimits.rateMax, outputMicrosPerMillion: LedgerLimits.rateMax,
      cachedInputMicrosPerMillion: LedgerLimits.rateMax,
      reasoningMicrosPerMillion: LedgerLimits.rateMax, perCallMicros: LedgerLimits.rateMax,
      minimumMicros: LedgerLimits.rateMax)
    let most = LedgerLimits.tokensMax
    #expect(Self.price(dearest).costMicros(of: Self.tokens(most, most, most, most)) == nil)
    let edge = PriceRates(inputMicrosPerMillion: LedgerLimits.rateMax)
    #expect(Self.price(edge).costMicros(of: Self.tokens(1_000_000)) == LedgerLimits.amountMax)
    #expect(Self.price(edge).costMicros(of: Self.tokens(1_000_001)) == nil)
  }

  @Test("never falls with more tokens; affordable tokens are exactly the most that a budget buys")
  func affordable() throws {
    let seed = UInt64.random(in: 0..<1_000_000)
    print("affordable tokens: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2_000 {
      let price = Self.price(
        PriceRates(
          inputMicrosPerMillion: Int64.random(in: 0...5_000_000, using: &random),
          outputMicrosPerMillion: Int64.random(in: 1...5_000_000, using: &random),
          perCallMicros: Int64.random(in: 0...20, using: &random),
          minimumMicros: Int64.random(in: 0...20, using: &random)))
      let input = Int64.random(in: 0...20, using: &random)
      let budget = Int64.random(in: 0...100, using: &random)
      let most = price.affordableOutputTokens(budgetMicros: budget, besides: Self.tokens(input))
      let next = try #require(price.costMicros(of: Self.tokens(input, most + 1)))
      #expect(next > budget, "\(price) \(input) \(budget) \(most)")
      if most > 0 {
        let cost = try #require(price.costMicros(of: Self.tokens(input, most)))
        #expect(cost <= budget && cost <= next, "\(price) \(input) \(budget) \(most)")
      }
    }
  }

  @Test("uses the price in force at the instant, the newer of two that began together")
  func priceInForce() {
    func version(_ number: Int64, from: Int64) -> PriceVersion {
      PriceVersion(
        version: number, model: "m", effectiveFrom: LedgerTime(microseconds: from),
        rates: PriceRates())
    }
    let book = PriceBook([version(4, from: 20), version(1, from: 10), version(3, from: 20)])
    let expected: [(Int64, Int64?)] = [(9, nil), (10, 1), (19, 1), (20, 4), (99, 4)]
    for (time, number) in expected {
      #expect(book.price(of: "m", at: LedgerTime(microseconds: time))?.version == number)
    }
    #expect(book.price(of: "other", at: LedgerTime(microseconds: 99)) == nil)
  }
}
