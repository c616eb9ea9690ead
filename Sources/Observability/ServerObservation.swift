import GRPC
import Metrics
import Tracing

/// The interceptors by which a server is watched, in their order.
public enum ServerObservation {
  /// Tracing and metrics, for the outermost place. They bind to no method, and cost nothing, when
  /// nothing was bootstrapped before.
  public static func interceptors() -> [any ServerInterceptor] {
    [tracing(with: InstrumentationSystem.tracer), ServerMetricsInterceptor()]
  }

  private static func tracing(with tracer: some Tracer) -> any ServerInterceptor {
    ServerTracingInterceptor(tracer: tracer)
  }
}
