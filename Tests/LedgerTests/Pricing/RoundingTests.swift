import LedgerConformance
import Testing

@testable import Ledger

/// I9 and I10 on a million random prices and cuts, against arithmetic of its own.
///
/// What a stream owes after each slice is the cost of all its tokens so far, less what it paid
/// before: however it is cut, the payments add up to the cost of the whole.
@Suite("Costs do not depend on how work is cut")
struct RoundingTests {
  /// Counts in base ten thousand, least digit first: as one multiplies on paper.
  private struct Paper {
    var digits: [UInt64] = []

    static func * (left: Paper, right: Paper) -> Paper {
      var result = Array(repeating: UInt64(0), count: left.digits.count + right.digits.count)
      for (shift, digit) in left.digits.enumerated() {
        var carry: UInt64 = 0
        for (place, other) in right.digits.enumerated() {
          let sum = result[shift + place] + digit * other + carry
          result[shift + place] = sum % 10_000
          carry = sum / 10_000
        }
        result[shift + right.digits.count] += carry
      }
      return Paper(digits: result)
    }

    static func + (left: Paper, right: Paper) -> Paper {
      var result: [UInt64] = []
      var carry: UInt64 = 0
      for place in 0..<max(left.digits.count, right.digits.count) {
        let one = place < left.digits.count ? left.digits[place] : 0
        let two = place < right.digits.count ? right.digits[place] : 0
        let sum = one + two + carry
        result.append(sum % 10_000)
        carry = sum / 10_000
      }
      return Paper(digits: carry > 0 ? result + [carry] : result)
    }

    init(digits: [UInt64]) { self.digits = digits }

    init(_ value: Int64) {
      var rest = UInt64(value)
      while rest > 0 {
        digits.append(rest % 10_000)
        rest /= 10_000
      }
    }

    /// A millionth of it, rounded up: the last six decimals are dropped, or count as one.
    var millionthsUp: Int64 {
      let low = digits.prefix(1).reduce(0, +) + (digits.count > 1 ? digits[1] % 100 : 0)
      var value: UInt64 = 0
      for place in digits.indices.dropFirst().reversed() { value = value * 10_000 + digits[place] }
      return Int64(value / 100 + (low > 0 ? 1 : 0))
    }
  }

  private struct Case {
    let price: PriceVersion
    let whole: TokenUsage
    let sliceCount: Int
  }

  private static func random(_ random: inout SeededGenerator) -> Case {
    /// Rates of very different sizes; often none.
    func rate(_ most: Int64) -> Int64 {
      guard random.next() % 4 > 0 else { return 0 }
      let digits = Int64(random.next() % 7)
      return Int64(random.next() % UInt64(max(1, most >> (3 * digits)) + 1))
    }
    func tokens() -> Int64 { Int64(random.next() % (random.next() % 3 == 0 ? 2_000_000 : 300)) }
    let rates = PriceRates(
      inputMicrosPerMillion: rate(90_000_000), outputMicrosPerMillion: rate(90_000_000),
      cachedInputMicrosPerMillion: rate(9_000_000), reasoningMicrosPerMillion: rate(90_000_000),
      perCallMicros: rate(100), minimumMicros: rate(100))
    let price = PriceVersion(
      version: 1, model: "m", effectiveFrom: LedgerTime(microseconds: 0), rates: rates)
    let whole = TokenUsage(
      model: "m", inputTokens: tokens(), outputTokens: tokens(), cachedInputTokens: tokens(),
      reasoningTokens: tokens())
    // One slice, a few, rarely a thousand.
    let kind = random.next() % 200
    let slices = kind == 0 ? 1_000 : kind < 60 ? 1 : 2 + Int(random.next() % 4)
    return Case(price: price, whole: whole, sliceCount: slices)
  }

  /// The cost of the whole, on paper.
  private static func cost(_ usage: TokenUsage, _ rates: PriceRates) -> Int64 {
    let sum =
      Paper(usage.inputTokens) * Paper(rates.inputMicrosPerMillion)
      + Paper(usage.outputTokens) * Paper(rates.outputMicrosPerMillion)
      + Paper(usage.cachedInputTokens) * Paper(rates.cachedInputMicrosPerMillion)
      + Paper(usage.reasoningTokens) * Paper(rates.reasoningMicrosPerMillion)
    return max(sum.millionthsUp + rates.perCallMicros, rates.minimumMicros, 1)
  }

  /// The tokens after so many of all slices.
  private static func part(_ whole: TokenUsage, _ slice: Int, of count: Int) -> TokenUsage {
    func part(_ tokens: Int64) -> Int64 { tokens * Int64(slice) / Int64(count) }
    return TokenUsage(
      model: "m", inputTokens: whole.inputTokens, outputTokens: part(whole.outputTokens),
      cachedInputTokens: whole.cachedInputTokens, reasoningTokens: part(whole.reasoningTokens))
  }

  /// What is wrong with one case; nil when nothing is.
  private static func fault(_ one: Case, onPaper: Bool) -> String? {
    var paid: Int64 = 0
    for slice in 1...one.sliceCount {
      guard let cost = one.price.costMicros(of: part(one.whole, slice, of: one.sliceCount)) else {
        return "no cost"
      }
      if cost < 1 { return "I10: nothing for a priced call" }
      if cost < paid { return "I10: more tokens cost less" }
      paid += cost - paid
    }
    guard let whole = one.price.costMicros(of: one.whole) else { return "no cost" }
    if paid != whole { return "I9: in slices \(paid), at once \(whole)" }
    if onPaper, whole != cost(one.whole, one.price.rates) {
      return "on paper \(cost(one.whole, one.price.rates)), found \(whole)"
    }
    return nil
  }

  @Test("on a million prices and cuts, to the micro, as on paper")
  func cuts() async {
    let seed = CampaignSize.firstSeed
    print("rounding: seed \(seed)")
    let faults = await withTaskGroup(of: String?.self) { group in
      for part in 0..<10 {
        group.addTask {
          var random = SeededGenerator(seed: seed &+ UInt64(part) &* 1_000_003)
          for number in 0..<100_000 {
            let one = Self.random(&random)
            // Paper is patient, and slow: every fourth case.
            if let fault = Self.fault(one, onPaper: number % 4 == 0) {
              return "part \(part), case \(number): \(fault); \(one)"
            }
          }
          return nil
        }
      }
      return await group.reduce(into: [String]()) { if let fault = $1 { $0.append(fault) } }
    }
    #expect(faults == [], "seed \(seed)")
  }

  @Test("the paper is right about what can be counted otherwise", arguments: [0, 1, 9_999, 10_000])
  func paper(factor: Int64) {
    for other: Int64 in [0, 1, 99, 100, 999_999, 1_000_000, 1_000_001, 123_456_789_012] {
      let product = factor * other
      let up = product / 1_000_000 + (product % 1_000_000 > 0 ? 1 : 0)
      #expect((Paper(factor) * Paper(other)).millionthsUp == up)
    }
  }
}
