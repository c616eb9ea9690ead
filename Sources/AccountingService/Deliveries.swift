import Contracts
import GRPC
import GRPCServices
import Ledger
import Protobuf
import Webhooks

extension Farebox_Accounting_V1_ListDeliveriesRequest: PagedRequest {}

extension AccountingAPI {
  /// Lists deliveries, oldest first. See the contract for refusals.
  public func listDeliveries(
    request: Farebox_Accounting_V1_ListDeliveriesRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_ListDeliveriesResponse {
    let outbox = try requireOutbox()
    let filters = PageFilters("ListDeliveries", request, account: nil)
    let account = try CheckedIdentifier.optional(request.accountID, field: "account_id")
    let query = DeliveryQuery(
      account: account.map { AccountID($0) },
      webhook: try CheckedIdentifier.optional(request.webhookID, field: "webhook_id"),
      state: try request.state.checked(),
      afterNumber: try seal.seq(of: request.pageToken, filters),
      limit: try pageSize(request.pageSize, max: DeliveryQuery.pageMax))
    let (page, next) = try await refusing { () async throws(WebhookRefusal) in
      try await outbox.deliveries(query)
    }
    var answer = Farebox_Accounting_V1_ListDeliveriesResponse()
    answer.deliveries = page.map { Farebox_Accounting_V1_Delivery($0, $1) }
    answer.nextPageToken = seal.token(afterSeq: next, filters)
    answer.asOfSeq = ledger.committedSeq
    return answer
  }

  /// Delivers an event again. See the contract for effect and refusals.
  public func redeliverEvent(
    request: Farebox_Accounting_V1_RedeliverEventRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_RedeliverEventResponse {
    let outbox = try requireOutbox()
    guard let event = EventID(request.eventID) else {
      throw RPCError.invalidArgument(field: "event_id", description: "is not the id of an event")
    }
    try CheckedIdentifier.require(request.webhookID, field: "webhook_id")
    let attempt = try context.webhookAttempt("RedeliverEvent", request, \.idempotencyKey)
    let reply = try await refusing { () async throws(WebhookRefusal) in
      try await outbox.redeliver(event, to: request.webhookID, by: attempt) {
        delivery, event, seq in
        var answer = Farebox_Accounting_V1_RedeliverEventResponse()
        answer.delivery = Farebox_Accounting_V1_Delivery(delivery, event)
        answer.asOfSeq = seq
        return (try? answer.serializedBytes()) ?? []
      }
    }
    var answer = try Farebox_Accounting_V1_RedeliverEventResponse(serializedBytes: reply.bytes)
    answer.replayed = reply.isReplayed
    return answer
  }
}

extension Farebox_Accounting_V1_DeliveryState {
  fileprivate init(_ state: Webhooks.DeliveryState) {
    switch state {
    case .pending: self = .pending
    case .delivered: self = .delivered
    case .dead: self = .dead
    }
  }

  /// The outbox's state, nil when left out; throws for a value that this version does not know.
  fileprivate func checked() throws(RPCError) -> Webhooks.DeliveryState? {
    switch self {
    case .unspecified: nil
    case .pending: .pending
    case .delivered: .delivered
    case .dead: .dead
    case .UNRECOGNIZED(let value):
      throw .invalidArgument(field: "state", description: "\(value) is not a delivery's state")
    }
  }
}

extension Farebox_Accounting_V1_Delivery {
  fileprivate init(_ delivery: Webhooks.Delivery, _ event: LedgerEvent) {
    self.init()
    webhookID = delivery.webhook
    self.event = Farebox_Accounting_V1_Event(event)
    state = Farebox_Accounting_V1_DeliveryState(delivery.state)
    attempts = Int32(clamping: delivery.attempts)
    lastAttemptAt = delivery.lastAttemptAt.map(Google_Protobuf_Timestamp.init)
    nextAttemptAt = delivery.nextAttemptAt.map(Google_Protobuf_Timestamp.init)
    lastStatus = Int32(clamping: delivery.lastStatus)
    lastError = delivery.lastError
  }
}

extension Farebox_Accounting_V1_Event {
  init(_ event: LedgerEvent) {
    self.init()
    eventID = event.id.description
    accountID = event.account.name
    kind = Farebox_Accounting_V1_EventKind(event.kind)
    happenedAt = Google_Protobuf_Timestamp(event.happenedAt)
    switch event.detail {
    case .balanceLow(let fall):
      thresholdMicros = fall.thresholdMicros
      availableMicros = fall.availableMicros
    case .creditExpiring(let notice):
      allocationID = notice.allocation.description
      expiresAt = Google_Protobuf_Timestamp(notice.expiresAt)
      leftMicros = notice.leftMicros
    case .creditExpired(let pins):
      expired = pins.map { pin in
        var part = Farebox_Accounting_V1_ExpiredCredit()
        part.allocationID = pin.allocation.description
        part.amountMicros = pin.amountMicros
        return part
      }
    case .chargeUncovered(let usage, let debt, let uncollected):
      usageID = usage.description
      debtMicros = debt
      uncollectedMicros = uncollected
    }
  }
}
