import GRPC
import Metrics

/// Counts the calls of a server, by method and status code, and measures how long they took.
///
/// | metric | kind | dimensions |
/// |---|---|---|
/// | `rpc.server.call.started` | counter | `rpc.system.name`, `rpc.method` |
/// | `rpc.server.call.completed` | counter | the same, `rpc.response.status_code` |
/// | `rpc.server.call.duration` | timer | the same, `rpc.response.status_code` |
/// | `grpc.server.call.sent_total_compressed_message_size` | recorder, bytes | the same |
/// | `grpc.server.call.rcvd_total_compressed_message_size` | recorder, bytes | the same |
/// | `grpc.server.call.sent_messages` | recorder | the same |
/// | `grpc.server.call.rcvd_messages` | recorder | the same |
///
/// Put it outermost, so that refusals of other interceptors are counted. Calls that no handler was
/// found for are not.
public struct ServerMetricsInterceptor: ObservingInterceptor {
  private let factory: any MetricsFactory
  /// Those of the method that this form is bound to.
  private let instruments: CallInstruments?

  /// Measures with `factory`: bootstrap the metrics system before.
  public init(factory: any MetricsFactory = MetricsSystem.factory) {
    self.init(factory, nil)
  }

  private init(_ factory: any MetricsFactory, _ instruments: CallInstruments?) {
    self.factory = factory
    self.instruments = instruments
  }

  /// The form that has the method's instruments at hand; nil when nobody collects metrics, so that
  /// calls pay nothing.
  public func bound(to method: MethodDescriptor) -> (any ServerInterceptor)? {
    guard !(factory is NOOPMetricsHandler) else { return nil }
    return Self(factory, CallInstruments(of: method, side: .server, factory: factory))
  }

  /// What the end of a call needs of its beginning.
  public struct Observation: Sendable {
    let instruments: CallInstruments
    let start: Deadline
  }

  /// Counts the call; with instruments made for it unless this is the bound form, as in servers.
  public func callBegins(_ context: inout ServerContext) -> Observation {
    let instruments =
      instruments ?? CallInstruments(of: context.descriptor, side: .server, factory: factory)
    context.observeTraffic(with: instruments)
    return Observation(instruments: instruments, start: instruments.start())
  }

  /// Counts how the call ended, and how long it took.
  public func callEnded(
    _ observation: Observation, _ context: ServerContext, failure: (any Error)?
  ) {
    observation.instruments.end(context.outcome(failure), startedAt: observation.start)
  }
}
