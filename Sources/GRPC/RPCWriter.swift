/// The sending half of a stream of messages.
///
/// `write` suspends while more bytes are waiting for the peer than the transport wants to hold, so
/// a slow reader slows the writer down instead of filling memory. Write from one task at a time.
public struct RPCWriter<Element: Sendable>: Sendable {
  /// What is left to do after a message was taken.
  typealias Rest = @Sendable () async throws -> Void

  /// Takes one message; returns what is to be awaited before the next one, nil when nothing is. The
  /// usual message of a stream is sent by that and pays for no suspension point.
  private let begin: @Sendable (Element, _ mayCompress: Bool) throws -> Rest?

  /// Wraps a function that sends one message and returns when the next one is welcome.
  public init(_ send: @escaping @Sendable (Element) async throws -> Void) {
    begin = { element, _ in { try await send(element) } }
  }

  /// Wraps a function that is told as well whether the message may be compressed.
  public init(_ send: @escaping @Sendable (Element, _ mayCompress: Bool) async throws -> Void) {
    begin = { element, mayCompress in { try await send(element, mayCompress) } }
  }

  init(beginning begin: @escaping @Sendable (Element, _ mayCompress: Bool) throws -> Rest?) {
    self.begin = begin
  }

  // On the caller's executor: to leave it and come back would cost more than the message.

  /// Sends one message; throws `RPCError` when the call has ended.
  public nonisolated(nonsending) func write(_ element: Element) async throws {
    if let rest = try begin(element, true) { try await rest() }
  }

  /// Sends one message, uncompressed if `mayCompress` is false even where the call uses
  /// compression: for content that is compressed already, or must not betray itself by its size.
  public nonisolated(nonsending) func write(_ element: Element, mayCompress: Bool) async throws {
    if let rest = try begin(element, mayCompress) { try await rest() }
  }

  /// Sends all messages in order.
  public nonisolated(nonsending) func write(
    contentsOf elements: some Sequence<Element>
  ) async throws {
    for element in elements {
      if let rest = try begin(element, true) { try await rest() }
    }
  }
}
