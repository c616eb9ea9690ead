/// One signed message to post.
public struct WebhookRequest: Sendable {
  public let url: WebhookURL
  /// The headers that belong to the message; the poster adds those of HTTP.
  public let headers: [(name: String, value: String)]
  public let body: [UInt8]
}

/// Posts messages. Never throws: whatever goes wrong is the result of the try.
public protocol WebhookPoster: Sendable {
  /// Posts once, follows no redirect, and returns in bounded time, at once when the task is
  /// cancelled.
  func post(_ request: WebhookRequest) async -> AttemptResult
}
