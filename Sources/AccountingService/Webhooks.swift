import Contracts
import GRPC
import GRPCServices
import Interceptors
import Ledger
import Protobuf
import Webhooks

extension AccountingAPI {
  /// Adds a webhook or changes one. See the contract for effect and refusals.
  public func putWebhook(
    request: Farebox_Accounting_V1_PutWebhookRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_PutWebhookResponse {
    let outbox = try requireOutbox()
    var kinds: [LedgerEvent.Kind] = []
    for kind in request.kinds { kinds.append(try kind.checked()) }
    let command = PutWebhook(
      id: try CheckedIdentifier.optional(request.webhookID, field: "webhook_id"),
      url: request.url, kinds: kinds, isPaused: request.paused, rotatesSecret: request.rotateSecret)
    let attempt = try context.webhookAttempt("PutWebhook", request, \.idempotencyKey)
    let reply = try await refusing { () async throws(WebhookRefusal) in
      try await outbox.put(command, by: attempt) { webhook, secret, seq in
        var answer = Farebox_Accounting_V1_PutWebhookResponse()
        answer.webhook = Farebox_Accounting_V1_Webhook(webhook, DeliveryCounts())
        answer.secret = secret?.text ?? ""
        answer.asOfSeq = seq
        return (try? answer.serializedBytes()) ?? []
      }
    }
    var answer = try Farebox_Accounting_V1_PutWebhookResponse(serializedBytes: reply.bytes)
    answer.replayed = reply.isReplayed
    return answer
  }

  /// Removes a webhook. See the contract for effect and refusals.
  public func deleteWebhook(
    request: Farebox_Accounting_V1_DeleteWebhookRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_DeleteWebhookResponse {
    let outbox = try requireOutbox()
    try CheckedIdentifier.require(request.webhookID, field: "webhook_id")
    let attempt = try context.webhookAttempt("DeleteWebhook", request, \.idempotencyKey)
    let reply = try await refusing { () async throws(WebhookRefusal) in
      try await outbox.delete(request.webhookID, by: attempt) { seq in
        var answer = Farebox_Accounting_V1_DeleteWebhookResponse()
        answer.asOfSeq = seq
        return (try? answer.serializedBytes()) ?? []
      }
    }
    var answer = try Farebox_Accounting_V1_DeleteWebhookResponse(serializedBytes: reply.bytes)
    answer.replayed = reply.isReplayed
    return answer
  }

  /// Lists all webhooks. See the contract.
  public func listWebhooks(
    request: Farebox_Accounting_V1_ListWebhooksRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_ListWebhooksResponse {
    let outbox = try requireOutbox()
    let webhooks = try await refusing { () async throws(WebhookRefusal) in
      try await outbox.webhooks()
    }
    var answer = Farebox_Accounting_V1_ListWebhooksResponse()
    answer.webhooks = webhooks.map { Farebox_Accounting_V1_Webhook($0, $1) }
    answer.asOfSeq = ledger.committedSeq
    return answer
  }

  func requireOutbox() throws(RPCError) -> WebhookOutbox {
    guard let outbox else {
      throw RPCError(code: .unimplemented, message: "this server delivers no events")
    }
    return outbox
  }

  /// Turns a refusal into a status.
  func refusing<Value: Sendable>(
    _ body: () async throws(WebhookRefusal) -> Value
  ) async throws(RPCError) -> Value {
    do throws(WebhookRefusal) {
      return try await body()
    } catch {
      throw error.rpcError
    }
  }
}

extension ServerContext {
  /// The caller's attempt under the key of a request about webhooks.
  func webhookAttempt<Request: Message>(
    _ method: String, _ request: Request, _ key: WritableKeyPath<Request, String>
  ) throws -> WebhookAttempt {
    let text = request[keyPath: key]
    guard (1...LedgerLimits.keyBytesMax).contains(text.utf8.count) else {
      throw RPCError.invalidArgument(
        field: "idempotency_key", description: "must be 1 to 128 bytes")
    }
    var body = request
    body[keyPath: key] = ""
    return WebhookAttempt(
      method: method, principal: try requirePrincipal().subject, key: text,
      body: try body.serializedBytes())
  }
}

extension WebhookRefusal {
  fileprivate var rpcError: RPCError {
    switch self {
    case .invalid(let field, let reason):
      .invalidArgument(field: field, description: reason)
    case .idempotencyMismatch: Refusal.idempotencyMismatch.rpcError(account: nil)
    case .webhookNotFound:
      RPCError(
        code: .notFound, message: "there is no such webhook", reason: "WEBHOOK_NOT_FOUND",
        domain: "farebox")
    case .tooManyWebhooks:
      RPCError(
        code: .resourceExhausted, message: "there are too many webhooks",
        reason: "TOO_MANY_WEBHOOKS", domain: "farebox")
    case .eventNotFound:
      RPCError(
        code: .notFound, message: "the journal has no such event", reason: "EVENT_NOT_FOUND",
        domain: "farebox")
    case .failed(let detail):
      .unreadable("the webhooks", StoreError.failed(detail))
    }
  }
}

extension Farebox_Accounting_V1_Webhook {
  fileprivate init(_ webhook: Webhook, _ counts: DeliveryCounts) {
    self.init()
    webhookID = webhook.id
    url = webhook.url.text
    kinds = webhook.kinds.map(Farebox_Accounting_V1_EventKind.init)
    paused = webhook.isPaused
    createdAt = Google_Protobuf_Timestamp(webhook.createdAt)
    fromSeq = webhook.fromSeq
    pending = counts.pending
    dead = counts.dead
  }
}

extension Farebox_Accounting_V1_EventKind {
  init(_ kind: LedgerEvent.Kind) {
    switch kind {
    case .balanceLow: self = .balanceLow
    case .creditExpiring: self = .creditExpiring
    case .creditExpired: self = .creditExpired
    case .chargeUncovered: self = .chargeUncovered
    }
  }

  /// The ledger's kind; throws for a value that is none.
  fileprivate func checked() throws(RPCError) -> LedgerEvent.Kind {
    for kind in LedgerEvent.Kind.allCases where Self(kind) == self { return kind }
    throw .invalidArgument(field: "kinds", description: "\(rawValue) is not a kind of event")
  }
}
