import HTTP2

/// The limits of a server. Every default is stated with its number.
public struct ServerLimits: Sendable, Hashable {
  /// Limits and windows of each HTTP/2 session: see `SessionConfiguration`.
  public var session = SessionConfiguration()
  /// Handlers of one connection that may run at once, those of reset calls included: 100. Further
  /// calls are refused with REFUSED_STREAM, which clients may retry.
  public var maxRunningHandlers = 100
  /// Bytes of request messages that the calls of one connection may hold before handlers take them:
  /// 32 MiB. The call that goes beyond it fails with RESOURCE_EXHAUSTED.
  public var maxHeldRequestBytes = 32 * 1024 * 1024
  /// Open connections: 10,000. Further ones are closed at once.
  public var maxConnections = 10_000
  /// Time for the HTTP/2 preface and the first SETTINGS: 5 s.
  public var prefaceTimeout: Duration = .seconds(5)
  /// Longest time a call may take; also the deadline of calls that bring none: 1 h.
  public var maxCallDuration: Duration = .seconds(3600)
  /// Time that calls in flight get to finish when the server drains: 30 s.
  public var shutdownGrace: Duration = .seconds(30)

  /// The documented defaults.
  public init() {}
}
