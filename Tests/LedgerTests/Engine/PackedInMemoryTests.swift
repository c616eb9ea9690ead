import LedgerConformance
import Synchronization
import Testing

@testable import Ledger

@Suite("Accounts in memory that are packed")
struct PackedInMemoryTests {
  private func ledger(
    _ store: any LedgerStore = MemoryLedgerStore(), max: Int, perCommit: Int = 1, unpacked: Int = 3
  ) throws -> CreditLedger {
    try CreditLedger(
      store: store, clock: TestClock(),
      configuration: .init(
        commandsPerCommitMax: perCommit, accountsInMemoryMax: max, unpackedAccountsMax: unpacked))
  }

  private func attempt(_ key: String) -> Attempt { Attempt(principal: "p", key: key) }

  private func grant(_ ledger: CreditLedger, _ name: String, _ amount: Int64 = 5) async throws {
    let grant = AllocateCredits(account: AccountID(name), amountMicros: amount)
    _ = try await ledger.allocate(grant, by: attempt("grant \(name)")).get()
  }

  private func deduct(_ ledger: CreditLedger, _ name: String, _ key: String) async throws {
    let charge = DeductCredits(account: AccountID(name), charge: .micros(1))
    _ = try await ledger.deduct(charge, by: attempt(key)).get()
  }

  private func isPacked(_ ledger: CreditLedger, _ name: String) -> Bool {
    ledger.board.packedAccount(AccountID(name)) != nil
  }

  @Test("are those used longest ago; they answer as before, and a command unpacks them")
  func oldest() async throws {
    let ledger = try ledger(max: 100)
    for number in 0..<10 { try await grant(ledger, "u\(number)", Int64(number) + 1) }
    try await deduct(ledger, "u9", "the next batch packs")
    #expect((0..<10).map { isPacked(ledger, "u\($0)") } == (0..<10).map { $0 < 7 })
    #expect(ledger.accountsInMemory == 10)
    #expect(ledger.balanceAtOnce(of: "u4")?.balance.availableMicros == 5)
    #expect(try ledger.checkAtOnce("u5", for: .micros(6))?.get().answer.decision == .sufficient)
    #expect(try ledger.checkAtOnce("u5", for: .micros(7))?.get().answer.decision == .insufficient)
    #expect(ledger.balanceAtOnce(of: "nobody") == nil)
    try await deduct(ledger, "u2", "a command")
    #expect(!isPacked(ledger, "u2") && isPacked(ledger, "u7"))
    #expect(ledger.balanceAtOnce(of: "u2")?.balance.availableMicros == 2)
    #expect(try await ledger.verify().firstBreak == nil)
    try await ledger.shutDown()
  }

  @Test("are unpacked when they are asked about often, and packed again when others are used")
  func askedOften() async throws {
    let ledger = try ledger(max: 100)
    for number in 0..<8 { try await grant(ledger, "u\(number)") }
    try await deduct(ledger, "u7", "1")
    for _ in 1..<PackedAccounts.readsMax { _ = ledger.balanceAtOnce(of: "u1") }
    try await deduct(ledger, "u7", "2")
    #expect(isPacked(ledger, "u1"), "not often enough")
    #expect(ledger.balanceAtOnce(of: "u1")?.balance.availableMicros == 5)
    try await deduct(ledger, "u7", "behind that")
    #expect(!isPacked(ledger, "u1"))
    for number in 2..<5 { try await deduct(ledger, "u\(number)", "others \(number)") }
    #expect(!isPacked(ledger, "u1"), "because it was asked about it stays once")
    for number in 5..<8 { try await deduct(ledger, "u\(number)", "more \(number)") }
    #expect(isPacked(ledger, "u1"))
    try await ledger.shutDown()
  }

  @Test("leave memory first, in the order in which they were packed, those asked about later")
  func leaving() async throws {
    let ledger = try ledger(max: 6)
    for name in ["a", "b", "c", "d", "e", "f"] { try await grant(ledger, name) }
    try await deduct(ledger, "f", "the next batch packs")
    #expect(["a", "b", "c"].allSatisfy { isPacked(ledger, $0) })
    #expect(ledger.balanceAtOnce(of: "a") != nil, "and it was asked about")
    try await grant(ledger, "g")
    #expect(ledger.accountsInMemory == 6)
    #expect(ledger.balanceAtOnce(of: "b") == nil)
    try await grant(ledger, "h")
    #expect(ledger.balanceAtOnce(of: "c") == nil)
    #expect(try await ledger.balance(of: "b").balance.availableMicros == 5, "it comes back")
    #expect(ledger.accountsInMemory == 6)
    #expect(try await ledger.verify().firstBreak == nil)
    try await ledger.shutDown()
  }

  @Test("are not packed while a batch needs them, also when others leave that were asked about")
  func needed() async throws {
    let clock = TestClock()
    let ledger = try CreditLedger(
      store: MemoryLedgerStore(), clock: clock,
      configuration: .init(commandsPerCommitMax: 2, accountsInMemoryMax: 7, unpackedAccountsMax: 3))
    let names = ["out", "packed", "a", "b", "c", "d", "e", "f"]
    for name in names {
      let isDue = ["out", "packed"].contains(name)
      let grant = AllocateCredits(
        account: AccountID(name), amountMicros: 5,
        expiresAt: isDue ? clock.now().adding(.seconds(60)) : nil)
      _ = try await ledger.allocate(grant, by: attempt(name)).get()
    }
    await ledger.sweep()
    for name in names { try await deduct(ledger, name, name) }
    #expect(isPacked(ledger, "packed") && ledger.balanceAtOnce(of: "out") == nil)
    for name in names.dropFirst(2) {
      #expect(!isPacked(ledger, name) && ledger.balanceAtOnce(of: AccountID(name)) != nil)
    }
    clock.advance(.seconds(60))
    #expect(await ledger.sweep() == 2, "both are due at once, one is unpacked, one comes in")
    #expect(ledger.accountsInMemory == 7)
    #expect(try await ledger.verify().firstBreak == nil)
    try await ledger.shutDown()
  }

  @Test("stay when the store does not show them yet and cannot")
  func stuck() async throws {
    let store = ForgetfulStore()
    let ledger = try ledger(store, max: 6)
    for name in ["a", "b", "c", "d", "e", "f"] { try await grant(ledger, name) }
    try await deduct(ledger, "f", "the next batch packs")
    store.canCatchUp.withLock { $0 = false }
    let late = AllocateCredits(account: "g", amountMicros: 5)
    guard case .failure(.storageFailed) = await ledger.allocate(late, by: attempt("g")) else {
      throw Breach("an account left that the store does not show")
    }
    #expect(isPacked(ledger, "a") && ledger.accountsInMemory == 6)
    #expect(ledger.balanceAtOnce(of: "a")?.balance.availableMicros == 5)
    try await ledger.shutDown()
  }

  @Test("answer with what was acknowledged last while commands pack and unpack them all the time")
  func readers() async throws {
    let ledger = try ledger(max: 50, perCommit: 4)
    for number in 0..<60 { try await grant(ledger, "u\(number)", 1_000) }
    let end = End()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for reader in 0..<4 {
        group.addTask { try await read(ledger, 60, seed: UInt64(reader), until: end) }
      }
      try await withThrowingTaskGroup(of: Void.self) { writers in
        for writer in 0..<6 {
          writers.addTask { try await spend(ledger, writer: writer) }
        }
        try await writers.waitForAll()
      }
      end.isReached.store(true, ordering: .relaxed)
      try await group.waitForAll()
    }
    #expect(try await ledger.verify().firstBreak == nil)
    try await ledger.shutDown()
  }

  /// Charges ten accounts that are this writer's alone, and asks right after each charge.
  private func spend(_ ledger: CreditLedger, writer: Int) async throws {
    for round in 0..<400 {
      let number = writer * 10 + round * 7 % 10
      try await deduct(ledger, "u\(number)", "\(writer) \(round)")
      let found = try await ledger.balance(of: AccountID("u\(number)")).balance.availableMicros
      guard found == 1_000 - Int64(round / 10 + 1) else {
        throw Breach("u\(number): \(found) after \(round / 10 + 1) charges")
      }
      guard ledger.accountsInMemory <= 50 else {
        throw Breach("\(ledger.accountsInMemory) accounts in memory")
      }
    }
  }

  /// Asks about any account again and again: what is charged does not come back.
  private func read(
    _ ledger: CreditLedger, _ accounts: Int, seed: UInt64, until end: End
  ) async throws {
    var random = SeededGenerator(seed: seed)
    var least: [Int: Int64] = [:]
    while !end.isReached.load(ordering: .relaxed) {
      for _ in 0..<50 {
        let number = Int.random(in: 0..<accounts, using: &random)
        guard let answer = ledger.balanceAtOnce(of: AccountID("u\(number)")) else { continue }
        let found = answer.balance.availableMicros
        guard found <= least[number] ?? 1_000 else { throw Breach("u\(number): \(found) again") }
        least[number] = found
      }
      await Task.yield()
    }
  }

  @Test("decide and answer as if all were unpacked, holds and budgets and alerts included")
  func sameAnswers() async throws {
    let seed = CampaignSize.firstSeed
    print("packed accounts: seed \(seed)")
    var roomy = SmallMemory(
      seed: seed, accounts: 200, commands: 2_000, limit: 300, unpacked: 3)
    try await roomy.run(small: MemoryLedgerStore(), large: MemoryLedgerStore())
    var tight = SmallMemory(
      seed: seed, accounts: 200, commands: 2_000, limit: 30, unpacked: 5)
    try await tight.run(small: MemoryLedgerStore(), large: MemoryLedgerStore())
  }
}

/// Tells readers to stop.
private final class End: Sendable {
  let isReached = Atomic(false)
}

/// A store whose tables stand still when a test wants it.
private final class ForgetfulStore: StoreInFront {
  let store: any LedgerStore = MemoryLedgerStore()
  let canCatchUp = Mutex(true)

  func catchUp(to seq: Int64) throws(StoreError) {
    guard canCatchUp.withLock({ $0 }) else { throw .failed("as the test wants") }
  }
}
