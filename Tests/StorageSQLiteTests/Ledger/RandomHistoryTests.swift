import Ledger
import LedgerConformance
import StorageSQLite
import Testing

@Suite("The ledger on SQLite agrees with a plain model")
struct SQLiteRandomHistoryTests {
  @Test("on forty random lists of commands, with restarts")
  func onDisk() async throws {
    let first = UInt64.random(in: 0..<1_000_000)
    print("random histories on SQLite: seeds \(first)..<\(first + 40)")
    for seed in first..<first + 40 {
      let temporary = try TemporaryDirectory()
      let directory = try DataDirectory(path: temporary.path)
      var history = RandomHistory(seed: seed, restartPercent: 6)
      try await history.run { try SQLiteLedgerStore(directory: directory) }
    }
  }
}
