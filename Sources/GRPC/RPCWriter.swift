/// The sending half of a stream of messages.
///
/// `write` suspends while more bytes are waiting for the peer than the transport wants to hold, so
/// a slow reader slows the writer down instead of filling memory. Write from one task at a time.
public struct RPCWriter<Element: Sendable>: Sendable {
  private let send: @Sendable (Element, _ mayCompress: Bool) async throws -> Void

  /// Wraps a function that sends one message and returns when the next one is welcome.
  public init(_ send: @escaping @Sendable (Element) async throws -> Void) {
    self.send = { element, _ in try await send(element) }
  }

  /// Wraps a function that is told as well whether the message may be compressed.
  public init(_ send: @escaping @Sendable (Element, _ mayCompress: Bool) async throws -> Void) {
    self.send = send
  }

  /// Sends one message; throws `RPCError` when the call has ended.
  public func write(_ element: Element) async throws {
    try await send(element, true)
  }

  /// Sends one message, uncompressed if `mayCompress` is false even where the call uses
  /// compression: for content that is compressed already, or must not betray itself by its size.
  public func write(_ element: Element, mayCompress: Bool) async throws {
    try await send(element, mayCompress)
  }

  /// Sends all messages in order.
  public func write(contentsOf elements: some Sequence<Element>) async throws {
    for element in elements { try await send(element, true) }
  }
}
