import Ledger

/// What an idempotency key was used for and how it was answered.
public struct WebhookAnswer: Sendable, Hashable {
  /// The hash of method, principal and key.
  public let key: Digest
  /// The hash of the request.
  public let body: Digest
  /// The encoded answer; the store does not look at it.
  public let bytes: [UInt8]

  public init(key: Digest, body: Digest, bytes: [UInt8]) {
    self.key = key
    self.body = body
    self.bytes = bytes
  }
}

/// Which deliveries to list.
public struct DeliveryQuery: Sendable, Hashable {
  /// The most deliveries on one page.
  public static let pageMax = 1_000

  public var account: AccountID?
  public var webhook: String?
  public var state: DeliveryState?
  /// Only deliveries after this one: the cursor of the page before.
  public var afterNumber: Int64
  public var limit: Int

  public init(
    account: AccountID? = nil, webhook: String? = nil, state: DeliveryState? = nil,
    afterNumber: Int64 = 0, limit: Int = 100
  ) {
    precondition((1...Self.pageMax + 1).contains(limit), "a page of unlawful size")
    self.account = account
    self.webhook = webhook
    self.state = state
    self.afterNumber = afterNumber
    self.limit = limit
  }
}

/// What is to be done for a webhook.
public enum NextDelivery: Sendable, Hashable {
  case none
  /// Nothing before this instant.
  case wait(until: LedgerTime)
  case ready(Delivery)
}

/// Where webhooks, their deliveries and the answers to keys are kept. Everything is durable when a
/// call returns; each mutation is one transaction.
///
/// Mutations that carry an answer do nothing when its key was used before, and return what it was
/// answered then; else they return nil.
public protocol WebhookStore: Sendable {
  /// All webhooks in the order in which they were put first, each with the last journal entry whose
  /// events are among its deliveries.
  func webhooks() async throws -> [(webhook: Webhook, cursor: Int64)]

  /// What a key was answered.
  func answer(to key: Digest) async throws -> WebhookAnswer?

  /// Adds a webhook or changes one.
  func put(_ webhook: Webhook, answer: WebhookAnswer) async throws -> WebhookAnswer?

  /// Removes a webhook with its deliveries.
  func delete(_ id: String, answer: WebhookAnswer) async throws -> WebhookAnswer?

  /// Adds deliveries, due at `time`, and moves the cursor. Those that are there already stay.
  func enqueue(
    _ events: [(id: EventID, account: AccountID)], to webhook: String, cursor: Int64,
    at time: LedgerTime
  ) async throws

  /// Finds what is to be done at `time`: the first pending event, unless it stepped aside and is
  /// not due; nothing while the first one holds the line.
  func next(for webhook: String, at time: LedgerTime) async throws -> NextDelivery

  /// Writes down what became of a delivery.
  func record(_ delivery: Delivery) async throws

  /// Makes an event pending for a webhook, whether or not it was before.
  func redeliver(
    _ event: EventID, of account: AccountID, to webhook: String, at time: LedgerTime,
    answer: @Sendable (Delivery) -> WebhookAnswer
  ) async throws -> WebhookAnswer?

  /// Lists deliveries, oldest first.
  func deliveries(_ query: DeliveryQuery) async throws -> [Delivery]

  /// How many deliveries are not done, by webhook.
  func counts() async throws -> [String: DeliveryCounts]

  /// Forgets deliveries that were tried last before `time` and have ended.
  func forget(before time: LedgerTime) async throws

  func close() throws
}
