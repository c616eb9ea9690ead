/// The sending half of a stream of messages.
///
/// `write` suspends while more bytes are waiting for the peer than the transport wants to hold, so
/// a slow reader slows the writer down instead of filling memory. Write from one task at a time.
public struct RPCWriter<Element: Sendable>: Sendable {
  private let send: @Sendable (Element) async throws -> Void

  /// Wraps a function that sends one message and returns when the next one is welcome.
  public init(_ send: @escaping @Sendable (Element) async throws -> Void) {
    self.send = send
  }

  /// Sends one message; throws `RPCError` when the call has ended.
  public func write(_ element: Element) async throws {
    try await send(element)
  }

  /// Sends all messages in order.
  public func write(contentsOf elements: some Sequence<Element>) async throws {
    for element in elements { try await send(element) }
  }
}
