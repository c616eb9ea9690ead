import Contracts
import GRPC
import Testing

@testable import AccountingService

@Suite struct ExplainDecisionTests {
  private typealias Fixture = AccountingFixture

  private func explain(
    _ fixture: Fixture, _ id: String
  ) async throws -> Farebox_Accounting_V1_ExplainDecisionResponse {
    var request = Farebox_Accounting_V1_ExplainDecisionRequest()
    request.decisionID = id
    return try await fixture.client.explainDecision(request, metadata: Fixture.caller("auditor"))
  }

  @Test("a charge is explained by its inputs, the credit before it, and its entries")
  func charge() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(100, to: "u", key: "1") { $0.priority = 7 }
      try await fixture.allocate(100, to: "u", key: "2") { $0.priority = 3 }
      try await fixture.putPrice(of: "m")
      var request = Farebox_Accounting_V1_DeductCreditsRequest()
      request.idempotencyKey = "3"
      request.accountID = "u"
      request.amount = .usage(fixture.usage(3, 4))
      request.sessionID = "s"
      let charged = try await fixture.client.deductCredits(request, metadata: Fixture.service)
      for id in [charged.usage?.usageID ?? "", "\(charged.asOfSeq)"] {
        let answer = try await explain(fixture, id)
        #expect(answer.match && answer.difference.isEmpty && answer.accepted)
        #expect(answer.principal == "service" && answer.command == "deductCredits")
        let inputs = Dictionary(
          uniqueKeysWithValues: answer.inputs.map { ($0.name, $0.value) })
        #expect(inputs["account"] == "u" && inputs["session_id"] == "s", "\(inputs)")
        #expect(inputs["charge.usage.output_tokens"] == "4" && inputs["event_time"] == "")
        #expect(inputs["over_policy"] == "cover")
        #expect(answer.allocationsBefore.map(\.allocationID) == ["a2", "a1"])
        #expect(answer.balanceBefore?.availableMicros == 200)
        #expect(answer.entries.map(\.kind) == [.charged] && answer.firstSeq == 4)
      }
      request.idempotencyKey = "4"
      request.amount = .creditMicros(1_000)
      request.overPolicy = .reject
      let denied = request
      _ = await failure {
        try await fixture.client.deductCredits(denied, metadata: Fixture.service)
      }
      let refusal = try await explain(fixture, "5")
      #expect(!refusal.accepted && refusal.refusal == "INSUFFICIENT_CREDITS" && refusal.match)
    }
  }

  @Test("what is no decision is refused")
  func refusals() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(100, to: "u", key: "1")
      for id in ["", "0", "-1", "01", "x1", "u0", "a\u{0}1", "h99999999999999999999", "１"] {
        let refused = await failure { try await explain(fixture, id) }
        #expect(refused?.code == .invalidArgument && refused?.field == "decision_id", "\(id)")
      }
      for id in ["2", "u7", "\(Int64.max)"] {
        let refused = await failure { try await explain(fixture, id) }
        #expect(refused?.code == .notFound && refused?.reason == "NO_DECISION", "\(id)")
      }
    }
  }
}
