/// Where answers come from: a model upstream, or something built in.
///
/// Providers know nothing of credit. They are asked for at most `maxOutputTokens` tokens and pulled
/// chunk by chunk, so that a slow reader slows the provider down. Called from any thread.
public protocol ModelProvider: Sendable {
  /// The models that this provider answers for, the default first. Never empty.
  var models: [ModelDescription] { get }

  /// Counts the prompt tokens that `text` costs, as the provider itself will count them.
  func countTokens(in text: String, model: String) -> Int64

  /// Starts an answer. Throws ``ProviderFailure`` when the upstream refuses or cannot be reached.
  func open(_ request: ModelRequest) async throws(ProviderFailure) -> any ModelStream
}

/// One answer under way. Used by one task at a time; dropping it abandons the answer.
public protocol ModelStream: Sendable {
  /// Returns the next piece of the answer, or nil at its end. Throws ``ProviderFailure`` when the
  /// upstream fails, also when the surrounding task was cancelled.
  func next() async throws(ProviderFailure) -> ModelChunk?
}

/// A model that can be asked.
public struct ModelDescription: Sendable, Hashable {
  /// The name that callers ask for and that the price list knows.
  public let name: String
  /// The largest number of output tokens it accepts, at least 1.
  public let maxOutputTokens: Int64

  public init(name: String, maxOutputTokens: Int64) {
    precondition(maxOutputTokens >= 1, "a model that cannot answer is not a model")
    self.name = name
    self.maxOutputTokens = maxOutputTokens
  }
}

/// What a provider is asked.
public struct ModelRequest: Sendable, Hashable {
  /// The model, one of the provider's own.
  public let model: String
  /// The prompt.
  public let prompt: String
  /// The provider stops after this many output tokens; at least 1.
  public let maxOutputTokens: Int64

  public init(model: String, prompt: String, maxOutputTokens: Int64) {
    self.model = model
    self.prompt = prompt
    self.maxOutputTokens = maxOutputTokens
  }
}

/// A piece of an answer.
public struct ModelChunk: Sendable, Hashable {
  /// The text of these tokens.
  public let text: String
  /// How many output tokens it is, at least 1.
  public let tokens: Int64

  public init(text: String, tokens: Int64) {
    self.text = text
    self.tokens = tokens
  }
}

/// The provider could not go on with an answer.
public struct ProviderFailure: Error, Sendable, Hashable {
  /// What went wrong, for the operator's log; never sent to callers.
  public let reason: String

  public init(reason: String) {
    self.reason = reason
  }
}
