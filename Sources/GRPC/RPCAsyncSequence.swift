/// The receiving half of a stream of messages, for one consumer.
///
/// Flow-control credit goes back to the peer when a message is taken, so a slow consumer slows the
/// sender down. Iterate once: a second iterator continues where the first one is.
public struct RPCAsyncSequence<Element: Sendable>: AsyncSequence, Sendable {
  /// Any error of the stream; transports throw `RPCError`.
  public typealias Failure = any Error

  private let take: @Sendable () async throws -> Element?

  /// Wraps a function that returns the next message, nil at the end.
  public init(_ next: @escaping @Sendable () async throws -> Element?) {
    self.take = next
  }

  /// Starts (or continues) to consume.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(take: take)
  }

  /// Takes messages one after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let take: @Sendable () async throws -> Element?

    /// The next message, nil when the stream has ended well; throws when it failed.
    public mutating func next() async throws -> Element? {
      try await take()
    }
  }
}
