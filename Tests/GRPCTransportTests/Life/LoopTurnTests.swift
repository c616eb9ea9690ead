import GRPC
import Testing

@testable import GRPCTransport

@Suite("Turns of an event loop")
struct LoopTurnTests {
  /// Before when nothing waited of what is read, for each read: a connection and the microseconds
  /// in which its bytes are read and worked on.
  private static func earliest(_ reads: [(Character, from: Int, until: Int)]) -> [Int] {
    let turn = LoopTurn()
    var lastTurns: [Character: UInt64] = [:]
    return reads.map { connection, from, until in
      let number = turn.reading(lastTurn: lastTurns[connection] ?? 0, at: micros(from))
      lastTurns[connection] = number
      turn.ended(at: micros(until))
      return Int((turn.earliest.nanoseconds - micros(0).nanoseconds) / 1000)
    }
  }

  private static func micros(_ count: Int) -> Deadline {
    second(1).advanced(byNanoseconds: Int64(count) * 1000)
  }

  @Test("what is read came after the turn before had begun", arguments: [
    // The loop had nothing to do before: the first has just come, and so may have the others.
    ([("a", 0, 500), ("b", 510, 900), ("c", 905, 990)], [0, 0, 0]),
    // The first is read again: the next turn has begun, and they have waited for the one before.
    (
      [("a", 0, 500), ("b", 510, 900), ("a", 905, 990), ("b", 995, 999), ("a", 1001, 1100)],
      [0, 0, 0, 0, 905]
    ),
    ([("a", 0, 500), ("a", 501, 600), ("a", 601, 700)], [0, 0, 501]),
    // The loop had nothing to do in between.
    ([("a", 0, 500), ("b", 520, 600), ("c", 619, 700), ("d", 5000, 5100)], [0, 520, 520, 5000]),
  ] as [([(Character, from: Int, until: Int)], [Int])])
  func table(reads: [(Character, from: Int, until: Int)], earliest: [Int]) {
    #expect(Self.earliest(reads) == earliest)
  }
}
