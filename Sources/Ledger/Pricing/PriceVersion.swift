/// What a model's tokens cost. Rates are micro-credits per 1,000,000 tokens.
public struct PriceRates: Sendable, Hashable {
  public let inputMicrosPerMillion: Int64
  public let outputMicrosPerMillion: Int64
  public let cachedInputMicrosPerMillion: Int64
  public let reasoningMicrosPerMillion: Int64
  /// The fee of each call, in micro-credits.
  public let perCallMicros: Int64
  /// The least cost of a call, in micro-credits.
  public let minimumMicros: Int64

  public init(
    inputMicrosPerMillion: Int64 = 0, outputMicrosPerMillion: Int64 = 0,
    cachedInputMicrosPerMillion: Int64 = 0, reasoningMicrosPerMillion: Int64 = 0,
    perCallMicros: Int64 = 0, minimumMicros: Int64 = 0
  ) {
    self.inputMicrosPerMillion = inputMicrosPerMillion
    self.outputMicrosPerMillion = outputMicrosPerMillion
    self.cachedInputMicrosPerMillion = cachedInputMicrosPerMillion
    self.reasoningMicrosPerMillion = reasoningMicrosPerMillion
    self.perCallMicros = perCallMicros
    self.minimumMicros = minimumMicros
  }

  /// Whether each figure is within 0...``LedgerLimits/rateMax``.
  public var isValid: Bool {
    let figures = [
      inputMicrosPerMillion, outputMicrosPerMillion, cachedInputMicrosPerMillion,
      reasoningMicrosPerMillion, perCallMicros, minimumMicros,
    ]
    return figures.allSatisfy { (0...LedgerLimits.rateMax).contains($0) }
  }
}

/// The price of one model from an instant on. Versions are never changed or removed.
public struct PriceVersion: Sendable, Hashable {
  /// Grows with each version of any model: the seq of the entry that put it.
  public let version: Int64
  public let model: String
  /// In force from this instant on.
  public let effectiveFrom: LedgerTime
  public let rates: PriceRates

  public init(version: Int64, model: String, effectiveFrom: LedgerTime, rates: PriceRates) {
    self.version = version
    self.model = model
    self.effectiveFrom = effectiveFrom
    self.rates = rates
  }
}
