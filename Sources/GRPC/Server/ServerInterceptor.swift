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

/// An interceptor that watches calls from their beginning to their end, and never waits.
///
/// For access logs and metrics. Handlers keep their synchronous form inside it, and other calls
/// pay for no suspension point.
public protocol ObservingInterceptor: ServerInterceptor {
  /// What the end of a call needs to know about its beginning.
  associatedtype Observation: Sendable

  /// A call begins; the context may be enriched.
  func callBegins(_ context: inout ServerContext) -> Observation

  /// The same call has ended: what is inside this interceptor returned, or threw `failure`.
  func callEnded(_ observation: Observation, _ context: ServerContext, failure: (any Error)?)
}

extension ObservingInterceptor {
  /// Calls `next` between ``callBegins(_:)`` and ``callEnded(_:_:failure:)``.
  public func intercept(
    _ context: ServerContext, next: (ServerContext) async throws -> Void
  ) async throws {
    var context = context
    let observation = callBegins(&context)
    do {
      try await next(context)
    } catch {
      callEnded(observation, context, failure: error)
      throw error
    }
    callEnded(observation, context, failure: nil)
  }
}
