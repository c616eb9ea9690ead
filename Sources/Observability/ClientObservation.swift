import GRPC
import Logging
import Metrics
import Tracing

/// The interceptors by which a client is watched, in their order.
public enum ClientObservation {
  /// Tracing, metrics and a log line per call: those that have anybody to report to. The list is
  /// empty, and calls cost nothing more, when nothing was bootstrapped and the level is off.
  ///
  /// - Parameters:
  ///   - logger: gets one line per call; nil = no lines.
  ///   - level: the level of those lines.
  public static func interceptors(
    logger: Logger? = nil, level: Logger.Level = .debug
  ) -> [any ClientInterceptor] {
    var interceptors: [any ClientInterceptor] = []
    if let tracing = tracing(with: InstrumentationSystem.tracer) { interceptors.append(tracing) }
    if let metrics = ClientMetricsInterceptor() { interceptors.append(metrics) }
    if let log = logger.flatMap({ ClientLogInterceptor(logger: $0, level: level) }) {
      interceptors.append(log)
    }
    return interceptors
  }

  private static func tracing(with tracer: some Tracer) -> (any ClientInterceptor)? {
    ClientTracingInterceptor(tracer: tracer)
  }
}
