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

  /// The form of this interceptor that serves one method, or nil when it has nothing to do there.
  ///
  /// Asked once for each method when a server starts: the place to look up what depends on the
  /// method alone. The default is the interceptor itself.
  func bound(to method: MethodDescriptor) -> (any ServerInterceptor)?
}

extension ServerInterceptor {
  public func bound(to method: MethodDescriptor) -> (any ServerInterceptor)? { self }
}

/// An interceptor that decides about most calls at once and sees nothing of how they end.
///
/// Passing such a call on costs no suspension point of its own.
public protocol AdmittingInterceptor: ServerInterceptor {
  /// Admits the call, with the context as received or enriched; throws to refuse it; or asks to be
  /// called by `intercept`, because it has to wait for something.
  func admit(_ context: inout ServerContext) throws -> Admission
}

/// What an admitting interceptor said about a call that it did not refuse. The zero value waits.
public enum Admission: Sendable, Hashable {
  case mustWait
  case admitted
}

/// The interceptors of a server, folded once at start-up.
enum InterceptorChain {
  /// A function that passes through all interceptors, the first one outermost, to the handler.
  static func fold(
    _ interceptors: [any ServerInterceptor], around handler: @escaping RegisteredMethod.Run,
    of method: MethodDescriptor
  ) -> RegisteredMethod.Run {
    var run = handler
    for interceptor in interceptors.reversed().compactMap({ $0.bound(to: method) }) {
      run = step(interceptor, before: run)
    }
    return run
  }

  private static func step(
    _ interceptor: any ServerInterceptor, before inner: @escaping RegisteredMethod.Run
  ) -> RegisteredMethod.Run {
    guard let gate = interceptor as? any AdmittingInterceptor else {
      return { context, call in
        try await interceptor.intercept(context) { try await inner($0, call) }
      }
    }
    return { context, call in
      var context = context
      switch try gate.admit(&context) {
      case .admitted: try await inner(context, call)
      case .mustWait: try await gate.intercept(context) { try await inner($0, call) }
      }
    }
  }
}
