import GRPC
import Logging
import Synchronization
import Testing

@testable import GRPCTransport

/// Seconds of a clock that only the test moves.
func second(_ seconds: Double) -> Deadline {
  Deadline(nanoseconds: Int64(seconds * 1_000_000_000))
}

@Suite("Keepalive")
struct KeepaliveTests {
  /// A keepalive whose peer was last heard at `lastRead`.
  private final class Peer {
    private var keepalive: Keepalive
    var lastRead = second(0)
    var hasCalls = true

    init(withoutCalls: Bool = false, timeout: Duration = .seconds(20)) {
      keepalive = Keepalive(
        .init(interval: .seconds(60), timeout: timeout, pingsWithoutCalls: withoutCalls))
    }

    var isAsleep: Bool { keepalive.isAsleep }

    func look(_ now: Double) -> Keepalive.OnTimer {
      keepalive.look(at: second(now), lastRead: lastRead, hasCalls: hasCalls)
    }
  }

  @Test("a silent peer is pinged after the interval and given up after the timeout")
  func silence() {
    let peer = Peer()
    peer.lastRead = second(100)
    #expect(peer.look(100) == .wait(until: second(160)))
    #expect(peer.look(159.9) == .wait(until: second(160)))
    #expect(peer.look(160) == .ping(askAgain: second(180)))
    #expect(peer.look(179.9) == .wait(until: second(180)))
    #expect(peer.look(180) == .giveUp)
  }

  @Test("any byte after the ping is an answer, and the interval counts from it")
  func answered() {
    let peer = Peer()
    #expect(peer.look(60) == .ping(askAgain: second(80)))
    peer.lastRead = second(60.5)
    #expect(peer.look(80) == .wait(until: second(120.5)))
    #expect(peer.look(121) == .ping(askAgain: second(141)))
  }

  @Test("a timeout longer than the interval does not hold up the next ping")
  func longTimeout() {
    let peer = Peer(timeout: .seconds(90))
    #expect(peer.look(60) == .ping(askAgain: second(120)))
    #expect(peer.look(70) == .wait(until: second(130)), "unanswered")
    #expect(peer.look(120) == .wait(until: second(150)), "unanswered")
    peer.lastRead = second(61)
    #expect(peer.look(120) == .wait(until: second(121)))
    #expect(peer.look(121) == .ping(askAgain: second(181)))
  }

  @Test("a peer that keeps talking is never pinged")
  func talkative() {
    let peer = Peer()
    for tick in 1..<100 {
      let now = Double(tick) * 30
      peer.lastRead = second(now - 1)
      #expect(peer.look(now) == .wait(until: second(now + 59)))
    }
  }

  @Test("without calls the pings sleep, and a call after a silence wakes them", arguments: [
    (20, .wait(until: second(60))), (60, .ping(askAgain: second(80))),
    (500, .ping(askAgain: second(520))),
  ] as [(Double, Keepalive.OnTimer)])
  func asleep(callAt: Double, expected: Keepalive.OnTimer) {
    let peer = Peer()
    peer.hasCalls = false
    #expect(peer.look(10) == .sleep && peer.isAsleep)
    peer.hasCalls = true
    #expect(peer.look(callAt) == expected && !peer.isAsleep)
  }

  @Test("a ping that is out is waited for, also when the last call ends meanwhile")
  func callEndsMeanwhile() {
    let peer = Peer()
    #expect(peer.look(60) == .ping(askAgain: second(80)))
    peer.hasCalls = false
    #expect(peer.look(70) == .wait(until: second(80)))
    #expect(peer.look(80) == .giveUp)
  }

  @Test("with permission the pings go on without calls")
  func withoutCalls() {
    let peer = Peer(withoutCalls: true)
    peer.hasCalls = false
    #expect(peer.look(60) == .ping(askAgain: second(80)))
  }

  @Test("figures that would flood are made harmless")
  func harmless() {
    typealias Row = (interval: Duration, floor: Duration, expected: Int64)
    let rows: [Row] = [
      (.seconds(1), .seconds(10), 10_000_000_000), (.seconds(10), .seconds(10), 10_000_000_000),
      (.seconds(11), .seconds(10), 11_000_000_000), (.zero, .seconds(10), 10_000_000_000),
      (.seconds(-5), .zero, 1_000_000), (.zero, .seconds(-1), 1_000_000),
    ]
    for row in rows {
      let settings = Keepalive.Settings(
        interval: row.interval, timeout: .zero, pingsWithoutCalls: false, floor: row.floor)
      #expect(settings.intervalNanoseconds == row.expected)
      #expect(settings.timeoutNanoseconds == 1_000_000)
    }
    #expect(HTTP2ClientTransport.KeepaliveSettings(interval: .zero).floor == .seconds(10))
  }

  @Test("a server that objects is pinged half as often, each time, and the log says so")
  func objection() {
    let log = TLSServer.Log()
    var configuration = HTTP2ClientTransport.Configuration.defaults
    configuration.keepalive = .init(interval: .seconds(15))
    let policy = ClientConnectionPolicy(configuration, logger: Logger(label: "test") { _ in log })
    #expect(policy.keepalive?.intervalNanoseconds == 15_000_000_000)
    policy.serverObjectedToPings()
    #expect(policy.keepalive?.intervalNanoseconds == 30_000_000_000)
    for _ in 0..<100 { policy.serverObjectedToPings() }
    #expect(policy.keepalive?.intervalNanoseconds == .max)
    #expect(policy.keepalive?.timeoutNanoseconds == 20_000_000_000)
    #expect(log.contains("too frequent"))
  }
}
