import Contracts
import GRPC
import GRPCServices
import Testing

@testable import AccountingService

@Suite struct AdministrationAPITests {
  private typealias Fixture = AccountingFixture

  private func deduction(_ key: String, _ micros: Int64)
    -> Farebox_Accounting_V1_DeductCreditsRequest
  {
    var request = Farebox_Accounting_V1_DeductCreditsRequest()
    request.idempotencyKey = key
    request.accountID = "u"
    request.amount = .creditMicros(micros)
    request.overPolicy = .reject
    request.requestID = "r-" + key
    return request
  }

  @Test("an allocation's expiry and priority are changed, and what is left of it is taken back")
  func allocations() async throws {
    try await Fixture.run { fixture in
      let granted = try await fixture.allocate(100, to: "u", key: "k")
      var adjust = Farebox_Accounting_V1_AdjustAllocationRequest()
      adjust.idempotencyKey = "a"
      adjust.allocationID = granted.allocation?.allocationID ?? ""
      adjust.expiry = .expiresAt(.init(fixture.clock.now().adding(.seconds(60))))
      adjust.priority = 7
      let adjusted = try await fixture.client.adjustAllocation(adjust, metadata: Fixture.admin)
      #expect(adjusted.allocation?.priority == 7 && adjusted.allocation?.expiresAt != nil)
      var void = Farebox_Accounting_V1_VoidAllocationRequest()
      void.idempotencyKey = "v"
      void.allocationID = adjust.allocationID
      let voided = try await fixture.client.voidAllocation(void, metadata: Fixture.admin)
      #expect(voided.voidedMicros == 100 && voided.balance?.availableMicros == 0)
      #expect(voided.allocation?.voided == true && voided.allocation?.voidedMicros == 100)
      let again = try await fixture.client.voidAllocation(void, metadata: Fixture.admin)
      #expect(again.replayed && again.allocation == voided.allocation)
      typealias Adjust = Farebox_Accounting_V1_AdjustAllocationRequest
      let rows: [(reason: String, field: String, (inout Adjust) -> Void)] = [
        ("", "allocation_id", { $0.allocationID = "h1" }),
        ("", "priority", { $0.priority = 256 }), ("", "priority", { $0.priority = -1 }),
        ("", "never_expires", { $0.expiry = .neverExpires(false) }),
        (
          "", "expiry",
          {
            $0.expiry = nil
            $0.priority = nil
          }
        ),
        ("ALLOCATION_NOT_FOUND", "", { $0.allocationID = "a999" }),
        ("ALLOCATION_ENDED", "", { $0.idempotencyKey = "another" }),
      ]
      for (reason, field, edit) in rows {
        var request = adjust
        request.idempotencyKey = "row \(reason) \(field)"
        edit(&request)
        let asked = request
        let refused = await failure {
          try await fixture.client.adjustAllocation(asked, metadata: Fixture.admin)
        }
        #expect(refused?.reason == reason && refused?.field == field, "\(reason) \(field)")
      }
    }
  }

  @Test("a refund goes back to what paid, and no more than was charged")
  func refund() async throws {
    try await Fixture.run { fixture in
      let granted = try await fixture.allocate(100, to: "u", key: "k")
      let charged = try await fixture.client.deductCredits(
        deduction("d", 60), metadata: Fixture.service)
      #expect(charged.usage?.requestID == "r-d")
      var refund = Farebox_Accounting_V1_RefundUsageRequest()
      refund.idempotencyKey = "r1"
      refund.usageID = charged.usage?.usageID ?? ""
      refund.amountMicros = 25
      let part = try await fixture.client.refundUsage(refund, metadata: Fixture.admin)
      #expect(part.refundedMicros == 25 && part.balance?.availableMicros == 65)
      #expect(part.returned.map(\.allocationID) == [granted.allocation?.allocationID])
      refund.idempotencyKey = "r2"
      refund.amountMicros = nil
      let rest = try await fixture.client.refundUsage(refund, metadata: Fixture.admin)
      #expect(rest.refundedMicros == 35 && rest.totalRefundedMicros == 60)
      refund.idempotencyKey = "r3"
      let more = refund
      let refused = await failure {
        try await fixture.client.refundUsage(more, metadata: Fixture.admin)
      }
      #expect(refused?.code == .failedPrecondition && refused?.reason == "OVER_REFUND")
      refund.usageID = "u0"
      let forged = refund
      let unknown = await failure {
        try await fixture.client.refundUsage(forged, metadata: Fixture.admin)
      }
      #expect(unknown?.code == .invalidArgument && unknown?.field == "usage_id")
      let listed = try await fixture.client.listUsage(.init(), metadata: Fixture.caller("u"))
      #expect(listed.usage.map(\.refundedMicros) == [60])
    }
  }

  @Test("a batch of charges is answered item by item, and an empty one is refused")
  func batch() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(100, to: "u", key: "k")
      var request = Farebox_Accounting_V1_RecordUsageRequest()
      request.items = [
        deduction("a", 30), deduction("b", 0), deduction("c", 80), deduction("", 1),
        deduction("d", 70),
      ]
      let answer = try await fixture.client.recordUsage(request, metadata: Fixture.service)
      let texts = answer.results.map { result in
        switch result.outcome {
        case .charged(let charged): "\(charged.usage?.chargedMicros ?? 0)"
        case .refused(let refusal): refusal.reason + refusal.field
        case nil: "nothing"
        }
      }
      #expect(
        texts == ["30", "credit_micros", "INSUFFICIENT_CREDITS", "idempotency_key", "70"])
      let empty = await failure {
        try await fixture.client.recordUsage(.init(), metadata: Fixture.service)
      }
      #expect(empty?.code == .invalidArgument && empty?.field == "items")
    }
  }
}
