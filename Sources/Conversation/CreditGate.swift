/// The credit question as a conversation asks it. Implemented over accounting's RPCs.
///
/// No method throws: whatever goes wrong is a denial, so that a caller cannot mistake a failure for
/// a yes. Called from any thread.
public protocol CreditGate: Sendable {
  /// Asks whether `account` could pay for `usage` now. Advisory: the hold is the guarantee.
  func check(account: String, usage: MeteredUsage) async -> CreditVerdict

  /// Sets credit aside for the largest answer that `request` allows and the credit covers.
  func openHold(_ request: HoldRequest) async -> HoldVerdict

  /// Ends a hold: charges what was delivered, gives the rest back. Returns nil when the answer did
  /// not come in time; the gate then goes on trying by itself, with the same key.
  func settle(_ settlement: Settlement) async -> Receipt?
}

/// Tokens of one model.
public struct MeteredUsage: Sendable, Hashable {
  /// The model whose price applies.
  public var model: String
  /// Prompt tokens.
  public var inputTokens: Int64
  /// Generated tokens.
  public var outputTokens: Int64

  public init(model: String, inputTokens: Int64, outputTokens: Int64) {
    self.model = model
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
  }
}

/// What a hold is asked for.
public struct HoldRequest: Sendable, Hashable {
  /// Who pays.
  public let account: String
  /// The largest answer; a smaller grant will do…
  public let usage: MeteredUsage
  /// …down to this many micro-credits: what the smallest useful answer costs.
  public let minMicros: Int64
  /// The caller's session.
  public let session: String
  /// The idempotency key: the same for each attempt.
  public let key: String

  public init(
    account: String, usage: MeteredUsage, minMicros: Int64, session: String, key: String
  ) {
    self.account = account
    self.usage = usage
    self.minMicros = minMicros
    self.session = session
    self.key = key
  }
}

/// The answer to a credit question. What nobody has answered denies.
public enum CreditVerdict: Sendable, Hashable {
  case denied(Denial)
  /// The credit suffices now; `requiredMicros` is what the question came to.
  case sufficient(requiredMicros: Int64)

  /// The verdict of a question that was never answered: a denial.
  public init() {
    self = .denied(.unavailable(reason: "the credit question was not asked"))
  }
}

/// The answer to a request for a hold. What nobody has answered denies.
public enum HoldVerdict: Sendable, Hashable {
  case denied(Denial)
  case granted(Grant)

  /// The verdict of a request that was never answered: a denial.
  public init() {
    self = .denied(.unavailable(reason: "no hold was asked for"))
  }
}

/// Why a turn is not served. "Not enough" and "could not check" are different answers.
public enum Denial: Error, Sendable, Hashable {
  /// Accounting answered no. `answer` is its encoded answer, for the caller to read.
  case insufficient(message: String, answer: [UInt8])
  /// Accounting answered that the model has no price.
  case unknownModel(model: String)
  /// The question could not be answered: nothing is known about the credit.
  case unavailable(reason: String)
}

/// Credit that was set aside.
public struct Grant: Sendable, Hashable {
  /// The hold to settle.
  public let holdID: String
  /// Output tokens that it pays for, at least 1.
  public let outputTokens: Int64

  public init(holdID: String, outputTokens: Int64) {
    self.holdID = holdID
    self.outputTokens = outputTokens
  }
}

/// What a turn came to. A usage of nil charges nothing.
public struct Settlement: Sendable, Hashable {
  public let holdID: String
  public let usage: MeteredUsage?
  public let reason: EndReason
  /// The idempotency key: the same for each attempt.
  public let key: String

  public init(holdID: String, usage: MeteredUsage?, reason: EndReason, key: String) {
    self.holdID = holdID
    self.usage = usage
    self.reason = reason
    self.key = key
  }
}

/// What accounting charged.
public struct Receipt: Sendable, Hashable {
  public let chargedMicros: Int64
  /// Empty when nothing was charged.
  public let usageID: String
  public let availableMicros: Int64

  public init(chargedMicros: Int64, usageID: String, availableMicros: Int64) {
    self.chargedMicros = chargedMicros
    self.usageID = usageID
    self.availableMicros = availableMicros
  }
}
