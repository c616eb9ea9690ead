/// Every bound that the ledger puts on amounts, texts, lives and queues.
public enum LedgerLimits {
  /// The largest amount of one request, and the most live credit of one account, in micro-credits.
  ///
  /// Small enough that a thousand of them still fit into 64 bits.
  public static let amountMax: Int64 = 1_000_000_000_000_000
  /// Micro-credits in one credit.
  public static let microsPerCredit: Int64 = 1_000_000
  /// The most tokens of one class in one request.
  public static let tokensMax: Int64 = 1_000_000_000_000
  /// The highest price rate, fee or minimum, in micro-credits.
  public static let rateMax: Int64 = 1_000_000_000_000_000

  /// The longest account id, model name or session id, in bytes.
  public static let identifierBytesMax = 64
  /// The longest idempotency key, in bytes.
  public static let keyBytesMax = 128
  /// The longest note on an allocation, in bytes.
  public static let notesBytesMax = 1024
  /// The longest reason for a release, in bytes.
  public static let reasonBytesMax = 256
  /// The most models that one allocation names.
  public static let modelsMax = 32
  /// The most unspent allocations of one account.
  public static let allocationsPerAccountMax = 1_000
  /// The most budgets of one account.
  public static let budgetsPerAccountMax = 32
  /// The shortest rolling window of a budget.
  public static let budgetWindowMin: Duration = .seconds(60)
  /// The longest rolling window of a budget.
  public static let budgetWindowMax: Duration = .seconds(366 * 24 * 60 * 60)
  /// The most low-balance thresholds of one account.
  public static let alertThresholdsMax = 8
  /// The most leads at which an account's expiries are told.
  public static let alertLeadsMax = 4
  /// The shortest lead at which an expiry is told.
  public static let alertLeadMin: Duration = .seconds(60)
  /// The longest lead at which an expiry is told.
  public static let alertLeadMax: Duration = .seconds(366 * 24 * 60 * 60)
  /// The most events on one page.
  public static let eventPageMax = 1_000
  /// The most prices on one page.
  public static let pricePageMax = 1_000
  /// The most open holds of one account.
  public static let openHoldsPerAccountMax = 10_000

  /// How long a hold lives when the caller does not say.
  public static let holdLifeDefault: Duration = .seconds(60)
  /// The shortest life of a hold.
  public static let holdLifeMin: Duration = .seconds(5)
  /// The longest life of a hold that was not extended.
  public static let holdLifeMax: Duration = .seconds(15 * 60)
  /// The longest life of a hold, however often it is extended.
  public static let holdLifeTotalMax: Duration = .seconds(24 * 60 * 60)
  /// The most output tokens of one slice, whatever a model's answers were like.
  public static let sliceTokensMax: Int64 = 512
  /// How long after a hold's expiry a settle still finds it open.
  public static let settleGrace: Duration = .seconds(5)
  /// How long after a hold's end a settle is charged, flagged late.
  public static let lateSettleWindow: Duration = .seconds(24 * 60 * 60)
  /// How long the first answer to a key is told again. The key stays used for ever.
  public static let answerLife: Duration = .seconds(7 * 24 * 60 * 60)
  /// How long a grant lives that makes up for a fault of the service.
  public static let faultGrantLife: Duration = .seconds(7 * 24 * 60 * 60)
  /// How far back a deduction's event time may lie.
  public static let eventAgeMax: Duration = .seconds(72 * 60 * 60)
  /// How far ahead of the ledger's clock a deduction's event time may lie.
  public static let eventLeadMax: Duration = .seconds(5 * 60)

  /// The most usage records on one page.
  public static let usagePageMax = 1_000
  /// The most charges of one RecordUsage.
  public static let recordsMax = 1_000
  /// The most holds on one page.
  public static let holdPageMax = 1_000
  /// The most journal entries on one page.
  public static let journalPageMax = 1_000
  /// The most journal entries that one page looks at.
  public static let journalExaminedMax: Int64 = 20_000
  /// The most watchers of balances.
  public static let watchersMax = 10_000
  /// The most watchers of one account.
  public static let watchersPerAccountMax = 100
  /// The most copies of the journal that are made at a time.
  public static let journalCopiesMax = 4
  /// The most questions that wait for the journal.
  public static let journalQuestionsMax = 256
}
