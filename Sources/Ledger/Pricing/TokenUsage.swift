/// Tokens of one model, by class.
public struct TokenUsage: Sendable, Hashable {
  /// The model whose price applies.
  public let model: String
  /// Prompt tokens that were not served from a cache.
  public let inputTokens: Int64
  /// Generated tokens.
  public let outputTokens: Int64
  /// Prompt tokens that were served from a cache.
  public let cachedInputTokens: Int64
  /// Tokens generated out of sight.
  public let reasoningTokens: Int64

  public init(
    model: String, inputTokens: Int64 = 0, outputTokens: Int64 = 0, cachedInputTokens: Int64 = 0,
    reasoningTokens: Int64 = 0
  ) {
    self.model = model
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.cachedInputTokens = cachedInputTokens
    self.reasoningTokens = reasoningTokens
  }

  /// The same with another count of generated tokens.
  func replacing(outputTokens: Int64) -> TokenUsage {
    TokenUsage(
      model: model, inputTokens: inputTokens, outputTokens: outputTokens,
      cachedInputTokens: cachedInputTokens, reasoningTokens: reasoningTokens)
  }

  /// What came on top of `earlier`, class by class; a count that fell is 0.
  func subtracting(_ earlier: TokenUsage) -> TokenUsage {
    TokenUsage(
      model: model, inputTokens: max(0, inputTokens - earlier.inputTokens),
      outputTokens: max(0, outputTokens - earlier.outputTokens),
      cachedInputTokens: max(0, cachedInputTokens - earlier.cachedInputTokens),
      reasoningTokens: max(0, reasoningTokens - earlier.reasoningTokens))
  }

  /// Whether there are no tokens of any class.
  public var isZero: Bool {
    inputTokens == 0 && outputTokens == 0 && cachedInputTokens == 0 && reasoningTokens == 0
  }

  /// Whether the model is a lawful name and each count is within 0...``LedgerLimits/tokensMax``.
  public var isValid: Bool {
    guard Identifier.isValid(model) else { return false }
    let lawful = 0...LedgerLimits.tokensMax
    return lawful.contains(inputTokens) && lawful.contains(outputTokens)
      && lawful.contains(cachedInputTokens) && lawful.contains(reasoningTokens)
  }
}

/// What is to be set aside or charged.
public enum Charge: Sendable, Hashable {
  /// An amount in micro-credits.
  case micros(Int64)
  /// Tokens at a model's price.
  case usage(TokenUsage)

  /// The model that the charge is for; nil for a bare amount.
  public var model: String? {
    guard case .usage(let usage) = self else { return nil }
    return usage.model
  }
}
