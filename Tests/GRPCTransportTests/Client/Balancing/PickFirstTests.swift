import Testing

@testable import GRPCTransport

@Suite("Pick first")
struct PickFirstTests {
  private typealias Balancer = PickFirst<SeededRandom>

  private static func balancer(_ addresses: [ResolvedAddress]) -> Balancer {
    var balancer = Balancer(random: SeededRandom())
    _ = balancer.update(addresses, callsWait: false)
    return balancer
  }

  @Test("connects when a call needs it, to the first address")
  func first() {
    var balancer = Self.balancer([.v4(1), .v4(2)])
    #expect(balancer.state == .idle)
    let actions = balancer.callArrived()
    #expect(actions.connects == [.v4(1)])
    #expect(actions.pause(.nextAttempt) == .milliseconds(250))
    #expect(balancer.state == .connecting)
    #expect(balancer.callArrived() == [])
    let ready = balancer.connection(to: .v4(1), .ready, callsWait: true)
    #expect(ready == [.stopWaiting(.nextAttempt)])
    #expect(balancer.state == .ready)
    #expect(balancer.callArrived() == [])
  }

  @Test("tries the next address after a failure, and after 250 ms beside the first")
  func overlap() {
    var balancer = Self.balancer([.v4(1), .v4(2), .v4(3)])
    _ = balancer.callArrived()
    let second = balancer.timerFired(.nextAttempt, callsWait: true)
    #expect(second.connects == [.v4(2)] && second.abandons.isEmpty)
    let third = balancer.connection(to: .v4(1), .failed, callsWait: true)
    #expect(third.connects == [.v4(3)])
    #expect(third.pause(.nextAttempt) == nil, "there is no fourth address")
    let ready = balancer.connection(to: .v4(3), .ready, callsWait: true)
    #expect(ready.abandons == [.v4(2)])
    #expect(balancer.state == .ready)
  }

  @Test("fails the calls when all addresses have failed, and begins again after a pause")
  func allFail() {
    var balancer = Self.balancer([.v4(1), .v4(2)])
    _ = balancer.callArrived()
    #expect(balancer.connection(to: .v4(1), .failed, callsWait: true).contains(.failCalls) == false)
    let last = balancer.connection(to: .v4(2), .failed, callsWait: true)
    #expect(last.contains(.failCalls) && last.contains(.resolveAgain))
    #expect(balancer.state == .transientFailure)
    let pause = last.pause(.newRound)
    #expect(pause.map { (.milliseconds(800) ... .milliseconds(1200)).contains($0) } == true)
    #expect(balancer.timerFired(.newRound, callsWait: true).connects == [.v4(1)])
  }

  @Test("rests after a failure when nobody waits, and a call does not wait for the pause")
  func rest() {
    var balancer = Self.balancer([.v4(1)])
    _ = balancer.callArrived()
    _ = balancer.connection(to: .v4(1), .failed, callsWait: false)
    let actions = balancer.callArrived()
    #expect(actions.contains(.stopWaiting(.newRound)) && actions.connects == [.v4(1)])
    _ = balancer.connection(to: .v4(1), .failed, callsWait: false)
    #expect(balancer.timerFired(.newRound, callsWait: false) == [])
    #expect(balancer.state == .idle)
  }

  @Test("a lost connection is made again when calls wait, else when one comes")
  func lost() {
    var balancer = Self.balancer([.v4(1)])
    for callsWait in [true, false] {
      if balancer.state == .idle { _ = balancer.callArrived() }
      _ = balancer.connection(to: .v4(1), .ready, callsWait: false)
      let actions = balancer.connection(
        to: .v4(1), .lost(wasStable: true), callsWait: callsWait)
      #expect(actions.contains(.resolveAgain))
      #expect(actions.connects == (callsWait ? [.v4(1)] : []))
      #expect(balancer.state == (callsWait ? .connecting : .idle))
    }
  }

  @Test("new addresses end a connection that is not among them, and no other one")
  func update() {
    var balancer = Self.balancer([.v4(1)])
    _ = balancer.callArrived()
    _ = balancer.connection(to: .v4(1), .ready, callsWait: false)
    #expect(balancer.update([.v4(2), .v4(1)], callsWait: false) == [])
    #expect(balancer.state == .ready)
    #expect(balancer.update([.v4(2)], callsWait: true).abandons == [.v4(1)])
    #expect(balancer.state == .connecting)
    let actions = balancer.update([.v4(3)], callsWait: true)
    #expect(actions.abandons == [.v4(2)] && actions.connects == [.v4(3)])
  }

  @Test("a late winner of another round is let go")
  func late() {
    var balancer = Self.balancer([.v4(1), .v4(2)])
    _ = balancer.callArrived()
    _ = balancer.timerFired(.nextAttempt, callsWait: true)
    _ = balancer.connection(to: .v4(1), .ready, callsWait: true)
    #expect(balancer.connection(to: .v4(2), .ready, callsWait: true) == [.abandon(.v4(2))])
    #expect(balancer.connection(to: .v4(2), .failed, callsWait: true) == [])
    #expect(balancer.timerFired(.nextAttempt, callsWait: true) == [])
  }

  @Test("families of addresses take turns, each address once")
  func families() {
    let addresses: [ResolvedAddress] = [.v6(1), .v6(2), .v6(1), .v6(3), .v4(1), .v4(2)]
    #expect(
      ResolvedAddress.interleavingFamilies(addresses)
        == [.v6(1), .v4(1), .v6(2), .v4(2), .v6(3)])
    #expect(ResolvedAddress.interleavingFamilies([]) == [])
  }

  @Test("is always able to go on, whatever happens in whatever order")
  func anyOrder() {
    var random = SeededRandom()
    let all: [ResolvedAddress] = [.v4(1), .v4(2), .v6(1), .v6(2)]
    for _ in 0..<200 {
      var balancer = Self.balancer([.v4(1), .v6(1)])
      var live: Set<ResolvedAddress> = []
      var timers: Set<BalancerTimer> = []
      for _ in 0..<60 {
        let address = live.randomElement(using: &random)
        let actions: [BalancerAction]
        switch (Int.random(in: 0..<6, using: &random), address) {
        case (0, _): actions = balancer.callArrived()
        case (1, _):
          let addresses = Array(all.shuffled(using: &random).prefix(2))
          actions = balancer.update(addresses, callsWait: true)
        case (2, let address?):
          actions = balancer.connection(to: address, .ready, callsWait: true)
        case (3, let address?):
          live.remove(address)
          let event: ConnectionEvent =
            balancer.state == .ready ? .lost(wasStable: false) : .failed
          actions = balancer.connection(to: address, event, callsWait: true)
        default:
          actions = timers.popFirst().map { balancer.timerFired($0, callsWait: true) } ?? []
        }
        for action in actions {
          switch action {
          case .connect(let address): live.insert(address)
          case .abandon(let address): live.remove(address)
          case .wait(_, let timer): timers.insert(timer)
          case .stopWaiting(let timer): timers.remove(timer)
          case .resolveAgain, .failCalls: break
          }
        }
        // Calls wait: something must be under way that ends their waiting.
        let isAlive = !live.isEmpty || !timers.isEmpty
        #expect(isAlive || balancer.state == .idle, "seed \(random.seed)")
      }
    }
  }
}
