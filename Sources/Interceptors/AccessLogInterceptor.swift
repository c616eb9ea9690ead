import GRPC
import Logging
import Synchronization

/// Writes one line for each call: method, peer, caller, outcome, duration.
///
/// Never logs payloads or metadata, so no password and no token.
public struct AccessLogInterceptor: ServerInterceptor {
  private let logger: Logger
  private let level: Logger.Level

  /// Logs to `logger` at `level`; costs a comparison per call when the logger does not log that.
  ///
  /// A line costs about as much as a small call: choose `info` where calls are few or matter much.
  public init(logger: Logger, level: Logger.Level = .debug) {
    self.logger = logger
    self.level = level
  }

  /// Nil when the logger does not log at the level: then calls pay nothing.
  public func bound(to method: MethodDescriptor) -> (any ServerInterceptor)? {
    logger.logLevel <= level ? self : nil
  }

  /// Calls `next` and logs how it ended; throws what it throws.
  public func intercept(
    _ context: ServerContext, next: (ServerContext) async throws -> Void
  ) async throws {
    guard logger.logLevel <= level else { return try await next(context) }
    let notes = AccessLogNotes()
    var noted = context
    noted[AccessLogNotesKey.self] = notes
    let start = ContinuousClock.now
    do {
      try await next(noted)
      log(context, notes, outcome: .ok, duration: .now - start)
    } catch {
      log(context, notes, outcome: RPCError(wrapping: error).code, duration: .now - start)
      throw error
    }
  }

  private func log(
    _ context: ServerContext, _ notes: AccessLogNotes, outcome: RPCError.Code,
    duration: ContinuousClock.Duration
  ) {
    let microseconds = duration / Duration.microseconds(1)
    var metadata: Logger.Metadata = [
      "rpc.method": "\(context.descriptor.fullyQualifiedMethod)",
      "rpc.status": "\(outcome)",
      "peer": "\(context.remotePeer)",
      "duration_us": "\(Int64(microseconds))",
    ]
    if let subject = notes.subject { metadata["subject"] = "\(subject)" }
    logger.log(level: level, "call", metadata: metadata)
  }
}

/// What inner interceptors tell the access log about a call.
final class AccessLogNotes: Sendable {
  private let noted = Mutex<String?>(nil)

  /// The caller's id, once it is known.
  var subject: String? { noted.withLock { $0 } }

  func setSubject(_ subject: String) { noted.withLock { $0 = subject } }
}

/// The place of the notes among a call's context values; there are none when nothing is logged.
enum AccessLogNotesKey: ContextKey {
  typealias Value = AccessLogNotes
}
