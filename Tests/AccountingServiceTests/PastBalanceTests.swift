import Contracts
import GRPC
import Ledger
import Protobuf
import Testing

@testable import AccountingService

@Suite struct PastBalanceTests {
  private typealias Fixture = AccountingFixture

  private func balance(
    _ fixture: Fixture, at time: LedgerTime
  ) async throws -> Farebox_Accounting_V1_GetBalanceResponse {
    var request = Farebox_Accounting_V1_GetBalanceRequest()
    request.accountID = "u"
    request.atTime = Google_Protobuf_Timestamp(time)
    return try await fixture.client.getBalance(request, metadata: Fixture.caller("u"))
  }

  @Test("the balance of a past instant is what it was then, expiry and holds included")
  func past() async throws {
    try await Fixture.run { fixture in
      let start = fixture.clock.now()
      try await fixture.allocate(100, to: "u", key: "1") {
        $0.expiresAt = .init(start.adding(.seconds(50)))
      }
      fixture.clock.advance(.seconds(10))
      try await fixture.allocate(10, to: "u", key: "2")
      fixture.clock.advance(.seconds(10))
      var open = Farebox_Accounting_V1_OpenHoldRequest()
      open.idempotencyKey = "h"
      open.accountID = "u"
      open.amount = .creditMicros(40)
      _ = try await fixture.client.openHold(open, metadata: Fixture.service)
      fixture.clock.advance(.seconds(1_000))
      try await fixture.allocate(7, to: "u", key: "3")
      let rows: [(seconds: Int64, available: Int64, held: Int64, grants: Int)] = [
        (-1, 0, 0, 0), (0, 100, 0, 1), (9, 100, 0, 1), (10, 110, 0, 2), (20, 70, 40, 2),
        (49, 70, 40, 2), (50, 10, 40, 1), (84, 10, 40, 1), (85, 10, 0, 1), (1_019, 10, 0, 1),
        (1_020, 17, 0, 2),
      ]
      for row in rows {
        let answer = try await balance(fixture, at: start.adding(.seconds(row.seconds)))
        #expect(
          answer.balance?.availableMicros == row.available
            && answer.balance?.heldMicros == row.held
            && answer.activeAllocations.count == row.grants,
          "after \(row.seconds) s: \(String(describing: answer.balance))")
      }
    }
  }

  @Test("an instant in the future or outside of the calendar is refused by name")
  func future() async throws {
    try await Fixture.run { fixture in
      let far = LedgerTime(microseconds: .max)
      for time in [fixture.clock.now().adding(.microseconds(1)), far] {
        let refused = await failure { try await balance(fixture, at: time) }
        #expect(refused?.code == .invalidArgument && refused?.field == "at_time")
      }
      var request = Farebox_Accounting_V1_GetBalanceRequest()
      request.atTime = Google_Protobuf_Timestamp()
      request.atTime?.nanos = -1
      let asked = request
      let refused = await failure {
        try await fixture.client.getBalance(asked, metadata: Fixture.caller("u"))
      }
      #expect(refused?.field == "at_time")
    }
  }
}
