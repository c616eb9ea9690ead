import GRPC
import Tracing

/// Makes a span of every call of a client and tells the server about it in the call's metadata.
///
/// A child of the span that is current in the caller's task. Named `package.Service/Method`, with
/// the attributes of the OpenTelemetry conventions for RPC.
public struct ClientTracingInterceptor<Traces: Tracer>: ClientInterceptor {
  private let tracer: Traces

  /// Traces with `tracer`; nil when nobody collects traces, so that calls pay nothing.
  public init?(tracer: Traces) {
    guard !(tracer is NoOpTracer) else { return nil }
    self.tracer = tracer
  }

  /// Makes the call inside its span; throws what it throws.
  public func intercept(
    _ call: ClientRequestHead, next: @escaping Next
  ) async throws -> ClientReply {
    let span = tracer.startSpan(
      call.method.fullyQualifiedMethod, context: .current ?? .topLevel, ofKind: .client)
    span.describe(call.method, peer: nil)
    defer { span.end() }
    var call = call
    tracer.inject(span.context, into: &call.metadata, using: MetadataInjector())
    let traced = call
    do {
      let reply = try await ServiceContext.$current.withValue(span.context) {
        try await next(traced)
      }
      if let peer = reply.peer { span.attributes[CallAttribute.peer] = peer }
      span.note(.ok, on: .client)
      return reply
    } catch {
      span.recordError(error)
      let failure = RPCError(wrapping: error)
      if let peer = failure.peer { span.attributes[CallAttribute.peer] = peer }
      span.note(failure.code, on: .client)
      throw error
    }
  }
}
