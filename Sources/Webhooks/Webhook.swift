import Ledger

/// A place that events are delivered to.
public struct Webhook: Sendable, Hashable {
  /// `w` and 16 random hexadecimal digits.
  public let id: String
  public var url: WebhookURL
  /// Only events of these kinds; empty means all.
  public var kinds: [LedgerEvent.Kind]
  /// Whether deliveries rest.
  public var isPaused: Bool
  public var secret: WebhookSecret
  public let createdAt: LedgerTime
  /// Events of journal entries after this one are delivered.
  public let fromSeq: Int64

  public init(
    id: String, url: WebhookURL, kinds: [LedgerEvent.Kind], isPaused: Bool, secret: WebhookSecret,
    createdAt: LedgerTime, fromSeq: Int64
  ) {
    self.id = id
    self.url = url
    self.kinds = kinds
    self.isPaused = isPaused
    self.secret = secret
    self.createdAt = createdAt
    self.fromSeq = fromSeq
  }
}

/// How many deliveries to a webhook are not done.
public struct DeliveryCounts: Sendable, Hashable {
  public var pending: Int64 = 0
  public var dead: Int64 = 0

  public init(pending: Int64 = 0, dead: Int64 = 0) {
    self.pending = pending
    self.dead = dead
  }
}
