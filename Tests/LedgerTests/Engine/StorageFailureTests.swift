import Ledger
import LedgerConformance
import Testing

@Suite("A ledger whose store fails")
struct StorageFailureTests {
  private let grant = AllocateCredits(account: "alice", amountMicros: 10)

  private func attempt(_ key: String) -> Attempt { Attempt(principal: "p", key: key) }

  private let pause = Duration.milliseconds(20)

  private func ledger(
    _ store: any LedgerStore, on machine: any LedgerMachine = HostMachine()
  ) throws -> CreditLedger {
    try CreditLedger(
      store: store, clock: TestClock(), configuration: .init(recoveryPause: pause),
      machine: machine)
  }

  /// Tries with one key until the ledger accepts again.
  private func persist(
    _ ledger: CreditLedger, _ key: String
  ) async throws -> Receipt<AllocateAnswer> {
    for _ in 0..<1_000 {
      if case .success(let receipt) = await ledger.allocate(grant, by: attempt(key)) {
        return receipt
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw Breach("the ledger did not recover")
  }

  @Test("refuses what did not happen, goes on answering questions, and recovers by itself")
  func nothingHappened() async throws {
    let rows: [(StoreError, Refusal)] = [
      (.noSpace("full"), .storageFull), (.failed("input/output error"), .storageFailed),
    ]
    for (error, refusal) in rows {
      let store = ObstructedStore()
      let machine = StillMachine()
      let ledger = try ledger(store, on: machine)
      _ = try await ledger.putPrice(
        PutPrice(model: "m", rates: PriceRates(perCallMicros: 1)), by: attempt("price")).get()
      _ = try await ledger.allocate(grant, by: attempt("good")).get()
      let held = try await ledger.openHold(
        OpenHold(account: "alice", charge: .micros(4)), by: attempt("hold")).get()
      store.obstruct(commits: [.fails(error)])
      let settle = SettleHold(hold: held.value.hold.id, charge: .micros(3))
      guard case .failure(refusal) = await ledger.settleHold(settle, by: attempt("settle")) else {
        throw Breach("a failed commit was answered otherwise")
      }
      guard case .failure(refusal) = await ledger.allocate(grant, by: attempt("soon")) else {
        throw Breach("a full store was tried again at once")
      }
      #expect(ledger.stopReason != nil)
      #expect(try await ledger.balance(of: "alice").balance.heldMicros == 4, "it was taken back")
      #expect(try await ledger.balance(of: "nobody").balance == .zero, "also what is loaded")
      machine.advance(by: pause)
      let again = try await persist(ledger, "soon")
      #expect(!again.isReplayed && ledger.stopReason == nil)
      let settled = try await ledger.settleHold(settle, by: attempt("settle")).get()
      #expect(!settled.isReplayed && settled.value.usage.chargedMicros == 3)
      #expect(try await ledger.balance(of: "alice").balance.availableMicros == 17)
      #expect(try await ledger.verify().firstBreak == nil)
      try await ledger.shutDown()
    }
  }

  @Test("answers a commit whose outcome was hidden by what is there")
  func hiddenOutcome() async throws {
    let store = ObstructedStore()
    let ledger = try ledger(store)
    _ = try await ledger.allocate(grant, by: attempt("good")).get()
    store.obstruct(commits: [.hidden])
    let found = try await ledger.allocate(grant, by: attempt("hidden")).get()
    #expect(!found.isReplayed && found.asOfSeq == 2 && ledger.stopReason == nil)
    #expect(try await ledger.allocate(grant, by: attempt("hidden")).get().isReplayed)
    store.obstruct(commits: [.fails(.outcomeUnknown("not there"))])
    guard case .failure(.storageFailed) = await ledger.allocate(grant, by: attempt("lost")) else {
      throw Breach("a lost commit was answered otherwise")
    }
    #expect(try await !persist(ledger, "lost").isReplayed)
    #expect(try await ledger.balance(of: "alice").balance.availableMicros == 30)
    #expect(try await ledger.verify().firstBreak == nil)
    try await ledger.shutDown()
  }

  @Test("accepts nothing while an outcome is unknown, and the key tells it afterwards")
  func unknownForAWhile() async throws {
    for isThere in [true, false] {
      let store = ObstructedStore()
      let ledger = try ledger(store)
      _ = try await ledger.allocate(grant, by: attempt("good")).get()
      store.obstruct(
        commits: [isThere ? .hidden : .fails(.outcomeUnknown("not there"))],
        recoveries: [.failed("cannot be opened")]
          + Array(repeating: .outcomeUnknown("still not"), count: 100_000))
      guard case .failure(.outcomeUnknown) = await ledger.allocate(grant, by: attempt("bad"))
      else { throw Breach("an unknown outcome was answered") }
      guard case .failure(.ledgerStopped) = await ledger.allocate(grant, by: attempt("new")) else {
        throw Breach("a command was decided on an unknown state")
      }
      #expect(try await ledger.balance(of: "alice").balance.availableMicros == 10)
      await #expect(throws: Refusal.ledgerStopped) { try await ledger.balance(of: "nobody") }
      #expect(await ledger.sweep() == 0)
      store.obstruct(commits: [])
      #expect(try await persist(ledger, "bad").isReplayed == isThere)
      #expect(try await ledger.balance(of: "alice").balance.availableMicros == 20)
      #expect(ledger.stopReason == nil)
      #expect(try await ledger.verify().firstBreak == nil)
      try await ledger.shutDown()
    }
  }

  @Test("stops for good when the store is damaged, and can be closed while it waits")
  func stops() async throws {
    let damaged = ObstructedStore()
    let first = try ledger(damaged)
    damaged.obstruct(commits: [.fails(.corrupted("a page"))])
    guard case .failure(.outcomeUnknown) = await first.allocate(grant, by: attempt("bad")) else {
      throw Breach("a damaged store was answered otherwise")
    }
    guard case .failure(.ledgerStopped) = await first.allocate(grant, by: attempt("new")) else {
      throw Breach("a stopped ledger went on")
    }
    guard case .corrupted = first.stopReason else { throw Breach("no reason is given") }
    try await first.shutDown()

    let lost = ObstructedStore()
    let second = try ledger(lost)
    lost.obstruct(
      commits: [.hidden],
      recoveries: Array(repeating: .failed("cannot be opened"), count: 10_000))
    _ = await second.allocate(grant, by: attempt("bad"))
    try await second.shutDown()
  }

  @Test("forgets the lengths of answers whose charges were taken back")
  func outputs() async throws {
    let price = PutPrice(model: "m", rates: PriceRates(outputMicrosPerMillion: 1_000_000))
    var slices: [Int64] = []
    for isObstructed in [false, true] {
      let store = ObstructedStore()
      let machine = StillMachine()
      let ledger = try ledger(store, on: machine)
      _ = try await ledger.putPrice(price, by: attempt("price")).get()
      let credit = AllocateCredits(account: "alice", amountMicros: 1_000_000)
      _ = try await ledger.allocate(credit, by: attempt("grant")).get()
      for number in 0..<60 {
        // Short answers; the long ones never come to be.
        let isLost = isObstructed && number % 2 == 1
        if isObstructed || number % 2 == 0 {
          if isLost { store.obstruct(commits: [.fails(.failed("lost"))]) }
          let usage = TokenUsage(model: "m", outputTokens: isLost ? 400 : 20)
          let command = DeductCredits(
            account: "alice", charge: .usage(usage), outcome: .complete)
          _ = await ledger.deduct(command, by: attempt("charge \(number)"))
          if isLost { machine.advance(by: pause) }
        }
      }
      let usage = Charge.usage(TokenUsage(model: "m", outputTokens: 10_000))
      let hold = try await ledger.openHold(
        OpenHold(account: "alice", charge: usage, sliceTokens: 512), by: attempt("hold")).get()
      slices.append(hold.value.hold.grantedMicros)
      try await ledger.shutDown()
    }
    #expect(slices[0] == slices[1] && slices[0] == 32)
  }
}
