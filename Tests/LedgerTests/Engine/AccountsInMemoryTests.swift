import LedgerConformance
import Testing

@testable import Ledger

@Suite("The accounts in memory")
struct AccountsInMemoryTests {
  private func ledger(_ store: any LedgerStore, max: Int) throws -> CreditLedger {
    try CreditLedger(
      store: store, clock: TestClock(), configuration: .init(accountsInMemoryMax: max))
  }

  private func attempt(_ key: String) -> Attempt { Attempt(principal: "p", key: key) }

  @Test("leave in the order in which they were used last, those that were asked about later")
  func order() async throws {
    let ledger = try ledger(MemoryLedgerStore(), max: 3)
    for name in ["a", "b", "c"] {
      let grant = AllocateCredits(account: AccountID(name), amountMicros: 5)
      _ = try await ledger.allocate(grant, by: attempt(name)).get()
    }
    #expect(ledger.balanceAtOnce(of: "a") != nil, "and it was asked about")
    let grant = AllocateCredits(account: "d", amountMicros: 5)
    _ = try await ledger.allocate(grant, by: attempt("d")).get()
    #expect(ledger.accountsInMemory == 3)
    #expect(ledger.balanceAtOnce(of: "b") == nil)
    #expect(try await ledger.balance(of: "b").balance.availableMicros == 5)
    #expect(ledger.balanceAtOnce(of: "b") != nil, "it came back")
    #expect(try await ledger.balance(of: "nobody").balance == .zero)
    #expect(ledger.accountsInMemory == 3)
    try await ledger.shutDown()
  }

  @Test("stay while a batch needs them, also when all others were asked about and it needs more")
  func needed() async throws {
    let clock = TestClock()
    let ledger = try CreditLedger(
      store: MemoryLedgerStore(), clock: clock, configuration: .init(accountsInMemoryMax: 6))
    let names = ["out", "in", "c", "d", "e", "f", "g"]
    for name in names {
      let isDue = ["out", "in"].contains(name)
      let grant = AllocateCredits(
        account: AccountID(name), amountMicros: 5,
        expiresAt: isDue ? clock.now().adding(.seconds(60)) : nil)
      _ = try await ledger.allocate(grant, by: attempt(name)).get()
    }
    await ledger.sweep()
    for name in names {
      let charge = DeductCredits(account: AccountID(name), charge: .micros(1))
      _ = try await ledger.deduct(charge, by: attempt(name)).get()
    }
    #expect(ledger.balanceAtOnce(of: "out") == nil)
    for name in names.dropFirst(2) {
      #expect(ledger.balanceAtOnce(of: AccountID(name)) != nil)
    }
    clock.advance(.seconds(60))
    #expect(await ledger.sweep() == 2, "both are due at once, and one of them has to come in")
    #expect(ledger.accountsInMemory == 6)
    #expect(ledger.committedSeq == 16)
    #expect(ledger.balanceAtOnce(of: "in") != nil && ledger.balanceAtOnce(of: "out") != nil)
    #expect(try await ledger.verify().firstBreak == nil)
    try await ledger.shutDown()
  }

  @Test("are never too many while hundreds of callers use more of them")
  func manyCallers() async throws {
    let ledger = try ledger(MemoryLedgerStore(), max: 10)
    let most = await withTaskGroup(of: Int.self) { group in
      for caller in 0..<200 {
        group.addTask {
          var most = 0
          for round in 0..<10 {
            let account = AccountID("user\((caller * 7 + round) % 60)")
            let grant = AllocateCredits(account: account, amountMicros: 10)
            _ = await ledger.allocate(grant, by: attempt("grant \(caller) \(round)"))
            let hold = await ledger.openHold(
              OpenHold(account: account, charge: .micros(4)),
              by: attempt("hold \(caller) \(round)"))
            _ = try? await ledger.balance(of: AccountID("user\(round)"))
            if case .success(let receipt) = hold {
              _ = await ledger.settleHold(
                SettleHold(hold: receipt.value.hold.id, charge: .micros(3)),
                by: attempt("settle \(caller) \(round)"))
            }
            most = max(most, ledger.accountsInMemory)
          }
          return most
        }
      }
      return await group.reduce(0, max)
    }
    #expect(most <= 10)
    var total: Int64 = 0
    for number in 0..<60 {
      total += try await ledger.balance(of: AccountID("user\(number)")).balance.availableMicros
    }
    #expect(total == 2_000 * (10 - 3))
    #expect(try await ledger.verify().firstBreak == nil)
    try await ledger.shutDown()
  }

  @Test("a list of names gives back the oldest use, whatever was used and removed before")
  func recency() {
    var random = SeededGenerator(seed: 5)
    var list = RecencyList()
    var plain: [AccountID] = []
    for _ in 0..<5_000 {
      let id = AccountID("\(Int.random(in: 0..<40, using: &random))")
      plain.removeAll { $0 == id }
      if random.chance(30) {
        list.remove(id)
      } else {
        list.use(id)
        plain.append(id)
      }
      #expect(list.oldest == plain.first)
    }
  }
}
