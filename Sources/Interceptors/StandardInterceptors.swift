import GRPC
import Identity
import Logging
import Observability

/// The interceptors of every listener, in their order.
public enum StandardInterceptors {
  /// The list, outermost first. Tracing and metrics take part when their systems were bootstrapped
  /// before.
  ///
  /// - Parameters:
  ///   - verifier: made for the audience of the listener's service.
  ///   - table: decides who may call what.
  ///   - logger: gets the access log.
  ///   - accessLogLevel: the level of its lines.
  public static func list(
    verifier: TokenVerifier, table: AuthorizationTable = .farebox, logger: Logger,
    accessLogLevel: Logger.Level = .debug
  ) -> [any ServerInterceptor] {
    // Outermost, so that refused calls are seen, too: in traces, in metrics and in the log.
    ServerObservation.interceptors() + [
      AccessLogInterceptor(logger: logger, level: accessLogLevel),
      AuthenticationInterceptor(verifier: verifier, table: table),
      AuthorizationInterceptor(table: table),
    ]
  }
}
