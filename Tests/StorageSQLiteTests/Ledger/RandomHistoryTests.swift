import Ledger
import LedgerConformance
import StorageSQLite
import Testing

@Suite("The ledger on SQLite agrees with a plain model")
struct SQLiteRandomHistoryTests {
  @Test("on a hundred random lists of two hundred commands, with restarts and failed commits")
  func onDisk() async throws {
    let first = CampaignSize.firstSeed
    print("random lists on SQLite: 100 from seed \(first)")
    let campaign = Campaign(firstSeed: first, listCount: 100, restartPercent: 3) {
      let temporary = try TemporaryDirectory()
      let directory = try DataDirectory(path: temporary.path)
      return {
        // Kept as long as the list may open it again.
        withExtendedLifetime(temporary) {}
        return try SQLiteLedgerStore(directory: directory)
      }
    }
    let coverage = try await campaign.run(width: 2)
    #expect(coverage.commandCount > 15_000)
  }
}
