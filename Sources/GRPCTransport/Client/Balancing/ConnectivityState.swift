/// Whether calls can be made, as gRPC names it (connectivity-semantics-and-api.md).
enum ConnectivityState: Sendable, Hashable {
  /// No connection, and none is being made.
  case idle
  /// A connection is being made.
  case connecting
  /// Calls go out.
  case ready
  /// It failed, and will be tried again later.
  case transientFailure
  /// Over for good.
  case shutdown

  /// The state of several connections that serve the same purpose: the most useful one counts.
  static func aggregate(_ states: some Sequence<ConnectivityState>) -> ConnectivityState {
    let present = Set(states)
    for state in [ready, connecting, idle, transientFailure] where present.contains(state) {
      return state
    }
    return .shutdown
  }
}
