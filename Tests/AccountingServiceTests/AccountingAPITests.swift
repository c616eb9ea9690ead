import Contracts
import GRPC
import Testing

@testable import AccountingService

@Suite struct AccountingAPITests {
  private typealias Fixture = AccountingFixture

  @Test("an allocation raises the balance, and the same key answers the same again")
  func allocate() async throws {
    try await Fixture.run { fixture in
      let first = try await fixture.allocate(5_000_000, to: "u", key: "k")
      #expect(first.allocation?.amountMicros == 5_000_000 && !first.replayed)
      #expect(first.allocation?.priority == 100 && first.allocation?.class == .paid)
      #expect(first.balance?.availableMicros == 5_000_000)
      var second = try await fixture.allocate(5_000_000, to: "u", key: "k")
      #expect(second.replayed)
      second.replayed = false
      #expect(second == first)
      let other = await failure { try await fixture.allocate(6, to: "u", key: "k") }
      #expect(other?.code == .failedPrecondition && other?.reason == "IDEMPOTENCY_MISMATCH")
      let balance = try await fixture.client.getBalance(.init(), metadata: Fixture.caller("u"))
      #expect(balance.balance?.availableMicros == 5_000_000)
      #expect(balance.activeAllocations.count == 1 && balance.asOfSeq == first.asOfSeq)
    }
  }

  @Test("a check says yes up to the balance and no above it, by each name of the amount")
  func check() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(3_000_000, to: "u", key: "k")
      try await fixture.putPrice(of: "m")
      typealias Amount = Farebox_Accounting_V1_CheckCreditsRequest.OneOf_Amount
      let rows: [(Amount, Farebox_Accounting_V1_Decision, shortfall: Int64)] = [
        (.credits(3), .sufficient, 0), (.credits(4), .insufficient, 1_000_000),
        (.requiredCredits(3), .sufficient, 0), (.requiredCredits(4), .insufficient, 1_000_000),
        (.creditMicros(3_000_000), .sufficient, 0), (.creditMicros(3_000_001), .insufficient, 1),
        (.usage(fixture.usage(1_000_000, 1_000_000)), .sufficient, 0),
        (.usage(fixture.usage(1_000_001, 1_000_000)), .insufficient, 1),
      ]
      for (amount, decision, shortfall) in rows {
        var request = Farebox_Accounting_V1_CheckCreditsRequest()
        request.amount = amount
        let answer = try await fixture.client.checkCredits(
          request, metadata: Fixture.caller("u"))
        #expect(answer.decision == decision && answer.shortfallMicros == shortfall, "\(amount)")
        #expect(answer.sufficient == (decision == .sufficient) && answer.accountID == "u")
        #expect(!answer.message.isEmpty)
      }
    }
  }

  @Test("an amount that is absent, zero or negative is refused by name")
  func badAmounts() async throws {
    try await Fixture.run { fixture in
      typealias Request = Farebox_Accounting_V1_CheckCreditsRequest
      let rows: [(Request.OneOf_Amount?, field: String)] = [
        (nil, "amount"), (.credits(0), "credits"), (.credits(-1), "credits"),
        (.credits(.max), "credits"), (.requiredCredits(0), "required_credits"),
        (.requiredCredits(.min), "required_credits"), (.creditMicros(0), "credit_micros"),
        (.creditMicros(.max), "credit_micros"), (.usage(.init()), "usage.model"),
      ]
      for (amount, field) in rows {
        var request = Request()
        request.amount = amount
        let asked = request
        let refused = await failure {
          try await fixture.client.checkCredits(asked, metadata: Fixture.caller("u"))
        }
        #expect(refused?.code == .invalidArgument && refused?.field == field, "\(field)")
      }
    }
  }

  @Test("another user's account is refused alike whether it exists or not")
  func othersAccount() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(1, to: "rich", key: "k")
      for account in ["rich", "nobody"] {
        var request = Farebox_Accounting_V1_GetBalanceRequest()
        request.accountID = account
        let asked = request
        let refused = await failure {
          try await fixture.client.getBalance(asked, metadata: Fixture.caller("u"))
        }
        #expect(refused?.code == .permissionDenied && refused?.reason == "ACCOUNT_FORBIDDEN")
        for role in ["admin", "service", "auditor"] {
          _ = try await fixture.client.getBalance(asked, metadata: Fixture.caller(role))
        }
      }
    }
  }

  @Test("who may not call a method is refused before the request is read")
  func roles() async throws {
    try await Fixture.run { fixture in
      let user = Fixture.caller("u")
      let service = Fixture.service
      let client = fixture.client
      let refusals = [
        await failure { try await client.allocateCredits(.init(), metadata: user) },
        await failure { try await client.allocateCredits(.init(), metadata: service) },
        await failure { try await client.deductCredits(.init(), metadata: user) },
        await failure { try await client.openHold(.init(), metadata: user) },
        await failure { try await client.settleHold(.init(), metadata: user) },
        await failure { try await client.releaseHold(.init(), metadata: user) },
        await failure { try await client.putPrice(.init(), metadata: service) },
      ]
      for refusal in refusals { #expect(refusal?.code == .permissionDenied) }
    }
  }

  @Test("a hold sets credit aside, and its settlement charges what was used")
  func holdAndSettle() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(1_000, to: "u", key: "k")
      try await fixture.putPrice(of: "m")
      var open = Farebox_Accounting_V1_OpenHoldRequest()
      open.idempotencyKey = "hold"
      open.accountID = "u"
      open.amount = .usage(fixture.usage(100, 100))
      let opened = try await fixture.client.openHold(open, metadata: Fixture.service)
      #expect(opened.hold?.state == .open && opened.hold?.grantedMicros == 300)
      #expect(opened.grantedTokens == 100 && opened.expiresIn?.seconds == 60)
      #expect(opened.balance?.availableMicros == 700 && opened.balance?.heldMicros == 300)

      var settle = Farebox_Accounting_V1_SettleHoldRequest()
      settle.idempotencyKey = "settle"
      settle.holdID = try #require(opened.hold?.holdID)
      settle.amount = .usage(fixture.usage(100, 10))
      settle.outcome = .complete
      let settled = try await fixture.client.settleHold(settle, metadata: Fixture.service)
      #expect(settled.usage?.chargedMicros == 120 && settled.returnedMicros == 180)
      #expect(settled.balance?.availableMicros == 880 && settled.balance?.heldMicros == 0)
      let again = try await fixture.client.settleHold(settle, metadata: Fixture.service)
      #expect(again.replayed && again.usage == settled.usage)
      settle.idempotencyKey = "settle twice"
      let twice = settle
      let refused = await failure {
        try await fixture.client.settleHold(twice, metadata: Fixture.service)
      }
      #expect(refused?.reason == "HOLD_ENDED")

      let listed = try await fixture.client.listUsage(.init(), metadata: Fixture.caller("u"))
      #expect(listed.usage.map(\.usageID) == [settled.usage?.usageID])
      #expect(listed.nextPageToken.isEmpty)
    }
  }

  @Test("a hold without credit is refused with the answer a check would give")
  func holdWithoutCredit() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(10, to: "u", key: "k")
      var open = Farebox_Accounting_V1_OpenHoldRequest()
      open.idempotencyKey = "hold"
      open.accountID = "u"
      open.amount = .creditMicros(11)
      do {
        _ = try await fixture.client.openHold(open, metadata: Fixture.service)
        Issue.record("a hold above the balance was granted")
      } catch {
        let error = RPCError(wrapping: error)
        #expect(error.code == .failedPrecondition)
        #expect(error.errorInfo?.reason == "INSUFFICIENT_CREDITS")
        let detail = error.detail(Farebox_Accounting_V1_CheckCreditsResponse.self)
        #expect(detail?.shortfallMicros == 1 && detail?.decision == .insufficient)
      }
      open.idempotencyKey = "smaller"
      open.minMicros = 5
      let partial = try await fixture.client.openHold(open, metadata: Fixture.service)
      #expect(partial.hold?.grantedMicros == 10)
    }
  }

  @Test("a release gives everything back")
  func release() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(10, to: "u", key: "k")
      var open = Farebox_Accounting_V1_OpenHoldRequest()
      open.idempotencyKey = "hold"
      open.accountID = "u"
      open.amount = .creditMicros(10)
      let opened = try await fixture.client.openHold(open, metadata: Fixture.service)
      var release = Farebox_Accounting_V1_ReleaseHoldRequest()
      release.idempotencyKey = "release"
      release.holdID = opened.hold?.holdID ?? ""
      let released = try await fixture.client.releaseHold(release, metadata: Fixture.service)
      #expect(released.returnedMicros == 10 && released.balance?.availableMicros == 10)
      #expect(released.hold?.state == .released)
      for id in ["", "h0", "h-1", "x7", "h99999999999999999999"] {
        release.holdID = id
        let asked = release
        let refused = await failure {
          try await fixture.client.releaseHold(asked, metadata: Fixture.service)
        }
        #expect(refused?.code == .invalidArgument && refused?.field == "hold_id", "\(id)")
      }
    }
  }

  @Test("a deduction charges at once, and a missing price is never zero")
  func deduct() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(1_000, to: "u", key: "k")
      var request = Farebox_Accounting_V1_DeductCreditsRequest()
      request.idempotencyKey = "d1"
      request.accountID = "u"
      request.amount = .usage(fixture.usage(1, 1))
      let asked = request
      let unpriced = await failure {
        try await fixture.client.deductCredits(asked, metadata: Fixture.service)
      }
      #expect(unpriced?.code == .failedPrecondition && unpriced?.reason == "UNKNOWN_MODEL")
      try await fixture.putPrice(of: "m")
      let sticky = await failure {
        try await fixture.client.deductCredits(asked, metadata: Fixture.service)
      }
      #expect(sticky?.reason == "UNKNOWN_MODEL", "a denial is sticky for its key")
      request.idempotencyKey = "d2"
      let charged = try await fixture.client.deductCredits(request, metadata: Fixture.service)
      #expect(charged.usage?.chargedMicros == 3 && charged.balance?.availableMicros == 997)
    }
  }

  @Test("a quote tells cost and price, and knows no price of an unknown model")
  func quote() async throws {
    try await Fixture.run { fixture in
      try await fixture.putPrice(of: "m")
      var request = Farebox_Accounting_V1_QuoteUsageRequest()
      request.usage = fixture.usage(3, 4)
      let quote = try await fixture.client.quoteUsage(request, metadata: Fixture.caller("u"))
      #expect(quote.costMicros == 11 && quote.price?.model == "m")
      request.usage?.model = "other"
      let asked = request
      let refused = await failure {
        try await fixture.client.quoteUsage(asked, metadata: Fixture.caller("u"))
      }
      #expect(refused?.code == .notFound && refused?.reason == "UNKNOWN_MODEL")
    }
  }

  @Test("pages of usage join without a gap, and forged cursors are refused")
  func pages() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(100, to: "u", key: "k")
      for index in 0..<5 {
        var request = Farebox_Accounting_V1_DeductCreditsRequest()
        request.idempotencyKey = "d\(index)"
        request.accountID = "u"
        request.amount = .creditMicros(1)
        _ = try await fixture.client.deductCredits(request, metadata: Fixture.service)
      }
      var request = Farebox_Accounting_V1_ListUsageRequest()
      request.pageSize = 2
      var seqs: [Int64] = []
      repeat {
        let page = try await fixture.client.listUsage(request, metadata: Fixture.caller("u"))
        #expect(page.usage.count <= 2)
        seqs += page.usage.map(\.seq)
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(seqs.count == 5 && seqs == seqs.sorted() && Set(seqs).count == 5)
      let rows: [(field: String, (inout Farebox_Accounting_V1_ListUsageRequest) -> Void)] = [
        ("page_token", { $0.pageToken = "x" }), ("page_size", { $0.pageSize = -1 }),
        ("page_size", { $0.pageSize = 1001 }),
      ]
      for (field, edit) in rows {
        var forged = Farebox_Accounting_V1_ListUsageRequest()
        edit(&forged)
        let asked = forged
        let refused = await failure {
          try await fixture.client.listUsage(asked, metadata: Fixture.caller("u"))
        }
        #expect(refused?.code == .invalidArgument && refused?.field == field)
      }
    }
  }

  @Test("credit is not there before its first instant nor after its last")
  func expiry() async throws {
    try await Fixture.run { fixture in
      let now = fixture.clock.now()
      try await fixture.allocate(7, to: "u", key: "k") {
        $0.effectiveAt = .init(now.adding(.seconds(10)))
        $0.expiresAt = .init(now.adding(.seconds(20)))
      }
      for (advance, available) in [(0, 0), (10, 7), (9, 7), (1, 0)] as [(Int, Int64)] {
        fixture.clock.advance(.seconds(advance))
        let answer = try await fixture.client.getBalance(.init(), metadata: Fixture.caller("u"))
        #expect(answer.balance?.availableMicros == available)
      }
    }
  }
}
