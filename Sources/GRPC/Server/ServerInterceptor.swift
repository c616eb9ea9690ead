/// Something that happens around every call: authentication, logging, metrics.
///
/// Runs before the payload of a unary request is parsed, so a refusal costs the least. Throw to
/// refuse: returning without having called `next` leaves a unary call without a response, which
/// reaches the client as INTERNAL.
public protocol ServerInterceptor: Sendable {
  /// Calls `next`, with the context as received or enriched, or throws.
  func intercept(
    _ context: ServerContext, next: (ServerContext) async throws -> Void
  ) async throws
}

/// The interceptors of a server, folded once at start-up.
enum InterceptorChain {
  /// A function that passes through all interceptors, the first one outermost, to the handler.
  static func fold(
    _ interceptors: [any ServerInterceptor], around handler: @escaping RegisteredMethod.Run
  ) -> RegisteredMethod.Run {
    var run = handler
    for interceptor in interceptors.reversed() {
      let inner = run
      run = { context, call in
        try await interceptor.intercept(context) { next in
          try await inner(next, call)
        }
      }
    }
    return run
  }
}
