import Contracts
import GRPC
import GRPCServices
import Testing

@testable import AccountingService

@Suite struct HoldAPITests {
  private typealias Fixture = AccountingFixture

  private func open(
    _ fixture: AccountingFixture, output: Int64, slice: Int64? = nil
  ) async throws -> Farebox_Accounting_V1_OpenHoldResponse {
    var request = Farebox_Accounting_V1_OpenHoldRequest()
    request.idempotencyKey = "hold \(output) \(slice ?? 0)"
    request.accountID = "u"
    request.amount = .usage(fixture.usage(0, output))
    request.sliceTokens = slice
    request.sessionID = "s"
    return try await fixture.client.openHold(request, metadata: Fixture.service)
  }

  @Test("a hold grows by slices, says when to renew, and is listed with what it reported")
  func slices() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(1_000, to: "u", key: "k")
      try await fixture.putPrice(of: "m")
      let opened = try await open(fixture, output: 10_000, slice: 100)
      #expect(opened.grantedTokens == 100 && !opened.finalSlice)
      #expect(opened.renewAtTokens == 75 && opened.renewAtMicros == 150)
      var extend = Farebox_Accounting_V1_ExtendHoldRequest()
      extend.idempotencyKey = "e1"
      extend.holdID = opened.hold?.holdID ?? ""
      extend.used = .usedTokens(fixture.usage(0, 80))
      extend.wantedTokens = 100
      extend.ttl = .init(.seconds(120))
      let answer = try await fixture.client.extendHold(extend, metadata: Fixture.service)
      #expect(answer.grantedTokens == 180 && answer.hold?.grantedMicros == 360)
      #expect(answer.renewAtTokens == 155 && answer.expiresIn?.seconds == 120)
      #expect(answer.warning == .unspecified && !answer.finalSlice && !answer.replayed)
      let again = try await fixture.client.extendHold(extend, metadata: Fixture.service)
      #expect(again.replayed && again.hold == answer.hold)
      extend.idempotencyKey = "e2"
      extend.used = .usedTokens(fixture.usage(0, 480))
      let last = try await fixture.client.extendHold(extend, metadata: Fixture.service)
      #expect(last.finalSlice && last.warning == .critical && last.grantedTokens == 500)

      var get = Farebox_Accounting_V1_GetHoldRequest()
      get.holdID = extend.holdID
      let shown = try await fixture.client.getHold(get, metadata: Fixture.service)
      #expect(shown.hold?.reportedMicros == 960 && shown.hold?.state == .open)
      fixture.clock.advance(.seconds(200))
      var list = Farebox_Accounting_V1_ListHoldsRequest()
      list.accountID = "u"
      list.sessionID = "s"
      let listed = try await fixture.client.listHolds(list, metadata: Fixture.admin)
      #expect(listed.holds.map(\.holdID) == [extend.holdID])
      #expect(listed.holds.first?.state == .expired && listed.nextPageToken.isEmpty)
      let balance = try await fixture.client.getBalance(.init(), metadata: Fixture.caller("u"))
      #expect(balance.balance?.availableMicros == 40 && balance.balance?.heldMicros == 0)
    }
  }

  @Test("what goes wrong with a hold is refused by field or by reason")
  func refusals() async throws {
    try await Fixture.run { fixture in
      let client = fixture.client
      typealias Extend = Farebox_Accounting_V1_ExtendHoldRequest
      let rows: [(field: String, (inout Extend) -> Void)] = [
        ("used", { $0.used = nil }), ("hold_id", { $0.holdID = "x" }),
        ("used_micros", { $0.used = .usedMicros(-1) }),
        ("used_tokens.model", { $0.used = .usedTokens(.init()) }),
        ("wanted_micros", { $0.wantedMicros = -1 }), ("wanted_tokens", { $0.wantedTokens = 1 }),
        ("ttl", { $0.ttl = .init(.seconds(901)) }), ("idempotency_key", { $0.idempotencyKey = "" }),
      ]
      for (field, edit) in rows {
        var request = Extend()
        request.idempotencyKey = "k"
        request.holdID = "h1"
        request.used = .usedMicros(0)
        edit(&request)
        let asked = request
        let refused = await failure {
          try await client.extendHold(asked, metadata: Fixture.service)
        }
        #expect(refused?.code == .invalidArgument && refused?.field == field)
      }
      var get = Farebox_Accounting_V1_GetHoldRequest()
      get.holdID = "h1"
      let unknown = get
      let missing = await failure { try await client.getHold(unknown, metadata: Fixture.admin) }
      #expect(missing?.code == .notFound && missing?.reason == "HOLD_NOT_FOUND")
      var list = Farebox_Accounting_V1_ListHoldsRequest()
      list.state = .UNRECOGNIZED(9)
      let odd = list
      let state = await failure { try await client.listHolds(odd, metadata: Fixture.admin) }
      #expect(state?.code == .invalidArgument && state?.field == "state")
    }
  }

  @Test("an administrator ends a leaked hold, and freezes and closes an account")
  func administration() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(100, to: "u", key: "k")
      try await fixture.putPrice(of: "m")
      let hold = try await open(fixture, output: 10).hold
      var force = Farebox_Accounting_V1_ForceReleaseRequest()
      force.idempotencyKey = "f"
      force.holdID = hold?.holdID ?? ""
      let forced = try await fixture.client.forceRelease(force, metadata: Fixture.admin)
      #expect(forced.returnedMicros == 20 && forced.hold?.state == .expired)
      #expect(forced.usage == nil && forced.balance?.availableMicros == 100)

      var set = Farebox_Accounting_V1_SetAccountStateRequest()
      set.idempotencyKey = "s1"
      set.accountID = "u"
      set.state = .frozen
      set.overdraftLimitMicros = 7
      let answer = try await fixture.client.setAccountState(set, metadata: Fixture.admin)
      #expect(answer.state == .frozen && answer.overdraftLimitMicros == 7)
      let refused = await failure { try await open(fixture, output: 11) }
      #expect(refused?.reason == "ACCOUNT_FROZEN")
      set.idempotencyKey = "s2"
      set.state = .closed
      set.overdraftLimitMicros = nil
      let closed = try await fixture.client.setAccountState(set, metadata: Fixture.admin)
      #expect(closed.state == .closed && closed.overdraftLimitMicros == 7)
      let grant = await failure { try await fixture.allocate(1, to: "u", key: "k2") }
      #expect(grant?.reason == "ACCOUNT_CLOSED")
    }
  }
}
