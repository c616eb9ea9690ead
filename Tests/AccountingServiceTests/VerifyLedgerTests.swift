import Contracts
import GRPC
import Testing

@testable import AccountingService

@Suite struct VerifyLedgerTests {
  private typealias Fixture = AccountingFixture

  @Test("a ledger in order is proved, as a whole and by ranges")
  func intact() async throws {
    try await Fixture.run { fixture in
      let empty = try await fixture.client.verifyLedger(.init(), metadata: Fixture.admin)
      #expect(empty.intact && empty.entries == 0 && empty.headHash.count == 32)
      for number in 0..<10 { try await fixture.allocate(5, to: "u\(number % 3)", key: "\(number)") }
      let auditor = Fixture.caller("auditor")
      let whole = try await fixture.client.verifyLedger(.init(), metadata: auditor)
      #expect(whole.intact && whole.firstBreak == nil && whole.entries == 10)
      #expect(whole.accounts == 3 && whole.accountsCompared == 3 && whole.allocations == 10)
      var range = Farebox_Accounting_V1_VerifyLedgerRequest()
      range.fromSeq = 4
      range.toSeq = 6
      let some = try await fixture.client.verifyLedger(range, metadata: auditor)
      #expect(some.intact && some.entries == 3 && some.fromSeq == 4 && some.headSeq == 6)
      range.fromSeq = 4
      range.toSeq = 0
      let rest = try await fixture.client.verifyLedger(range, metadata: auditor)
      #expect(rest.headHash == whole.headHash && rest.accountsCompared == 0)
    }
  }

  @Test("a range outside of the journal is refused by name")
  func range() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(5, to: "u", key: "k")
      let rows: [(from: Int64, to: Int64, field: String)] = [
        (-1, 0, "from_seq"), (0, -1, "to_seq"), (.min, 0, "from_seq"), (2, 0, "from_seq"),
        (.max, 0, "from_seq"), (0, 2, "to_seq"), (0, .max, "to_seq"), (.max, .max, "to_seq"),
      ]
      for (from, to, field) in rows {
        var request = Farebox_Accounting_V1_VerifyLedgerRequest()
        request.fromSeq = from
        request.toSeq = to
        let asked = request
        let refused = await failure {
          try await fixture.client.verifyLedger(asked, metadata: Fixture.admin)
        }
        #expect(refused?.code == .invalidArgument && refused?.field == field, "\(from)...\(to)")
      }
    }
  }
}
