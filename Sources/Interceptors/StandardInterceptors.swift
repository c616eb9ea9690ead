import GRPC
import Identity
import Logging

/// The interceptors of every listener, in their order.
public enum StandardInterceptors {
  /// The list, outermost first.
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
    [
      // Outermost, so that refused calls are in the log.
      AccessLogInterceptor(logger: logger, level: accessLogLevel),
      AuthenticationInterceptor(verifier: verifier, table: table),
      AuthorizationInterceptor(table: table),
    ]
  }
}
