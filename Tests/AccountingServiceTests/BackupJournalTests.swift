import Contracts
import GRPC
import Ledger
import LedgerConformance
import Testing

@testable import AccountingService

@Suite struct BackupJournalTests {
  private typealias Fixture = AccountingFixture
  private typealias Part = Farebox_Accounting_V1_BackupJournalResponse

  private func fill(_ fixture: Fixture, _ keys: Range<Int>, notes: Int = 0) async throws {
    for key in keys {
      try await fixture.allocate(1, to: "u\(key % 7)", key: "\(key)") {
        $0.notes = String(repeating: "n", count: notes)
      }
    }
  }

  private func backUp(_ fixture: Fixture, as caller: Metadata) async throws -> [Part] {
    var parts: [Part] = []
    for try await part in fixture.client.backupJournal(.init(), metadata: caller) {
      parts.append(part)
    }
    return parts
  }

  private func head(_ entries: [Farebox_Accounting_V1_StoredEntry]) throws -> JournalHead {
    var audit = LedgerAudit(chainOnlyAfter: .empty)
    for entry in entries {
      try audit.examine(
        StoredEntry(
          seq: entry.seq, time: LedgerTime(microseconds: entry.timeMicros),
          account: entry.accountID.map { AccountID($0) }, kind: entry.kind,
          payload: entry.payload, hash: try #require(Digest(bytes: entry.hash))))
    }
    return audit.head
  }

  @Test("a backup is the stored journal up to the entry that was its last, while it goes on")
  func whole() async throws {
    try await Fixture.run { fixture in
      try await fixture.putPrice(of: "m")
      try await fill(fixture, 0..<599)
      let call = fixture.client.backupJournal(.init(), metadata: Fixture.admin)
      var stream = call.makeAsyncIterator()
      var parts = [try #require(try await stream.next())]
      try await fill(fixture, 599..<620)
      while let part = try await stream.next() { parts.append(part) }
      #expect(parts.map(\.entries.count) == [256, 256, 88])
      #expect(parts.allSatisfy { $0.lastSeq == 600 && $0.epoch == 1 })
      let entries = parts.flatMap(\.entries)
      #expect(entries[0].accountID == nil && entries[1].accountID == "u0")
      let head = try head(entries)
      var range = Farebox_Accounting_V1_VerifyLedgerRequest()
      range.toSeq = 600
      let proof = try await fixture.client.verifyLedger(range, metadata: Fixture.admin)
      #expect(head.seq == 600 && head.hash.bytes == proof.headHash)
    }
  }

  @Test("the backup of an empty journal says so")
  func empty() async throws {
    try await Fixture.run { fixture in
      let parts = try await backUp(fixture, as: Fixture.admin)
      #expect(parts.count == 1 && parts[0].lastSeq == 0 && parts[0].epoch == 1)
      #expect(parts[0].entries == [])
    }
  }

  @Test("nobody but an administrator gets one")
  func refused() async throws {
    try await Fixture.run { fixture in
      try await fill(fixture, 0..<3)
      for caller in ["u0", "service", "auditor"] {
        let refused = await failure { try await backUp(fixture, as: Fixture.caller(caller)) }
        #expect(refused?.code == .permissionDenied, "\(caller)")
      }
    }
  }

  @Test("four are made at a time; one that is given up makes room")
  func limit() async throws {
    try await Fixture.run { fixture in
      // More than a connection takes on before anybody reads.
      try await fill(fixture, 0..<700, notes: 1_000)
      var running: [ServerStreamingCall<Part>] = []
      for _ in 0..<LedgerLimits.journalCopiesMax {
        let call = fixture.client.backupJournal(.init(), metadata: Fixture.admin)
        var stream = call.makeAsyncIterator()
        _ = try await stream.next()
        running.append(call)
      }
      let refused = await failure { try await backUp(fixture, as: Fixture.admin) }
      #expect(refused?.code == .resourceExhausted && refused?.reason == "TOO_MANY_BACKUPS")
      running.removeLast().cancel()
      var entries = 0
      for _ in 0..<1_000 where entries == 0 {
        if let parts = try? await backUp(fixture, as: Fixture.admin) {
          entries = parts.map(\.entries.count).reduce(0, +)
        } else {
          try await Task.sleep(for: .milliseconds(10))
        }
      }
      #expect(entries == 700)
      for call in running { call.cancel() }
    }
  }

  @Test("a journal that cannot be read to its end is no backup")
  func hole() async throws {
    let store = EndingStore(store: MemoryLedgerStore(), end: 300)
    try await Fixture.run(store: store) { fixture in
      try await fill(fixture, 0..<400)
      var seen = 0
      let refused = await failure {
        for try await part in fixture.client.backupJournal(.init(), metadata: Fixture.admin) {
          seen += part.entries.count
        }
      }
      #expect(refused?.code == .unavailable && refused?.reason == "LEDGER_STOPPED")
      #expect(seen == 300)
    }
  }

  @Test("a part with large entries is several messages, each below what clients accept")
  func sizes() {
    func entry(_ seq: Int64, _ bytes: Int) -> StoredEntry {
      StoredEntry(
        seq: seq, time: LedgerTime(microseconds: 1), account: nil, kind: 1,
        payload: [UInt8](repeating: 1, count: bytes), hash: .zero)
    }
    let rows: [(sizes: [Int], messages: [Int])] = [
      ([], [0]), ([10], [1]), ([1 << 20], [1]), ([700_000, 700_000, 700_000], [2, 1]),
      ([1 << 20, 1 << 20], [1, 1]), ([Int](repeating: 40_000, count: 60), [27, 27, 6]),
    ]
    for (sizes, counts) in rows {
      let entries = sizes.enumerated().map { entry(Int64($0.offset) + 1, $0.element) }
      let messages = AccountingAPI.messages(JournalPart(entries: entries, lastSeq: 60, epoch: 3))
      #expect(messages.map(\.entries.count) == counts)
      #expect(messages.flatMap(\.entries).map(\.seq) == entries.map(\.seq))
      #expect(messages.allSatisfy { $0.lastSeq == 60 && $0.epoch == 3 })
    }
  }
}

/// A store whose journal cannot be read behind an entry.
private struct EndingStore: StoreInFront {
  let store: any LedgerStore
  let end: Int64

  func storedEntries(afterSeq seq: Int64, limit: Int) throws(StoreError) -> [StoredEntry] {
    try store.storedEntries(afterSeq: seq, limit: limit).filter { $0.seq <= end }
  }
}
