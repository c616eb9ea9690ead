import GRPC
import Tracing

/// Makes a span of every call that a server serves, as a child of the client's when its metadata
/// names one.
///
/// The span is the current one of the handler's task, so calls and spans made there become its
/// children. Named `package.Service/Method`, with the attributes of the OpenTelemetry conventions
/// for RPC. Put it outermost.
public struct ServerTracingInterceptor<Traces: Tracer>: ServerInterceptor {
  private let tracer: Traces

  /// Traces with `tracer`.
  public init(tracer: Traces) {
    self.tracer = tracer
  }

  /// Nil when nobody collects traces: then calls pay nothing.
  public func bound(to method: MethodDescriptor) -> (any ServerInterceptor)? {
    tracer is NoOpTracer ? nil : self
  }

  /// Runs the call inside its span; throws what it throws.
  public func intercept(
    _ context: ServerContext, next: (ServerContext) async throws -> Void
  ) async throws {
    var caller = ServiceContext.topLevel
    tracer.extract(context.metadata, into: &caller, using: MetadataExtractor())
    let span = tracer.startSpan(
      context.descriptor.fullyQualifiedMethod, context: caller, ofKind: .server)
    span.describe(context.descriptor, peer: context.remotePeer)
    defer { span.end() }
    do {
      try await ServiceContext.$current.withValue(span.context) { try await next(context) }
      span.note(context.outcome(nil), on: .server)
    } catch {
      let code = context.outcome(error)
      if code.isFault(of: .server) { span.recordError(error) }
      span.note(code, on: .server)
      throw error
    }
  }
}
