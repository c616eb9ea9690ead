import Dispatch
import Synchronization
import Testing

@testable import Ledger

@Suite("The reading room")
struct ReadingRoomTests {
  private final class Tally: Sendable {
    let refused = Atomic(0)

    var count: Int { refused.load(ordering: .relaxed) }
  }

  @Test("refuses a question when too many wait, but none that it has begun to answer")
  func crowd() async throws {
    let room = ReadingRoom(HostMachine())
    let gate = DispatchSemaphore(value: 0)
    let tally = Tally()
    let crowd = LedgerLimits.journalQuestionsMax + 40
    let answered = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<crowd {
        group.addTask {
          do {
            return try await room.read {
              gate.wait()
              gate.signal()
              return 1
            }
          } catch ArchiveError.overloaded {
            tally.refused.add(1, ordering: .relaxed)
            return 0
          }
        }
      }
      for _ in 0..<6_000 where tally.count < 40 {
        try await Task.sleep(for: .milliseconds(10))
      }
      group.addTask { try await room.read(isContinued: true) { 1_000 } }
      await #expect(throws: ArchiveError.self) { try await room.read { 0 } }
      gate.signal()
      return try await group.reduce(0, +)
    }
    #expect(tally.count == 40)
    #expect(answered == LedgerLimits.journalQuestionsMax + 1_000)
    await room.close()
  }
}
