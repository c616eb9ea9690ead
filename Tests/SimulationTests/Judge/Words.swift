import Contracts
import GRPC
import Ledger
import Protobuf

/// Answers in words: what a caller was told, and what the journal says was answered, to be compared
/// letter by letter. The two sides share nothing but the form.
enum Words {
  static func balance(_ balance: Farebox_Accounting_V1_Balance?) -> String {
    guard let balance else { return "no balance" }
    return "has \(balance.availableMicros) \(balance.heldMicros) \(balance.debtMicros)"
  }

  static func balance(_ balance: Balance) -> String {
    "has \(balance.availableMicros) \(balance.heldMicros) \(balance.debtMicros)"
  }

  static func pins(_ pins: [Farebox_Accounting_V1_Pin]) -> String {
    pins.map { "\($0.allocationID):\($0.amountMicros)" }.joined(separator: " ")
  }

  static func pins(_ pins: [Pin]) -> String {
    pins.map { "\($0.allocation):\($0.amountMicros)" }.joined(separator: " ")
  }

  static func time(_ time: Google_Protobuf_Timestamp?) -> String {
    time.map { "\($0.seconds * 1_000_000 + Int64($0.nanos) / 1_000)" } ?? "never"
  }

  static func time(_ time: LedgerTime?) -> String {
    time.map { "\($0.microseconds)" } ?? "never"
  }

  static func optional(_ number: Int64?) -> String { number.map { "\($0)" } ?? "none" }

  static func hold(_ hold: Farebox_Accounting_V1_Hold?) -> String {
    guard let hold else { return "no hold" }
    return "\(hold.holdID) \(hold.state) \(hold.grantedMicros) until \(time(hold.expiresAt)) "
      + "reported \(hold.reportedMicros) [\(pins(hold.pins))]"
  }

  static func hold(_ hold: Hold) -> String {
    "\(hold.id) \(hold.state) \(hold.grantedMicros) until \(time(hold.expiresAt)) "
      + "reported \(hold.reportedMicros) [\(pins(hold.pins))]"
  }

  static func usage(_ usage: Farebox_Accounting_V1_UsageRecord?) -> String {
    guard let usage else { return "no charge" }
    return "\(usage.usageID) \(usage.chargedMicros) lost \(usage.uncollectedMicros) "
      + "late \(usage.late) [\(pins(usage.pins))]"
  }

  static func usage(_ usage: UsageRecord) -> String {
    "\(usage.id) \(usage.chargedMicros) lost \(usage.uncollectedMicros) "
      + "late \(usage.isLate) [\(pins(usage.pins))]"
  }

  static func charge(_ answer: Farebox_Accounting_V1_DeductCreditsResponse) -> String {
    "\(usage(answer.usage)), \(balance(answer.balance))"
  }

  static func allocation(_ grant: Farebox_Accounting_V1_Allocation?) -> String {
    guard let grant else { return "no grant" }
    let parts = [
      grant.availableMicros, grant.heldMicros, grant.spentMicros, grant.expiredMicros,
      grant.voidedMicros,
    ]
    return "\(grant.allocationID) \(grant.amountMicros) \(parts) until \(time(grant.expiresAt)) "
      + "void \(grant.voided)"
  }

  static func allocation(_ grant: Allocation) -> String {
    let parts = [
      grant.availableMicros, grant.heldMicros, grant.spentMicros, grant.expiredMicros,
      grant.voidedMicros,
    ]
    return "\(grant.terms.id) \(grant.terms.amountMicros) \(parts) "
      + "until \(time(grant.terms.expiresAt)) void \(grant.isVoided)"
  }

  static func price(_ price: Farebox_Accounting_V1_Price?) -> String {
    guard let price else { return "no price" }
    return "\(price.version) \(price.model) \(time(price.effectiveFrom)) "
      + "\(price.inputMicrosPerMillion) \(price.outputMicrosPerMillion)"
  }

  static func price(_ price: PriceVersion) -> String {
    "\(price.version) \(price.model) \(time(price.effectiveFrom)) "
      + "\(price.rates.inputMicrosPerMillion) \(price.rates.outputMicrosPerMillion)"
  }

  static func budget(_ budget: Farebox_Accounting_V1_Budget?) -> String {
    guard let budget else { return "no budget" }
    return "\(budget.budgetID) \(budget.accountID) \(budget.limitMicros) \(budget.mode) "
      + "\(budget.usedMicros) \(budget.heldMicros)"
  }

  static func budget(_ status: BudgetStatus) -> String {
    "\(status.terms.id) \(status.terms.account) \(status.terms.limitMicros) \(status.terms.mode) "
      + "\(status.usedMicros) \(status.heldMicros)"
  }

  // MARK: Whole answers

  static func answer(_ answer: Answer) -> String {
    let words: [String] =
      switch answer {
      case .allocated(let answer):
        [
          allocation(answer.allocation), "repaid \(answer.debtRepaidMicros)",
          balance(answer.balance),
        ]
      case .deducted(let answer): [usage(answer.usage), balance(answer.balance)]
      case .holdOpened(let answer):
        [
          hold(answer.hold), "final \(answer.isFinalSlice)", optional(answer.grantedTokens),
          balance(answer.balance),
        ]
      case .holdSettled(let answer):
        [usage(answer.usage), "back \(answer.returnedMicros)", balance(answer.balance)]
      case .holdExtended(let answer):
        [
          hold(answer.hold), "final \(answer.isFinalSlice)", optional(answer.grantedTokens),
          balance(answer.balance),
        ]
      case .holdReleased(let answer):
        [hold(answer.hold), "back \(answer.returnedMicros)", balance(answer.balance)]
      case .holdForced(let answer):
        [
          hold(answer.hold), "back \(answer.returnedMicros)",
          answer.usage.map { usage($0) } ?? "no charge", balance(answer.balance),
        ]
      case .allocationAdjusted(let answer):
        [allocation(answer.allocation), balance(answer.balance)]
      case .allocationVoided(let answer):
        [allocation(answer.allocation), "void \(answer.voidedMicros)", balance(answer.balance)]
      case .refunded(let answer): refund(answer)
      case .pricePut(let answer): [price(answer.price)]
      case .budgetSet(let answer): [budget(answer.status)]
      case .alertsSet(let answer):
        [
          "alerts \(answer.thresholds.map { "\($0.micros) \($0.isArmed)" })",
          balance(answer.balance),
        ]
      case .accountStateSet(let answer):
        ["\(answer.state) limit \(answer.overdraftLimitMicros)", balance(answer.balance)]
      }
    return words.joined(separator: ", ")
  }

  private static func refund(_ answer: RefundAnswer) -> [String] {
    let refund = answer.refund
    func sum(_ pins: [Pin]) -> Int64 { pins.reduce(0) { $0 + $1.amountMicros } }
    return [
      "refunded \(refund.amountMicros) of \(refund.totalMicros)", pins(refund.returned),
      "lost \(sum(refund.expired)) \(sum(refund.voided))", "debt \(refund.debtMicros)",
      "new \(answer.grants.map(\.terms.id.description))", balance(answer.balance),
    ]
  }
}
