/// The connections of one address, and when it gets another because they are full (gRFC A105).
/// Pure: no sockets, no clock, no tasks.
///
/// ```
///          +-- the balancer wants one; or calls wait, all are full, and there may be more --+
///          |                                                                                v
///       resting <-------------------------- ready ------------------------------------ connecting
///          ^                                                                                |
///          +------------ the pause is over ------------ pausing <-------- failed -----------+
/// ```
/// There is one attempt at a time. A failure while others are ready is this type's business, a
/// failure of the only one is the balancer's.
struct ConnectionScaling<Connection: AnyObject> {
  private enum Phase {
    case resting
    case connecting
    case pausing
  }

  /// Connections that an address may have.
  static var limits: ClosedRange<Int> { 1...10 }

  /// What follows from an attempt that succeeded.
  enum OnReady: Hashable {
    case first
    case additional
  }

  /// What follows from an attempt that failed.
  enum OnFailure: Hashable {
    /// Nothing is left to take calls there.
    case addressFailed
    /// Others take the calls; no attempt before that time has passed.
    case pause(Duration)
  }

  /// What follows from a connection that takes no calls any more.
  enum OnLoss {
    /// It was not among those that are ready.
    case unknown
    /// Its place is taken by the oldest of the others.
    case firstLost(next: Connection)
    case additionalLost
    case addressLost
  }

  private let connectionsMax: Int
  /// Those that are ready, oldest first: the order in which calls fill them.
  private(set) var connections: [Connection] = []
  private var phase = Phase.resting
  private var backoff = ReconnectBackoff()

  /// Scales up to so many connections; what is out of ``limits`` counts as the nearest.
  init(connectionsMax: Int) {
    self.connectionsMax = min(max(connectionsMax, Self.limits.lowerBound), Self.limits.upperBound)
  }

  /// The oldest connection that has room for a call.
  func oldest(where hasRoom: (Connection) -> Bool) -> Connection? {
    connections.first(where: hasRoom)
  }

  /// The balancer wants a connection. Answers whether an attempt begins now; it does so during a
  /// pause too, since the pause was for more than one.
  mutating func connect() -> Bool {
    guard connections.isEmpty, phase != .connecting else { return false }
    phase = .connecting
    return true
  }

  /// Calls wait. Answers whether an attempt at one more connection begins now.
  mutating func callsWait(hasRoom: (Connection) -> Bool) -> Bool {
    guard phase == .resting, !connections.isEmpty, connections.count < connectionsMax,
      !connections.contains(where: hasRoom)
    else { return false }
    phase = .connecting
    return true
  }

  /// The attempt led to a connection that takes calls.
  mutating func becameReady(_ connection: Connection) -> OnReady {
    assert(phase == .connecting && connections.count < connectionsMax)
    phase = .resting
    backoff.reset()
    connections.append(connection)
    return connections.count == 1 ? .first : .additional
  }

  /// The attempt failed.
  mutating func attemptFailed(using random: inout some RandomNumberGenerator) -> OnFailure {
    guard !connections.isEmpty else {
      phase = .resting
      return .addressFailed
    }
    phase = .pausing
    return .pause(backoff.delayAfterFailure(using: &random))
  }

  /// The time that ``attemptFailed(using:)`` asked for has passed.
  mutating func pauseEnded() {
    if phase == .pausing { phase = .resting }
  }

  /// A connection ended, or ends with the calls that it has.
  mutating func lost(_ connection: Connection) -> OnLoss {
    guard let place = connections.firstIndex(where: { $0 === connection }) else { return .unknown }
    connections.remove(at: place)
    guard let first = connections.first else { return .addressLost }
    return place == 0 ? .firstLost(next: first) : .additionalLost
  }
}
