import GRPC
import Logging

/// Writes one line for each call of a client: method, peer, outcome, duration.
///
/// Never logs payloads or metadata, so no password and no token.
public struct ClientLogInterceptor: ClientInterceptor {
  private let logger: Logger
  private let level: Logger.Level

  /// Logs to `logger` at `level`; nil when the logger does not log that, so that calls pay nothing.
  public init?(logger: Logger, level: Logger.Level = .debug) {
    guard logger.logLevel <= level else { return nil }
    self.logger = logger
    self.level = level
  }

  /// Makes the call and logs how it ended; throws what it throws.
  public func intercept(
    _ call: ClientRequestHead, next: @escaping Next
  ) async throws -> ClientReply {
    let start = Deadline.now()
    do {
      let reply = try await next(call)
      log(call, .ok, since: start, ["peer": "\(reply.peer ?? "unknown")"])
      return reply
    } catch {
      let failure = RPCError(wrapping: error)
      log(
        call, failure.code, since: start,
        ["peer": "\(failure.peer ?? "unknown")", "message": "\(failure.message)"])
      throw error
    }
  }

  private func log(
    _ call: ClientRequestHead, _ code: Status.Code, since start: Deadline, _ more: Logger.Metadata
  ) {
    let microseconds = (Deadline.now().nanoseconds - start.nanoseconds) / 1000
    let metadata: Logger.Metadata = [
      "rpc.method": "\(call.method.fullyQualifiedMethod)",
      "rpc.status": "\(code)",
      "duration_us": "\(microseconds)",
    ]
    logger.log(
      level: level, "client call", metadata: metadata.merging(more) { first, _ in first })
  }
}
