import LedgerConformance
import Testing

@testable import Ledger

@Suite("What administrators do to allocations and charges")
struct AdministrationTests {
  private func adjust(
    _ bench: Bench, _ allocation: Allocation, _ expiry: AdjustAllocation.Expiry? = nil,
    priority: UInt8? = nil
  ) async throws -> AdjustAnswer {
    try await bench.ledger.adjustAllocation(
      AdjustAllocation(allocation: allocation.id, expiry: expiry, priority: priority),
      by: bench.attempt()
    ).get().value
  }

  private func void(_ bench: Bench, _ allocation: Allocation) async throws -> VoidAnswer {
    try await bench.ledger.voidAllocation(
      VoidAllocation(allocation: allocation.id), by: bench.attempt()
    ).get().value
  }

  private func refund(
    _ bench: Bench, _ usage: UsageRecord, _ amount: Int64? = nil, fault: Bool = false
  ) async throws -> RefundAnswer {
    try await bench.ledger.refundUsage(
      RefundUsage(usage: usage.id, amountMicros: amount, isServiceFault: fault),
      by: bench.attempt()
    ).get().value
  }

  @Test("another priority changes what is spent first, another expiry what is lost when")
  func adjusts() async throws {
    let bench = try Bench()
    let first = try await bench.allocate(10, priority: 1, expiresAt: bench.after(100)).allocation
    let second = try await bench.allocate(10, priority: 2).allocation
    let answer = try await adjust(bench, first, .at(bench.after(200)), priority: 3)
    #expect(answer.allocation.terms.priority == 3 && answer.balance.availableMicros == 20)
    let usage = try await bench.deduct(.micros(5)).usage
    #expect(usage.pins.map(\.allocation) == [second.id])
    bench.clock.advance(.seconds(150))
    #expect(bench.balance() == [15, 0, 0])
    _ = try await adjust(bench, first, .never)
    bench.clock.advance(.seconds(5_000))
    #expect(bench.balance() == [15, 0, 0])
    _ = try await adjust(bench, first, .at(bench.after(1)))
    bench.clock.advance(.seconds(1))
    #expect(bench.balance() == [5, 0, 0])
  }

  @Test("a void takes what is free now and what a hold gives back later; what it charges is spent")
  func voids() async throws {
    let bench = try Bench()
    let allocation = try await bench.allocate(10).allocation
    let hold = try await bench.hold(.micros(6)).hold
    let answer = try await void(bench, allocation)
    #expect(answer.voidedMicros == 4 && answer.allocation.heldMicros == 6)
    #expect(bench.balance() == [0, 6, 0])
    let settled = try await bench.settle(hold, .micros(4))
    #expect(settled.usage.chargedMicros == 4 && settled.returnedMicros == 0)
    #expect(bench.balance() == [0, 0, 0])
    let entries = try bench.store.entries(afterSeq: 0, limit: 99)
    let taken = entries.flatMap(\.change.legs).filter { $0.place == .voided }.map(\.micros)
    #expect(taken == [4, 2])
    let back = try await refund(bench, settled.usage)
    #expect(back.refund.voided.totalMicros == 4 && bench.balance() == [0, 0, 0])
  }

  @Test("refunds go back in the reverse of the order of spending, in any number of parts")
  func refundOrder() async throws {
    for parts in [[12], [1, 11], [4, 4, 4], [7, 2, 3]] as [[Int64]] {
      let bench = try Bench()
      try await bench.set("alice", overdraft: 5)
      let first = try await bench.allocate(4, priority: 1).allocation
      let second = try await bench.allocate(5, priority: 2).allocation
      let usage = try await bench.deduct(.micros(12), from: "alice", .cover).usage
      #expect(bench.balance() == [0, 0, 3])
      var refunded: Int64 = 0
      for part in parts {
        let answer = try await refund(bench, usage, part)
        refunded += part
        #expect(answer.refund.totalMicros == refunded && answer.grants.isEmpty)
        let debt = max(0, 3 - refunded)
        let available = max(0, refunded - 3)
        #expect(bench.balance() == [available, 0, debt])
        let active = try await bench.ledger.balance(of: "alice").activeAllocations
        let bySecond = active.first { $0.id == second.id }?.availableMicros ?? 0
        #expect(bySecond == min(5, available), "the last pin first")
        #expect(active.first { $0.id == first.id }?.availableMicros ?? 0 == available - bySecond)
      }
      let more = RefundUsage(usage: usage.id)
      #expect(
        try await bench.refusal(.refundUsage(more)) == .overRefund(refundableMicros: 0), "I11")
      let listed = try await bench.ledger.listUsage(UsageQuery(account: "alice")).records
      #expect(listed.map(\.refundedMicros) == [12])
    }
  }

  @Test("a refund to a grant that is over is lost with it, unless the service was at fault")
  func deadGrant() async throws {
    for isFault in [false, true] {
      let bench = try Bench()
      try await bench.allocate(10, expiresAt: bench.after(50))
      let usage = try await bench.deduct(.micros(8)).usage
      bench.clock.advance(.seconds(60))
      let answer = try await refund(bench, usage, 6, fault: isFault)
      #expect(answer.refund.expired.totalMicros == (isFault ? 0 : 6))
      #expect(bench.balance() == [isFault ? 6 : 0, 0, 0])
      guard isFault else { continue }
      let terms = try #require(answer.grants.first?.terms)
      #expect(terms.allocationClass == .promo && terms.amountMicros == 6)
      #expect(terms.expiresAt == bench.clock.now().adding(.seconds(7 * 86_400)))
    }
  }

  @Test("debt of a charge that was repaid since comes back as new credit, and repays debt first")
  func repaidDebt() async throws {
    let bench = try Bench()
    try await bench.set("alice", overdraft: 20)
    let usage = try await bench.deduct(.micros(10), from: "alice", .cover).usage
    try await bench.allocate(7)
    #expect(bench.balance() == [0, 0, 3])
    let answer = try await refund(bench, usage, 10)
    #expect(answer.refund.debtMicros == 3 && answer.refund.reissuedMicros == 7)
    #expect(answer.grants.map(\.terms.allocationClass) == [.adjust])
    #expect(bench.balance() == [7, 0, 0])
  }

  @Test("a batch of charges has one result per item in order, and keys of its own")
  func records() async throws {
    let bench = try Bench()
    try await bench.allocate(10)
    func item(_ amount: Int64, key: String) -> (command: DeductCredits, attempt: Attempt) {
      (
        DeductCredits(account: "alice", charge: .micros(amount), overPolicy: .reject),
        Attempt(principal: "tester", key: key)
      )
    }
    let items = [item(4, key: "a"), item(0, key: "b"), item(7, key: "c"), item(6, key: "d"),
      item(4, key: "a"), item(5, key: "a")]
    let results = await bench.ledger.recordUsage(items)
    let texts = results.map { result in
      switch result {
      case .success(let receipt):
        "\(receipt.value.usage.chargedMicros)\(receipt.isReplayed ? " again" : "")"
      case .failure(let refusal): refusal.name
      }
    }
    let expected = [
      "4", "invalidArgument", "insufficientCredits", "6", "4 again", "idempotencyMismatch",
    ]
    #expect(texts == expected)
    #expect(bench.balance() == [0, 0, 0])
    let other = await bench.ledger.deduct(items[0].command, by: items[0].attempt)
    guard case .failure(.insufficientCredits) = other else {
      throw Breach("a deduction was answered with a batch's key")
    }
    #expect(await bench.ledger.recordUsage([]).isEmpty)
  }
}
