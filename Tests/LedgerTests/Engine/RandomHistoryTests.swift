import Ledger
import LedgerConformance
import Testing

@Suite("The ledger agrees with a plain model")
struct RandomHistoryTests {
  @Test("on three hundred random lists of commands, with restarts, in memory")
  func inMemory() async throws {
    let first = UInt64.random(in: 0..<1_000_000)
    print("random histories in memory: seeds \(first)..<\(first + 300)")
    for seed in first..<first + 300 {
      let store = MemoryLedgerStore()
      var history = RandomHistory(seed: seed, restartPercent: 5)
      try await history.run { store }
    }
  }
}
