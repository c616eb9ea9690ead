import LedgerConformance
import Testing

@testable import Ledger

@Suite("The explanation of a decision")
struct ExplanationTests {
  private let clock = TestClock()

  private func attempt(_ key: String) -> Attempt { Attempt(principal: "p", key: key) }

  @Test("shows what was asked and found, and comes to the same entries again")
  func explains() async throws {
    let ledger = try CreditLedger(store: MemoryLedgerStore(), clock: clock)
    let grant = AllocateCredits(
      account: "u", amountMicros: 100, expiresAt: clock.now().adding(.seconds(100)))
    _ = await ledger.allocate(grant, by: attempt("1"))
    _ = await ledger.allocate(AllocateCredits(account: "u", amountMicros: 50), by: attempt("2"))
    let open = OpenHold(account: "u", charge: .micros(30), sessionID: "s")
    let hold = try await ledger.openHold(open, by: attempt("3")).get()
    clock.advance(.seconds(200))
    // Writes down that the hold ran out and the grant expired, then charges.
    let deduct = DeductCredits(account: "u", charge: .micros(7))
    let charged = try await ledger.deduct(deduct, by: attempt("4")).get()
    let found = try await ledger.explain(charged.asOfSeq)
    #expect(found.difference == nil && found.command == .deductCredits(deduct))
    #expect(found.range == 4...charged.asOfSeq && found.principal == "p")
    #expect(found.before?.allocations.count == 2 && found.before?.holds.count == 1)
    #expect(found.entries.last?.change.kind == .charged && found.entries.count == 3)
    // By an entry in its midst it is the same decision.
    #expect(try await ledger.explain(4).range == found.range)

    let settle = SettleHold(hold: hold.value.hold.id, charge: .micros(5))
    let late = try await ledger.settleHold(settle, by: attempt("5")).get()
    #expect(try await ledger.explain(late.asOfSeq).difference == nil)
    let denied = DeductCredits(account: "u", charge: .micros(500), overPolicy: .reject)
    _ = await ledger.deduct(denied, by: attempt("6"))
    let refusal = try await ledger.explain(ledger.committedSeq)
    #expect(refusal.difference == nil)
    guard case .failure(.insufficientCredits) = refusal.outcome else {
      Issue.record("the refusal is explained as \(refusal.outcome)")
      return
    }
    try await ledger.shutDown()
  }

  @Test("a decision that was written down otherwise is told from one that was not")
  func differs() async throws {
    let store = MemoryLedgerStore()
    let honest = try CreditLedger(store: MemoryLedgerStore(), clock: clock)
    let grant = AllocateCredits(account: "u", amountMicros: 100)
    _ = await honest.allocate(grant, by: attempt("1"))
    // The command of the key says 100, the entry grants 1,000.
    let terms = AllocationTerms(
      id: AllocationID(seq: 1), account: "u", amountMicros: 1_000, allocationClass: .paid,
      priority: 100, effectiveAt: clock.now(), expiresAt: nil, models: [], allocatedBy: "p",
      allocatedAt: clock.now(), notes: "")
    let command = Command.allocateCredits(grant)
    let answer = AllocateAnswer(
      allocation: Allocation(terms: terms),
      balance: Balance(availableMicros: 1_000, heldMicros: 0, debtMicros: 0), debtRepaidMicros: 0)
    let outcome = CommandOutcome.success(.allocated(answer))
    let reply = StoredReply(
      key: attempt("1").keyDigest(for: command.kind), outcome: .decided(outcome), seq: 1,
      command: command.storedBody, entryCount: 1)
    let sealed = SealedEntry(
      JournalEntry(
        seq: 1, time: clock.now(), account: "u", actor: "p", change: .allocated(terms),
        reply: reply), after: .zero)
    try store.commit(
      CommitBatch(
        previous: .empty, head: JournalHead(seq: 1, time: clock.now(), hash: sealed.hash),
        entries: [sealed], rows: []))
    let forged = try CreditLedger(store: store, clock: clock)
    #expect(try await honest.explain(1).difference == nil)
    #expect(try await forged.explain(1).difference != nil)
    try await honest.shutDown()
    try await forged.shutDown()
  }

  @Test("entries that are not there, and old ones without their command, are refused")
  func refused() async throws {
    let store = MemoryLedgerStore()
    let reply = StoredReply(
      key: Digest(hashing: [1]), body: Digest(hashing: [2]),
      outcome: .stored([], of: .refused(.openHold)), seq: 1)
    let sealed = SealedEntry(
      JournalEntry(
        seq: 1, time: clock.now(), account: nil, actor: "p", change: .refused(.openHold),
        reply: reply), after: .zero)
    try store.commit(
      CommitBatch(
        previous: .empty, head: JournalHead(seq: 1, time: clock.now(), hash: sealed.hash),
        entries: [sealed], rows: []))
    let ledger = try CreditLedger(store: store, clock: clock)
    for (seq, expected) in [(0, "noEntry"), (2, "noEntry"), (1, "inputsNotKept")] {
      do {
        _ = try await ledger.explain(Int64(seq))
        Issue.record("entry \(seq) was explained")
      } catch {
        #expect("\(error)" == expected)
      }
    }
    try await ledger.shutDown()
  }
}
