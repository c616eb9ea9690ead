import GRPC
import Logging
import Synchronization

/// Writes one line for each call: method, peer, caller, outcome, duration.
///
/// Never logs payloads or metadata, so no password and no token.
public struct AccessLogInterceptor: ObservingInterceptor {
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

  /// What the line at the end needs of the beginning.
  public struct Observation: Sendable {
    let notes: AccessLogNotes
    let start: ContinuousClock.Instant
  }

  /// Notes the time, and gives inner interceptors a place to name the caller.
  public func callBegins(_ context: inout ServerContext) -> Observation {
    let notes = AccessLogNotes()
    context[AccessLogNotesKey.self] = notes
    return Observation(notes: notes, start: .now)
  }

  /// Writes the line.
  public func callEnded(
    _ observation: Observation, _ context: ServerContext, failure: (any Error)?
  ) {
    log(
      context, observation.notes, outcome: failure.map { RPCError(wrapping: $0).code } ?? .ok,
      duration: .now - observation.start)
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
