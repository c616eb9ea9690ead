import GRPC
import Testing

@testable import GRPCTransport

@Suite("Age and idleness of connections")
struct ConnectionAgeTests {
  /// Draws that lead to no jitter at all.
  private struct Middle: RandomNumberGenerator {
    private let middle = UInt64.max / 2
    mutating func next() -> UInt64 { middle }
  }

  private func age(_ age: Duration?, idle: Duration?, start: Double = 0) -> ConnectionAge {
    var random = Middle()
    return ConnectionAge(start: second(start), age: age, idle: idle, using: &random)
  }

  /// Whether an action waits until about then; jitter draws are not exact.
  private func waits(_ action: ConnectionAge.OnTimer, until expected: Double) -> Bool {
    guard case .wait(let until) = action else { return false }
    return abs(Double(until.nanoseconds) / 1e9 - expected) < 0.001
  }

  @Test("a connection without calls ends when it was idle for long enough, from its first moment")
  func idle() {
    var connection = age(nil, idle: .seconds(300), start: 10)
    #expect(waits(connection.look(at: second(10), hasCalls: false), until: 310))
    #expect(connection.look(at: second(311), hasCalls: false) == .end(.idle))
    // Calls stop the clock; it starts anew when the last one has ended.
    #expect(waits(connection.look(at: second(311), hasCalls: true), until: 611))
    connection.callsEnded(at: second(600))
    #expect(waits(connection.look(at: second(611), hasCalls: false), until: 900))
    #expect(connection.look(at: second(901), hasCalls: false) == .end(.idle))
  }

  @Test("an old connection ends, with calls or without")
  func old() {
    let connection = age(.seconds(1800), idle: nil, start: 5)
    for hasCalls in [true, false] {
      #expect(waits(connection.look(at: second(1804), hasCalls: hasCalls), until: 1805))
      #expect(connection.look(at: second(1806), hasCalls: hasCalls) == .end(.age))
    }
  }

  @Test("the sooner limit decides, and none means never")
  func both() {
    for (old, idle) in [(10, 60), (60, 10)] {
      let connection = age(.seconds(old), idle: .seconds(idle))
      #expect(waits(connection.look(at: second(0), hasCalls: false), until: 10))
    }
    #expect(age(nil, idle: nil).look(at: second(1e9), hasCalls: false) == .sleep)
  }

  @Test("limits vary by a tenth, in both directions, and never beyond")
  func jitter() {
    var random = SystemRandomness()
    let drawn = (0..<2000).map { _ in
      ConnectionAge.jittered(.seconds(1000), using: &random) / 1_000_000_000
    }
    #expect(drawn.allSatisfy { (900...1100).contains($0) })
    #expect(drawn.contains { $0 < 950 } && drawn.contains { $0 > 1050 })
    for duration in [Duration.zero, .seconds(-3), .milliseconds(1)] {
      let least = ConnectionAge.jittered(duration, using: &random)
      #expect((900_000...1_100_000).contains(least), "zero and less count as a millisecond")
    }
    #expect(ConnectionAge.jittered(.seconds(Int64.max), using: &random) > 0)
  }

  @Test("a header block has so long from its first to its last byte, and each its own time")
  func headerBlock() {
    var timer = HeaderBlockTimer(limit: .seconds(10))
    var isNew = timer.noted(openBlock: nil, at: second(0))
    #expect(!isNew && timer.deadline == nil)
    isNew = timer.noted(openBlock: 1, at: second(5))
    #expect(isNew && timer.deadline == second(15))
    // More of the same block gives no more time.
    isNew = timer.noted(openBlock: 1, at: second(14))
    #expect(!isNew && !timer.isOverdue(at: second(14.9)) && timer.isOverdue(at: second(15)))
    // Another block does.
    isNew = timer.noted(openBlock: 3, at: second(14))
    #expect(isNew && timer.deadline == second(24))
    isNew = timer.noted(openBlock: nil, at: second(16))
    #expect(!isNew && !timer.isOverdue(at: second(100)))
  }
}
