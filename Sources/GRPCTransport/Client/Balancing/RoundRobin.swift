/// One connection to each address, all kept warm. Which of them a call takes is decided by
/// ``Rotation``.
///
/// ```
/// each address:   connecting --> ready <--> unhealthy     a lost connection that was stable, or
///                  ^      |        |            |         that calls wait for, is made again at
///                  |      v        v            |         once, any other after a pause
///                  +-- backing off <------------+
/// ```
/// An address that has failed counts as failed until it is ready or a call asks for a new attempt:
/// or calls would wait for ever between addresses that fail in turns.
struct RoundRobin<Random: RandomNumberGenerator & Sendable>: LoadBalancer {
  private enum Phase {
    case connecting
    case ready
    case unhealthy
    case backingOff
  }

  private struct Member {
    var phase = Phase.connecting
    var hasFailed = false
    var backoff = ReconnectBackoff()

    var state: ConnectivityState {
      switch phase {
      case .ready: .ready
      case .connecting: hasFailed ? .transientFailure : .connecting
      case .unhealthy, .backingOff: .transientFailure
      }
    }
  }

  private var addresses: [ResolvedAddress] = []
  private var members: [ResolvedAddress: Member] = [:]
  private var random: Random

  init(random: Random) { self.random = random }

  var state: ConnectivityState {
    members.isEmpty ? .idle : .aggregate(members.values.map(\.state))
  }

  mutating func update(_ addresses: [ResolvedAddress], callsWait: Bool) -> [BalancerAction] {
    let addresses = ResolvedAddress.interleavingFamilies(addresses)
    var actions: [BalancerAction] = []
    for address in self.addresses where !addresses.contains(address) {
      members[address] = nil
      actions += [.stopWaiting(.retry(address)), .abandon(address)]
    }
    for address in addresses where members[address] == nil {
      members[address] = Member()
      actions.append(.connect(address))
    }
    self.addresses = addresses
    return actions
  }

  mutating func callArrived() -> [BalancerAction] {
    var actions: [BalancerAction] = []
    for address in addresses {
      guard var member = members[address] else { continue }
      switch member.phase {
      case .ready, .unhealthy: continue
      case .connecting:
        member.hasFailed = false
      case .backingOff:
        member.hasFailed = false
        member.phase = .connecting
        actions += [.stopWaiting(.retry(address)), .connect(address)]
      }
      members[address] = member
    }
    return actions + failCallsIfHopeless()
  }

  mutating func connection(
    to address: ResolvedAddress, _ event: ConnectionEvent, callsWait: Bool
  ) -> [BalancerAction] {
    guard var member = members[address] else {
      return event == .ready ? [.abandon(address)] : []
    }
    var actions: [BalancerAction] = []
    switch event {
    case .ready:
      member.phase = .ready
      member.hasFailed = false
    case .unhealthy:
      member.phase = .unhealthy
      member.hasFailed = true
    case .failed:
      member.phase = .backingOff
      member.hasFailed = true
      actions = [.resolveAgain, retry(address, &member)]
    case .lost(let wasStable):
      if wasStable { member.backoff.reset() }
      if wasStable || callsWait {
        member.phase = .connecting
        actions = [.resolveAgain, .connect(address)]
      } else {
        member.phase = .backingOff
        actions = [.resolveAgain, retry(address, &member)]
      }
    }
    members[address] = member
    return actions + failCallsIfHopeless()
  }

  mutating func timerFired(_ timer: BalancerTimer, callsWait: Bool) -> [BalancerAction] {
    guard case .retry(let address) = timer, members[address]?.phase == .backingOff else {
      return []
    }
    members[address]?.phase = .connecting
    return [.connect(address)]
  }

  private mutating func retry(
    _ address: ResolvedAddress, _ member: inout Member
  ) -> BalancerAction {
    .wait(member.backoff.delayAfterFailure(using: &random), .retry(address))
  }

  private func failCallsIfHopeless() -> [BalancerAction] {
    state == .transientFailure ? [.failCalls] : []
  }
}
