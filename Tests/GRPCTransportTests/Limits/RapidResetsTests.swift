import GRPC
import Testing

@testable import GRPCTransport

@Suite("Resets of calls")
struct RapidResetsTests {
  /// When a client is sent away that resets so many calls per second, each of which lived so long;
  /// nil when it is not within two minutes.
  private static func end(perSecond: Int, lifetime: Double) -> Double? {
    let limits = ServerLimits()
    var resets = RapidResets(
      lifetime: limits.rapidResetLifetime, burst: limits.rapidResetBurst,
      perSecond: limits.rapidResetsPerSecond)
    for index in 0..<(120 * perSecond) {
      let now = 1000 + Double(index) / Double(perSecond)
      guard resets.isForgiven(begunAt: second(now - lifetime), at: second(now)) else {
        return (now - 1000).rounded()
      }
    }
    return nil
  }

  @Test("are forgiven to clients that waited, and to others up to a rate", arguments: [
    // As many as 100 calls at once with deadlines of 50 ms, or of 200 ms, can be.
    (2000, 0.051, nil), (500, 0.2, nil),
    (330, 0.02, nil), (330, 0, nil),
    (400, 0.049, 14), (1330, 0, 1), (10_000, 0, 0),
  ] as [(Int, Double, Double?)])
  func rates(perSecond: Int, lifetime: Double, end: Double?) {
    #expect(Self.end(perSecond: perSecond, lifetime: lifetime) == end)
  }

  @Test("of calls that never began count")
  func neverBegun() {
    var resets = RapidResets(lifetime: .milliseconds(50), burst: 2, perSecond: 0)
    let calls: [(Double?, Double)] = [(nil, 1), (nil, 2), (nil, 300), (1, 300)]
    let judged = calls.map { begin, now in
      resets.isForgiven(begunAt: begin.map(second), at: second(now))
    }
    #expect(judged == [true, true, false, true])
  }

  @Test("are judged even by figures that make no sense")
  func harmless() {
    var resets = RapidResets(lifetime: .seconds(-1), burst: -1, perSecond: -1)
    let judged = [1, 1, 1.01].map { resets.isForgiven(begunAt: second(1), at: second($0)) }
    #expect(judged == [true, false, true])
  }
}
