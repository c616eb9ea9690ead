import Contracts
import GRPC
import Protobuf
import Testing

@testable import AccountingService

@Suite struct WebhookAPITests {
  private typealias Fixture = AccountingFixture

  private func put(
    _ fixture: Fixture, key: String, _ edit: (inout Farebox_Accounting_V1_PutWebhookRequest) -> Void
  ) async throws -> Farebox_Accounting_V1_PutWebhookResponse {
    var request = Farebox_Accounting_V1_PutWebhookRequest()
    request.idempotencyKey = key
    request.url = "https://example.com/hook"
    edit(&request)
    return try await fixture.client.putWebhook(request, metadata: Fixture.admin)
  }

  /// A charge that nobody pays; the event's id.
  private func event(_ fixture: Fixture, key: String) async throws -> String {
    var deduct = Farebox_Accounting_V1_DeductCreditsRequest()
    deduct.idempotencyKey = key
    deduct.accountID = "u"
    deduct.amount = .creditMicros(5)
    deduct.overPolicy = .cap
    let usage = try await fixture.client.deductCredits(deduct, metadata: Fixture.service).usage
    return "e" + (usage?.usageID.dropFirst() ?? "")
  }

  @Test("a secret is shown by the call that made it, and to its key again, but in no list")
  func secrets() async throws {
    try await Fixture.run { fixture in
      let first = try await put(fixture, key: "1") { $0.kinds = [.balanceLow, .chargeUncovered] }
      #expect(first.secret.hasPrefix("whsec_") && !first.replayed)
      #expect(first.webhook?.kinds == [.balanceLow, .chargeUncovered])
      let again = try await put(fixture, key: "1") { $0.kinds = [.balanceLow, .chargeUncovered] }
      #expect(again.replayed && again.secret == first.secret && again.webhook == first.webhook)
      let id = first.webhook?.webhookID ?? ""
      let paused = try await put(fixture, key: "2") {
        $0.webhookID = id
        $0.paused = true
      }
      #expect(paused.secret == "" && paused.webhook?.paused == true)
      #expect(paused.webhook?.kinds == [])
      let rotated = try await put(fixture, key: "3") {
        $0.webhookID = id
        $0.rotateSecret = true
      }
      #expect(rotated.secret != first.secret && rotated.secret.hasPrefix("whsec_"))
      let list = try await fixture.client.listWebhooks(.init(), metadata: Fixture.admin)
      #expect(list.webhooks.map(\.webhookID) == [id])
      let text = try list.jsonString()
      #expect(!text.contains("whsec") && !text.contains(rotated.secret.dropFirst(6)))
    }
  }

  @Test("deliveries are listed, given up and asked for again")
  func deliveries() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(1, to: "u", key: "0")
      let webhook = try await put(fixture, key: "1") { _ in }.webhook?.webhookID ?? ""
      let first = try await event(fixture, key: "a")
      await fixture.outbox.deliverDue()
      var request = Farebox_Accounting_V1_ListDeliveriesRequest()
      request.accountID = "u"
      let page = try await fixture.client.listDeliveries(request, metadata: Fixture.admin)
      let delivery = try #require(page.deliveries.first)
      #expect(page.deliveries.count == 1 && page.nextPageToken == "")
      #expect(delivery.webhookID == webhook && delivery.state == .pending)
      #expect(delivery.attempts == 1 && delivery.lastError == "nobody is there")
      #expect(delivery.lastAttemptAt != nil && delivery.nextAttemptAt != nil)
      #expect(delivery.event?.eventID == first && delivery.event?.kind == .chargeUncovered)
      #expect(delivery.event?.uncollectedMicros == 4)
      let list = try await fixture.client.listWebhooks(.init(), metadata: Fixture.admin)
      #expect(list.webhooks.first?.pending == 1)

      var again = Farebox_Accounting_V1_RedeliverEventRequest()
      again.idempotencyKey = "r"
      again.eventID = first
      again.webhookID = webhook
      let asked = try await fixture.client.redeliverEvent(again, metadata: Fixture.admin)
      #expect(asked.delivery?.attempts == 0 && asked.delivery?.state == .pending && !asked.replayed)
      let replayed = try await fixture.client.redeliverEvent(again, metadata: Fixture.admin)
      #expect(replayed.replayed && replayed.delivery == asked.delivery)

      var delete = Farebox_Accounting_V1_DeleteWebhookRequest()
      delete.idempotencyKey = "d"
      delete.webhookID = webhook
      _ = try await fixture.client.deleteWebhook(delete, metadata: Fixture.admin)
      let deleted = try await fixture.client.deleteWebhook(delete, metadata: Fixture.admin)
      #expect(deleted.replayed)
      let empty = try await fixture.client.listDeliveries(request, metadata: Fixture.admin)
      #expect(empty.deliveries.isEmpty)
    }
  }

  @Test("refusals have the reasons of the contract")
  func refusals() async throws {
    try await Fixture.run { fixture in
      try await fixture.allocate(1, to: "u", key: "0")
      let unknown = await failure { try await put(fixture, key: "1") { $0.webhookID = "w1" } }
      #expect(unknown?.code == .notFound && unknown?.reason == "WEBHOOK_NOT_FOUND")
      let urls = [
        "http://example.com/", "https://u:p@example.com/", "ftp://example.com/", "https://",
        "https://example.com/#a", "",
      ]
      for url in urls {
        let refused = await failure { try await put(fixture, key: "2") { $0.url = url } }
        #expect(refused?.code == .invalidArgument && refused?.field == "url", "\(url)")
      }
      let twice = await failure {
        try await put(fixture, key: "3") { $0.kinds = [.balanceLow, .balanceLow] }
      }
      #expect(twice?.field == "kinds")
      for number in 0..<16 { _ = try await put(fixture, key: "w\(number)") { _ in } }
      let full = await failure { try await put(fixture, key: "w16") { _ in } }
      #expect(full?.code == .resourceExhausted && full?.reason == "TOO_MANY_WEBHOOKS")
      let mismatch = await failure { try await put(fixture, key: "w0") { $0.paused = true } }
      #expect(mismatch?.reason == "IDEMPOTENCY_MISMATCH")
      let list = try await fixture.client.listWebhooks(.init(), metadata: Fixture.admin)
      var again = Farebox_Accounting_V1_RedeliverEventRequest()
      again.idempotencyKey = "r"
      again.eventID = "e1"
      again.webhookID = list.webhooks[0].webhookID
      let request = again
      let none = await failure {
        try await fixture.client.redeliverEvent(request, metadata: Fixture.admin)
      }
      #expect(none?.code == .notFound && none?.reason == "EVENT_NOT_FOUND")
      let user = await failure {
        try await fixture.client.listWebhooks(.init(), metadata: Fixture.caller("u"))
      }
      #expect(user?.code == .permissionDenied)
    }
  }
}
