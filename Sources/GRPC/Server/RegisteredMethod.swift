/// One method as the server runs it: with the interceptors around its handler, and its limits.
package final class RegisteredMethod: Sendable {
  /// Runs the method; the outcome is left in the call.
  package typealias Run = @Sendable (ServerContext, ServerCall) async throws -> Void
  /// Runs the method as far as it goes without suspending; the response is left in the call.
  typealias RunSynchronously = @Sendable (ServerContext, ServerCall) throws -> Progress

  /// How far a synchronous run came.
  enum Progress {
    /// The outcome is in the call.
    case ended
    /// An interceptor or the handler has to suspend: this is the rest of the way, from there on.
    /// It has its own context, as enriched so far.
    case mustWait(Run)
    /// The outcome comes later, by the call's `answerArrives`.
    case answersLater
  }

  package let descriptor: MethodDescriptor
  package let maxRequestBytes: Int
  /// Whether the request is a stream; kept apart from the descriptor for the hot path.
  package let requestIsStream: Bool
  /// Whether it has one request and one response.
  package let isUnary: Bool
  let run: Run
  /// Nil unless the handler and all its interceptors have a synchronous form.
  let runSynchronously: RunSynchronously?
  /// Whether the handler returns at once and is done, so that it needs no turn.
  let isDoneAtOnce: Bool

  init(
    descriptor: MethodDescriptor, maxRequestBytes: Int, run: @escaping Run,
    runSynchronously: RunSynchronously? = nil, answersLater: Bool = false
  ) {
    self.descriptor = descriptor
    self.maxRequestBytes = maxRequestBytes
    requestIsStream = descriptor.requestIsStream
    isUnary = !descriptor.requestIsStream && !descriptor.responseIsStream
    self.run = run
    self.runSynchronously = runSynchronously
    isDoneAtOnce = runSynchronously != nil && !answersLater
  }
}
