/// Code around every call of a client: credentials, logging, metrics.
///
/// ```
/// func intercept(_ call: ClientRequestHead, next: Next) async throws -> ClientReply {
///   var call = call
///   call.metadata.addString("Bearer \(try await token())", forKey: "authorization")
///   return try await next(call)
/// }
/// ```
/// The list is folded once when the client is made: the first interceptor is the outermost. For
/// streams, `next` returns when the call has ended and the reply has no message. Call `next` once:
/// repeating calls is the business of the transport. Method, metadata and deadline are at hand from
/// the start; the peer is in the reply and in the error, since which server it will be is decided
/// later.
public protocol ClientInterceptor: Sendable {
  /// The rest of the chain, and in the end the call itself.
  typealias Next = @Sendable (ClientRequestHead) async throws -> ClientReply

  /// Runs around one call; throw to refuse it.
  func intercept(_ call: ClientRequestHead, next: @escaping Next) async throws -> ClientReply
}

/// All interceptors of a client as one function.
struct ClientInterceptorChain: Sendable {
  typealias Run =
    @Sendable (ClientRequestHead, @escaping ClientInterceptor.Next) async throws -> ClientReply

  let run: Run

  /// Folds the list; nil when it is empty, so that calls take the direct way.
  init?(_ interceptors: [any ClientInterceptor]) {
    guard let innermost = interceptors.last else { return nil }
    var run: Run = { try await innermost.intercept($0, next: $1) }
    for interceptor in interceptors.dropLast().reversed() {
      let inner = run
      run = { head, end in
        try await interceptor.intercept(head) { try await inner($0, end) }
      }
    }
    self.run = run
  }
}
