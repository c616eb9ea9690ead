/// Two deterministic models without a network, for demonstrations and tests.
///
/// `echo-1` says the prompt back, a token a word; `counter-1` counts upwards for as long as it may.
/// The same request always gives the same answer. A token is a run of non-blank characters.
public struct BuiltInProvider: ModelProvider {
  /// The name of the model that repeats the prompt.
  public static let echo = "echo-1"
  /// The name of the model that counts until it is stopped.
  public static let counter = "counter-1"

  private let chunkDelay: Duration

  /// - Parameter chunkDelay: how long each token takes; zero answers as fast as it is read.
  public init(chunkDelay: Duration = .zero) {
    self.chunkDelay = chunkDelay
  }

  public var models: [ModelDescription] {
    [
      ModelDescription(name: Self.echo, maxOutputTokens: 4096),
      ModelDescription(name: Self.counter, maxOutputTokens: 100_000),
    ]
  }

  public func countTokens(in text: String, model: String) -> Int64 {
    Int64(text.split(whereSeparator: \.isWhitespace).count)
  }

  public func open(_ request: ModelRequest) async throws(ProviderFailure) -> any ModelStream {
    switch request.model {
    case Self.echo:
      let words = request.prompt.split(whereSeparator: \.isWhitespace).map(String.init)
      return BuiltInStream(limit: request.maxOutputTokens, delay: chunkDelay) { index in
        index < words.count ? words[index] : nil
      }
    case Self.counter:
      return BuiltInStream(limit: request.maxOutputTokens, delay: chunkDelay) { index in
        String(index + 1)
      }
    default:
      throw ProviderFailure(reason: "no built-in model is called \(request.model)")
    }
  }
}

/// An answer of a built-in model. An actor only because streams may move between tasks.
private actor BuiltInStream: ModelStream {
  private let limit: Int64
  private let delay: Duration
  private let word: @Sendable (Int) -> String?
  private var index = 0

  init(limit: Int64, delay: Duration, word: @escaping @Sendable (Int) -> String?) {
    self.limit = limit
    self.delay = delay
    self.word = word
  }

  func next() async throws(ProviderFailure) -> ModelChunk? {
    guard Int64(index) < limit, let word = word(index) else { return nil }
    if delay > .zero {
      do { try await Task.sleep(for: delay) } catch { throw ProviderFailure(reason: "cancelled") }
    }
    defer { index += 1 }
    return ModelChunk(text: index == 0 ? word : " " + word, tokens: 1)
  }
}
