import GRPC
import Metrics

/// Counts the calls of a server, by method and status code, and measures how long they took.
///
/// | metric | kind | dimensions |
/// |---|---|---|
/// | `rpc.server.call.started` | counter | `rpc.system.name`, `rpc.method` |
/// | `rpc.server.call.completed` | counter | the same, `rpc.response.status_code` |
/// | `rpc.server.call.duration` | timer | the same, `rpc.response.status_code` |
///
/// Put it outermost, so that refusals of other interceptors are counted. Calls that no handler was
/// found for are not.
public struct ServerMetricsInterceptor: ServerInterceptor {
  private let factory: any MetricsFactory

  /// Measures with `factory`: bootstrap the metrics system before.
  public init(factory: any MetricsFactory = MetricsSystem.factory) {
    self.factory = factory
  }

  /// The form that has the method's instruments at hand; nil when nobody collects metrics, so that
  /// calls pay nothing.
  public func bound(to method: MethodDescriptor) -> (any ServerInterceptor)? {
    guard !(factory is NOOPMetricsHandler) else { return nil }
    return Bound(CallInstruments(of: method, side: .server, factory: factory))
  }

  /// Measures one call with instruments made for it; servers use the bound form.
  public func intercept(
    _ context: ServerContext, next: (ServerContext) async throws -> Void
  ) async throws {
    let instruments = CallInstruments(of: context.descriptor, side: .server, factory: factory)
    try await Bound(instruments).intercept(context, next: next)
  }

  private struct Bound: ServerInterceptor {
    let instruments: CallInstruments

    init(_ instruments: CallInstruments) { self.instruments = instruments }

    func intercept(
      _ context: ServerContext, next: (ServerContext) async throws -> Void
    ) async throws {
      let start = instruments.start()
      do {
        try await next(context)
        instruments.end(context.outcome(nil), startedAt: start)
      } catch {
        instruments.end(context.outcome(error), startedAt: start)
        throw error
      }
    }
  }
}
