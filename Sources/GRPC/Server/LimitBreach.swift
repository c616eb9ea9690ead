/// A limit of a server that a client, or all of them together, ran into. For counters.
///
/// Each says what became of it. The figures are those of `ServerLimits`.
public enum LimitBreach: String, Sendable, Hashable, CaseIterable {
  /// More connections than the listener takes: the new one was closed.
  case connections = "connections"
  /// More connections than an address may have: the new one was closed.
  case connectionsPerAddress = "connections_per_address"
  /// So many connections of an address were of no use that the new one had to wait, or was closed
  /// when too many were waiting. Those that the kernel turned away are not counted.
  case fruitlessConnections = "fruitless_connections"
  /// The process is short of file descriptors: accepting pauses.
  case descriptors = "descriptors"

  /// TLS, the preface and the first SETTINGS took too long: the connection was closed.
  case prefaceTimeout = "preface_timeout"
  /// A header block took too long: the connection was closed.
  case headerTimeout = "header_timeout"
  /// The one message of a request took too long: the call failed.
  case requestTimeout = "request_timeout"
  /// A response was not taken fast enough: the stream was reset, its handler cancelled.
  case responseStall = "response_stall"
  /// Nothing that was written to the socket was taken: the connection was closed.
  case connectionStall = "connection_stall"

  /// A header block was too large: the call was refused.
  case headerBlock = "header_block"
  /// A message announced more bytes than its method takes: the call failed.
  case messageBytes = "message_bytes"
  /// The calls of the connection held too many bytes of requests: one of them failed.
  case heldRequestBytes = "held_request_bytes"
  /// Too many handlers of the connection were running: the call was refused.
  case runningHandlers = "running_handlers"
  /// The time of a call was over when the server came to look at it: its handler did not start.
  case lateCall = "late_call"
  /// So many handlers were running that a call waited until too little of its time was left: it was
  /// refused.
  case hopelessCall = "hopeless_call"

  /// Too many calls were reset right after they began: the connection was ended.
  case rapidResets = "rapid_resets"
  /// Too many resets of ours were provoked: the connection was ended.
  case provokedResets = "provoked_resets"
  /// Too many header blocks were too large: the connection was ended.
  case headerBlocks = "header_blocks"
  /// A header block came in too many frames: the connection was ended.
  case continuations = "continuations"
  /// Too many frames led to nothing: the connection was ended.
  case idleFrames = "idle_frames"
  /// Pings came too often: the connection was ended.
  case pings = "pings"
  /// The client broke the rules of HTTP/2, its limits of frames and streams included:
  /// the connection was ended.
  case protocolError = "protocol_error"
}
