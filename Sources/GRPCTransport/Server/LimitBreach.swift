/// A limit of a server that a client, or all of them together, ran into. For counters.
///
/// Each says what became of it; the figures are those of ``ServerLimits``.
public enum LimitBreach: String, Sendable, Hashable, CaseIterable {
  /// A response was not taken fast enough: the stream was reset, its handler cancelled.
  case responseStall = "response_stall"
  /// Nothing that was written to the socket was taken: the connection was closed.
  case connectionStall = "connection_stall"
}
