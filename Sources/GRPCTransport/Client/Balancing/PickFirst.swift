/// One connection, to the first address that answers (gRFC A62; attempts overlap as in gRFC A61).
///
/// ```
/// idle --call--> connecting --first that is ready--> ready --lost--> idle
///                 |      ^                             (its rivals are abandoned)
///          all failed    | timer, or a call that asks now
///                 v      |
///               failed --+--timer, and nobody waits--> idle
/// ```
struct PickFirst<Random: RandomNumberGenerator & Sendable>: LoadBalancer {
  /// Time that an attempt has for itself before the next address is tried beside it.
  static var attemptDelay: Duration { .milliseconds(250) }

  private enum Phase: Hashable {
    case idle
    /// Attempts are under way; the address at `next` is to be tried next.
    case connecting(next: Int)
    case ready(ResolvedAddress)
    case failed
  }

  private var addresses: [ResolvedAddress] = []
  private var phase = Phase.idle
  private var attempting: [ResolvedAddress] = []
  private var backoff = ReconnectBackoff()
  private var random: Random

  init(random: Random) { self.random = random }

  var state: ConnectivityState {
    switch phase {
    case .idle: .idle
    case .connecting: .connecting
    case .ready: .ready
    case .failed: .transientFailure
    }
  }

  mutating func update(_ addresses: [ResolvedAddress], callsWait: Bool) -> [BalancerAction] {
    let addresses = ResolvedAddress.interleavingFamilies(addresses)
    guard addresses != self.addresses else { return [] }
    self.addresses = addresses
    switch phase {
    case .idle:
      return []
    case .ready(let current):
      if addresses.contains(current) { return [] }
      phase = .idle
      return [.abandon(current)] + (callsWait ? begin() : [])
    case .connecting:
      let outdated = attempting.filter { !addresses.contains($0) }
      attempting.removeAll { outdated.contains($0) }
      phase = .connecting(next: 0)
      return outdated.map { .abandon($0) } + [.stopWaiting(.nextAttempt)] + tryNext()
    case .failed:
      return callsWait ? begin() : []
    }
  }

  mutating func callArrived() -> [BalancerAction] {
    switch phase {
    case .idle, .failed: begin()
    case .connecting, .ready: []
    }
  }

  mutating func connection(
    to address: ResolvedAddress, _ event: ConnectionEvent, callsWait: Bool
  ) -> [BalancerAction] {
    switch event {
    case .ready: return becameReady(address)
    case .unhealthy: return []
    case .failed: return attemptFailed(address)
    case .lost:
      guard phase == .ready(address) else { return [] }
      phase = .idle
      return [.resolveAgain] + (callsWait ? begin() : [])
    }
  }

  mutating func timerFired(_ timer: BalancerTimer, callsWait: Bool) -> [BalancerAction] {
    switch (timer, phase) {
    case (.nextAttempt, .connecting):
      return tryNext()
    case (.newRound, .failed):
      if callsWait { return begin() }
      phase = .idle
      return []
    default:
      return []
    }
  }

  private mutating func begin() -> [BalancerAction] {
    guard !addresses.isEmpty else { return [] }
    phase = .connecting(next: 0)
    attempting = []
    return [.stopWaiting(.newRound)] + tryNext()
  }

  /// Starts the next attempt of the round, if there is one left.
  private mutating func tryNext() -> [BalancerAction] {
    guard case .connecting(var next) = phase else { return [] }
    while next < addresses.count, attempting.contains(addresses[next]) { next += 1 }
    guard next < addresses.count else {
      phase = .connecting(next: next)
      return attempting.isEmpty ? roundFailed() : []
    }
    phase = .connecting(next: next + 1)
    attempting.append(addresses[next])
    let connect = BalancerAction.connect(addresses[next])
    guard next + 1 < addresses.count else { return [connect] }
    return [connect, .wait(Self.attemptDelay, .nextAttempt)]
  }

  private mutating func becameReady(_ address: ResolvedAddress) -> [BalancerAction] {
    guard case .connecting = phase, attempting.contains(address) else {
      return phase == .ready(address) ? [] : [.abandon(address)]
    }
    let rivals = attempting.filter { $0 != address }
    attempting = []
    phase = .ready(address)
    backoff.reset()
    return [.stopWaiting(.nextAttempt)] + rivals.map { .abandon($0) }
  }

  private mutating func attemptFailed(_ address: ResolvedAddress) -> [BalancerAction] {
    guard case .connecting = phase, let index = attempting.firstIndex(of: address) else {
      return []
    }
    attempting.remove(at: index)
    return [.stopWaiting(.nextAttempt)] + tryNext()
  }

  private mutating func roundFailed() -> [BalancerAction] {
    phase = .failed
    let delay = backoff.delayAfterFailure(using: &random)
    return [.failCalls, .resolveAgain, .wait(delay, .newRound)]
  }
}
