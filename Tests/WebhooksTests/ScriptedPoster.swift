import Foundation
import Synchronization

@testable import Webhooks

/// Answers as a test says and keeps what was posted.
final class ScriptedPoster: WebhookPoster {
  struct Posted: Sendable, Hashable {
    let url: String
    let id: String
    let body: String
    let isSigned: Bool
  }

  private let log = Mutex<[Posted]>([])
  private let answer: Mutex<@Sendable (Posted) async -> AttemptResult>
  private let secret = Mutex<WebhookSecret?>(nil)

  /// Answers 200 until it is told otherwise.
  init() {
    answer = Mutex { _ in .answered(status: 200) }
  }

  func answers(_ next: @escaping @Sendable (Posted) async -> AttemptResult) {
    answer.withLock { $0 = next }
  }

  /// Signatures are checked with this secret.
  func expects(_ secret: WebhookSecret) { self.secret.withLock { $0 = secret } }

  var posted: [Posted] { log.withLock { $0 } }
  var ids: [String] { posted.map(\.id) }

  func post(_ request: WebhookRequest) async -> AttemptResult {
    let headers = Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name, $0.value) })
    let id = headers["webhook-id"] ?? ""
    let expected = secret.withLock { secret in
      secret?.signature(
        id: id, timestamp: Int64(headers["webhook-timestamp"] ?? "") ?? 0, body: request.body)
    }
    let posted = Posted(
      url: request.url.text, id: id, body: String(decoding: request.body, as: UTF8.self),
      isSigned: expected == headers["webhook-signature"])
    log.withLock { $0.append(posted) }
    return await answer.withLock { $0 }(posted)
  }
}
