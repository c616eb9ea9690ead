import Testing

@testable import GRPCTransport

@Suite("Round robin")
struct RoundRobinTests {
  private typealias Balancer = RoundRobin<SeededRandom>

  private static func balancer(_ addresses: [ResolvedAddress]) -> Balancer {
    var balancer = Balancer(random: SeededRandom())
    _ = balancer.update(addresses, callsWait: false)
    return balancer
  }

  @Test("connects to every address at once")
  func all() {
    var balancer = Balancer(random: SeededRandom())
    #expect(balancer.state == .idle)
    let actions = balancer.update([.v4(1), .v4(2), .v4(1)], callsWait: true)
    #expect(actions.connects == [.v4(1), .v4(2)])
    #expect(balancer.state == .connecting)
    #expect(balancer.connection(to: .v4(2), .ready, callsWait: true) == [])
    #expect(balancer.state == .ready)
  }

  @Test("one failing address costs nothing, each has its own growing pause")
  func oneFails() throws {
    var balancer = Self.balancer([.v4(1), .v4(2)])
    _ = balancer.connection(to: .v4(1), .ready, callsWait: true)
    var base = 1.0
    for _ in 0..<4 {
      let actions = balancer.connection(to: .v4(2), .failed, callsWait: true)
      #expect(!actions.contains(.failCalls) && actions.contains(.resolveAgain))
      let pause = try #require(actions.pause(.retry(.v4(2)))) / .seconds(1)
      #expect(pause >= base * 0.799 && pause <= base * 1.201)
      base *= 1.6
      #expect(balancer.timerFired(.retry(.v4(2)), callsWait: false) == [.connect(.v4(2))])
    }
    #expect(balancer.state == .ready)
  }

  @Test("calls fail when every address has failed since one was ready, in whatever order")
  func allFail() {
    var balancer = Self.balancer([.v4(1), .v4(2)])
    #expect(balancer.connection(to: .v4(1), .failed, callsWait: true).contains(.failCalls) == false)
    // The first one tries again meanwhile: it counts as failed all the same.
    _ = balancer.timerFired(.retry(.v4(1)), callsWait: true)
    #expect(balancer.connection(to: .v4(2), .failed, callsWait: true).contains(.failCalls))
    #expect(balancer.state == .transientFailure)
    let actions = balancer.callArrived()
    #expect(actions.connects == [.v4(2)], "the first one is under way")
    #expect(!actions.contains(.failCalls))
    #expect(balancer.state == .connecting)
  }

  @Test("a lost connection that was stable is made again at once, a fresh one after a pause")
  func lost() {
    var balancer = Self.balancer([.v4(1)])
    _ = balancer.connection(to: .v4(1), .ready, callsWait: false)
    let stable = balancer.connection(to: .v4(1), .lost(wasStable: true), callsWait: false)
    #expect(stable == [.resolveAgain, .connect(.v4(1))])
    _ = balancer.connection(to: .v4(1), .ready, callsWait: false)
    let fresh = balancer.connection(to: .v4(1), .lost(wasStable: false), callsWait: false)
    #expect(fresh.connects == [] && fresh.pause(.retry(.v4(1))) != nil)
    #expect(balancer.callArrived().connects == [.v4(1)], "a call does not wait for the pause")
    _ = balancer.connection(to: .v4(1), .ready, callsWait: false)
    let awaited = balancer.connection(to: .v4(1), .lost(wasStable: false), callsWait: true)
    #expect(awaited.connects == [.v4(1)], "calls wait for it")
  }

  @Test("a server that says it cannot serve fails calls unless another one can")
  func unhealthy() {
    var balancer = Self.balancer([.v4(1), .v4(2)])
    _ = balancer.connection(to: .v4(1), .ready, callsWait: true)
    #expect(balancer.connection(to: .v4(2), .unhealthy, callsWait: true) == [])
    #expect(balancer.connection(to: .v4(1), .unhealthy, callsWait: true) == [.failCalls])
    #expect(balancer.callArrived() == [.failCalls], "there is nothing to connect")
    _ = balancer.connection(to: .v4(2), .ready, callsWait: true)
    #expect(balancer.state == .ready)
  }

  @Test("new addresses are connected, old ones let go, those that stay are left alone")
  func update() {
    var balancer = Self.balancer([.v4(1), .v4(2)])
    _ = balancer.connection(to: .v4(2), .ready, callsWait: false)
    let actions = balancer.update([.v4(2), .v4(3)], callsWait: false)
    #expect(actions.connects == [.v4(3)] && actions.abandons == [.v4(1)])
    #expect(balancer.connection(to: .v4(1), .failed, callsWait: false) == [])
    #expect(balancer.connection(to: .v4(1), .ready, callsWait: false) == [.abandon(.v4(1))])
    #expect(balancer.state == .ready)
  }

  @Test("connections take turns, unusable ones are passed over")
  func rotation() {
    final class Item {}
    let items = (0..<3).map { _ in Item() }
    var rotation = Rotation<Item>(startingAt: 7)
    #expect(rotation.next { _ in true } == nil)
    for item in items { rotation.append(item) }
    var counts = [0, 0, 0]
    for _ in 0..<30 {
      let taken = rotation.next { _ in true }
      for (index, item) in items.enumerated() where item === taken { counts[index] += 1 }
    }
    #expect(counts == [10, 10, 10])
    #expect(rotation.next { $0 === items[1] } === items[1])
    #expect(rotation.next { _ in false } == nil)
    rotation.remove(items[1])
    #expect((0..<4).allSatisfy { _ in rotation.next { _ in true } !== items[1] })
  }

  @Test(
    "the most useful state counts for all",
    arguments: [
      ([.ready, .transientFailure, .connecting], .ready),
      ([.transientFailure, .connecting, .idle], .connecting),
      ([.transientFailure, .idle], .idle),
      ([.transientFailure, .shutdown], .transientFailure),
      ([.shutdown], .shutdown), ([], .shutdown),
    ] as [([ConnectivityState], ConnectivityState)])
  func aggregate(states: [ConnectivityState], state: ConnectivityState) {
    #expect(ConnectivityState.aggregate(states) == state)
  }
}
