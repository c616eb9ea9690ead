import LedgerConformance
import Testing

@testable import Ledger

@Suite("A watch of a balance")
struct BalanceWatchTests {
  private func withLedger(
    _ body: (CreditLedger, TestClock) async throws -> Void
  ) async throws {
    let clock = TestClock()
    let ledger = try CreditLedger(store: MemoryLedgerStore(), clock: clock)
    try await body(ledger, clock)
    try await ledger.shutDown()
  }

  private func allocate(
    _ ledger: CreditLedger, _ key: String, to account: AccountID = "u"
  ) async throws -> Int64 {
    let grant = AllocateCredits(account: account, amountMicros: 10)
    return try await ledger.allocate(grant, by: Attempt(principal: "p", key: key)).get().asOfSeq
  }

  @Test("tells the balance at once, then after each change of this account")
  func follows() async throws {
    try await withLedger { ledger, clock in
      let watch = try await ledger.watch("u")
      let first = await watch.next()
      #expect(first?.seq == 0 && first?.balance(at: clock.now()) == .zero)
      for number in 1...3 {
        _ = try await allocate(ledger, "other \(number)", to: "v")
        let seq = try await allocate(ledger, "\(number)")
        let change = await watch.next()
        #expect(change?.seq == seq && change?.kinds == [.allocated])
        #expect(change?.balance(at: clock.now()).availableMicros == Int64(number) * 10)
      }
      watch.close()
    }
  }

  @Test("merges what a slow reader did not take, and loses no kind of event")
  func merges() async throws {
    try await withLedger { ledger, clock in
      let watch = try await ledger.watch("u")
      for number in 1...100 { _ = try await allocate(ledger, "\(number)") }
      let deduct = DeductCredits(account: "u", charge: .micros(1))
      _ = await ledger.deduct(deduct, by: Attempt(principal: "p", key: "d"))
      let change = await watch.next()
      #expect(change?.seq == 101 && change?.kinds == [.allocated, .charged])
      #expect(change?.balance(at: clock.now()).availableMicros == 999)
      watch.close()
    }
  }

  @Test("resumes behind what the reader knows, without loss and without repetition")
  func resumes() async throws {
    try await withLedger { ledger, _ in
      let known = try await allocate(ledger, "1")
      let missed = try await allocate(ledger, "2")
      let behind = try await ledger.watch("u", after: known)
      #expect(await behind.next()?.seq == missed)
      let current = try await ledger.watch("u", after: missed)
      let next = try await allocate(ledger, "3")
      #expect(await current.next()?.seq == next)
      await #expect(throws: WatchError.self) { try await ledger.watch("u", after: next + 1) }
      behind.close()
      current.close()
    }
  }

  @Test("ends with its task and with the ledger")
  func ends() async throws {
    try await withLedger { ledger, _ in
      let cancelled = try await ledger.watch("u", after: 0)
      _ = await cancelled.next()
      let task = Task { await cancelled.next() }
      task.cancel()
      #expect(await task.value == nil)
      cancelled.close()
      let left = try await ledger.watch("u")
      _ = await left.next()
      let reader = Task { await left.next() }
      try await ledger.shutDown()
      #expect(await reader.value == nil)
      await #expect(throws: WatchError.self) { try await ledger.watch("u") }
    }
  }

  @Test("is refused above the limit of its account, and makes room when it closes")
  func limit() async throws {
    try await withLedger { ledger, _ in
      var watches: [BalanceWatch] = []
      for _ in 0..<LedgerLimits.watchersPerAccountMax {
        watches.append(try await ledger.watch("u"))
      }
      await #expect(throws: WatchError.self) { try await ledger.watch("u") }
      try await ledger.watch("v").close()
      watches[0].close()
      watches[0].close()
      try await ledger.watch("u").close()
      for watch in watches { watch.close() }
      #expect(ledger.board.watches.isEmpty)
    }
  }

  @Test("many writers and readers: every reader ends up at the last entry")
  func race() async throws {
    try await withLedger { ledger, _ in
      var readers: [Task<[Int64], Never>] = []
      for _ in 0..<8 {
        let watch = try await ledger.watch("u")
        let reader = Task {
          var seqs: [Int64] = []
          while let change = await watch.next() {
            seqs.append(change.seq)
            if change.seq == 200 { break }
          }
          watch.close()
          return seqs
        }
        readers.append(reader)
      }
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<200 {
          group.addTask { _ = try? await allocate(ledger, "\(number)") }
        }
      }
      for reader in readers {
        let seqs = await reader.value
        #expect(seqs.last == 200 && seqs == seqs.sorted() && Set(seqs).count == seqs.count)
      }
    }
  }
}
