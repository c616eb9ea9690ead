import Ledger

/// Why a request about webhooks was refused. In order of precedence; none is remembered for a key.
public enum WebhookRefusal: Error, Sendable {
  case invalid(field: String, reason: String)
  /// The key was used for another request.
  case idempotencyMismatch
  case webhookNotFound
  /// There are ``WebhookOutbox/webhooksMax``.
  case tooManyWebhooks
  /// The journal has no such event.
  case eventNotFound
  /// The store failed; the same key tells the outcome.
  case failed(String)
}

/// A new webhook, or a change of one.
public struct PutWebhook: Sendable {
  /// Nil makes a new one.
  public var id: String?
  public var url: String
  public var kinds: [LedgerEvent.Kind]
  public var isPaused: Bool
  public var rotatesSecret: Bool

  public init(
    id: String?, url: String, kinds: [LedgerEvent.Kind], isPaused: Bool, rotatesSecret: Bool
  ) {
    self.id = id
    self.url = url
    self.kinds = kinds
    self.isPaused = isPaused
    self.rotatesSecret = rotatesSecret
  }
}

/// The key of a request and the request, as hashes.
public struct WebhookAttempt: Sendable {
  public let key: Digest
  public let body: Digest

  /// - Parameters:
  ///   - method: keys are apart for each method and principal.
  ///   - body: the request without its key.
  public init(method: String, principal: String, key: String, body: [UInt8]) {
    self.key = Digest(
      hashing: Array("\(method) \(principal.utf8.count) \(principal) \(key)".utf8))
    self.body = Digest(hashing: body)
  }
}

/// An encoded answer, the first one or the same again.
public struct WebhookReply: Sendable {
  public let bytes: [UInt8]
  public let isReplayed: Bool
}

extension WebhookOutbox {
  /// Puts a webhook. `encode` makes the answer from the webhook, its secret if that is new, and the
  /// journal entry after which events are delivered.
  public func put(
    _ command: PutWebhook, by attempt: WebhookAttempt,
    encode: @Sendable (Webhook, WebhookSecret?, Int64) -> [UInt8]
  ) async throws(WebhookRefusal) -> WebhookReply {
    let url: WebhookURL
    do throws(WebhookURL.Problem) {
      url = try WebhookURL(command.url, allowsPlain: configuration.allowsPlainHTTP)
    } catch {
      throw .invalid(field: "url", reason: error.reason)
    }
    guard Set(command.kinds).count == command.kinds.count else {
      throw .invalid(field: "kinds", reason: "must not repeat a kind")
    }
    if let reply = try await replay(attempt) { return reply }
    var webhook: Webhook
    var secret: WebhookSecret?
    let seq = ledger.committedSeq
    if let id = command.id {
      guard let old = lines[id]?.webhook else { throw .webhookNotFound }
      webhook = old
      if command.rotatesSecret { secret = WebhookSecret() }
    } else {
      guard lines.count < Self.webhooksMax else { throw .tooManyWebhooks }
      let fresh = WebhookSecret()
      secret = fresh
      webhook = Webhook(
        id: Self.newID(), url: url, kinds: [], isPaused: false, secret: fresh,
        createdAt: clock.now(), fromSeq: seq)
    }
    webhook.url = url
    webhook.kinds = command.kinds
    webhook.isPaused = command.isPaused
    if let secret { webhook.secret = secret }
    let answer = WebhookAnswer(
      key: attempt.key, body: attempt.body, bytes: encode(webhook, secret, seq))
    let stored = webhook
    if let earlier = try await storing({ try await self.store.put(stored, answer: answer) }) {
      return try reply(earlier, attempt)
    }
    var line = lines[webhook.id] ?? Line(webhook: webhook, cursor: seq, storedCursor: seq)
    line.webhook = webhook
    line.restsUntil = nil
    lines[webhook.id] = line
    return WebhookReply(bytes: answer.bytes, isReplayed: false)
  }

  /// Removes a webhook with its deliveries. `encode` makes the answer.
  public func delete(
    _ id: String, by attempt: WebhookAttempt, encode: @Sendable (Int64) -> [UInt8]
  ) async throws(WebhookRefusal) -> WebhookReply {
    if let reply = try await replay(attempt) { return reply }
    guard lines[id] != nil else { throw .webhookNotFound }
    let answer = WebhookAnswer(
      key: attempt.key, body: attempt.body, bytes: encode(ledger.committedSeq))
    if let earlier = try await storing({ try await self.store.delete(id, answer: answer) }) {
      return try reply(earlier, attempt)
    }
    lines[id] = nil
    return WebhookReply(bytes: answer.bytes, isReplayed: false)
  }

  /// Delivers an event to a webhook again, or at all. `encode` makes the answer.
  public func redeliver(
    _ id: EventID, to webhook: String, by attempt: WebhookAttempt,
    encode: @Sendable (Delivery, LedgerEvent, Int64) -> [UInt8]
  ) async throws(WebhookRefusal) -> WebhookReply {
    if let reply = try await replay(attempt) { return reply }
    guard lines[webhook] != nil else { throw .webhookNotFound }
    guard let event = try await self.event(id) else { throw .eventNotFound }
    let seq = ledger.committedSeq
    let time = clock.now()
    let earlier = try await storing {
      try await self.store.redeliver(id, of: event.account, to: webhook, at: time) { delivery in
        WebhookAnswer(
          key: attempt.key, body: attempt.body, bytes: encode(delivery, event, seq))
      }
    }
    lines[webhook]?.restsUntil = nil
    if let earlier { return try reply(earlier, attempt) }
    // The store has encoded it: it knows the delivery's number.
    guard let reply = try await replay(attempt) else { throw .failed("an answer is gone") }
    return WebhookReply(bytes: reply.bytes, isReplayed: false)
  }

  /// All webhooks in the order in which they were put first, and what waits for each.
  public func webhooks() async throws(WebhookRefusal) -> [(Webhook, DeliveryCounts)] {
    let counts = try await storing { try await self.store.counts() }
    let webhooks = try await storing { try await self.store.webhooks().map(\.webhook) }
    return webhooks.map { ($0, counts[$0.id] ?? DeliveryCounts()) }
  }

  /// What waits for a webhook.
  public func counts(of webhook: String) async throws(WebhookRefusal) -> DeliveryCounts {
    try await storing { try await self.store.counts() }[webhook] ?? DeliveryCounts()
  }

  /// One page of deliveries, oldest first, with their events, and the cursor of the next page.
  public func deliveries(
    _ query: DeliveryQuery
  ) async throws(WebhookRefusal) -> (page: [(Delivery, LedgerEvent)], next: Int64?) {
    var asked = query
    asked.limit += 1
    let found = try await storing { [asked] in try await self.store.deliveries(asked) }
    var page: [(Delivery, LedgerEvent)] = []
    for delivery in found.prefix(query.limit) {
      guard let event = try await event(delivery.event) else { continue }
      page.append((delivery, event))
    }
    let last = found.prefix(query.limit).last?.number
    return (page, found.count > query.limit ? last : nil)
  }

  private func event(_ id: EventID) async throws(WebhookRefusal) -> LedgerEvent? {
    do {
      return try await ledger.event(id)
    } catch {
      throw .failed("\(error)")
    }
  }

  private func replay(_ attempt: WebhookAttempt) async throws(WebhookRefusal) -> WebhookReply? {
    let answer = try await storing { try await self.store.answer(to: attempt.key) }
    guard let answer else { return nil }
    return try reply(answer, attempt)
  }

  private func reply(
    _ answer: WebhookAnswer, _ attempt: WebhookAttempt
  ) throws(WebhookRefusal) -> WebhookReply {
    guard answer.body == attempt.body else { throw .idempotencyMismatch }
    return WebhookReply(bytes: answer.bytes, isReplayed: true)
  }

  private func storing<Value: Sendable>(
    _ body: @Sendable () async throws -> Value
  ) async throws(WebhookRefusal) -> Value {
    do {
      return try await body()
    } catch {
      throw .failed("\(error)")
    }
  }

  private static func newID() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return "w" + String(repeating: "0", count: 16 - digits.count) + digits
  }
}
