import Ledger
import LedgerConformance
import Testing

@Suite("The store in memory")
struct MemoryStoreTests {
  private func conformance() -> StoreConformance {
    let store = MemoryLedgerStore()
    return StoreConformance { store }
  }

  @Test("continues after reopening") func continues() async throws {
    try await conformance().continuesAfterReopening()
  }

  @Test("remembers alerts") func alerts() async throws {
    try await conformance().remembersAlerts()
  }

  @Test("remembers keys") func keys() async throws {
    try await conformance().remembersKeys()
  }

  @Test("forgets answers, never keys") func answers() async throws {
    try await conformance().forgetsAnswers()
  }

  @Test("remembers ended holds") func endedHolds() async throws {
    try await conformance().remembersEndedHolds()
  }

  @Test("lists usage") func usage() async throws {
    try await conformance().listsUsage()
  }

  @Test("lists holds") func holds() async throws {
    try await conformance().listsHolds()
  }

  @Test("filters usage") func usageFilters() async throws {
    try await conformance().filtersUsage()
  }

  @Test("lists the journal") func journal() async throws {
    try await conformance().listsJournal()
  }

  @Test("refuses stale commits") func staleCommits() throws {
    try conformance().refusesStaleCommits()
  }

  @Test("a thousand accounts answer the same with ten in memory as with all")
  func smallMemory() async throws {
    let seed = UInt64.random(in: 0..<1_000_000)
    print("small memory: seed \(seed)")
    var test = SmallMemory(seed: seed, accounts: 1_000, commands: 2_500)
    try await test.run(small: MemoryLedgerStore(), large: MemoryLedgerStore())
  }
}
