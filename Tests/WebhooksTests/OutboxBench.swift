import Foundation
import Ledger
import LedgerConformance
import StorageSQLite

@testable import Webhooks

/// A ledger in memory, an outbox on a file, and a clock that the test sets.
final class OutboxBench {
  let clock = TestClock()
  let ledger: CreditLedger
  let poster = ScriptedPoster()
  private(set) var outbox: WebhookOutbox
  private let path: String
  private var attempts = 0

  init() async throws {
    path = FileManager.default.temporaryDirectory.path + "/farebox-webhooks-\(UUID().uuidString).db"
    ledger = try CreditLedger(store: MemoryLedgerStore(), clock: clock)
    outbox = try await Self.open(path, ledger, poster, clock)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  private static func open(
    _ path: String, _ ledger: CreditLedger, _ poster: ScriptedPoster, _ clock: TestClock
  ) async throws -> WebhookOutbox {
    try await WebhookOutbox(
      ledger: ledger, store: SQLiteWebhookStore(path: path), poster: poster, clock: clock,
      schedule: RetrySchedule { ($0.lowerBound + $0.upperBound) / 2 },
      configuration: WebhookOutbox.Configuration(pollPause: .milliseconds(5)))
  }

  /// Closes the outbox and opens it again, as a restart does.
  func restart() async throws {
    try await outbox.close()
    outbox = try await Self.open(path, ledger, poster, clock)
  }

  func attempt(_ method: String = "m") -> WebhookAttempt {
    attempts += 1
    return WebhookAttempt(method: method, principal: "p", key: "\(attempts)", body: [])
  }

  /// Puts a webhook and returns its id.
  @discardableResult
  func put(
    _ url: String = "https://example.com/hook", id: String? = nil,
    kinds: [LedgerEvent.Kind] = [], paused: Bool = false, rotates: Bool = false
  ) async throws -> String {
    let poster = poster
    let reply = try await outbox.put(
      PutWebhook(id: id, url: url, kinds: kinds, isPaused: paused, rotatesSecret: rotates),
      by: attempt()
    ) { webhook, secret, _ in
      if let secret { poster.expects(secret) }
      return Array(webhook.id.utf8)
    }
    return String(decoding: reply.bytes, as: UTF8.self)
  }

  func redeliver(_ event: String, to webhook: String) async throws {
    guard let id = EventID(event) else { throw Breach("\(event) is no event's id") }
    _ = try await outbox.redeliver(id, to: webhook, by: attempt()) { delivery, _, _ in
      Array("\(delivery.number)".utf8)
    }
  }

  /// Makes an event: a charge of one micro-credit that nobody pays. Returns its id.
  @discardableResult
  func event(_ account: AccountID = "alice") async throws -> String {
    attempts += 1
    _ = await ledger.setAccountState(
      SetAccountState(account: account, state: .active),
      by: Attempt(principal: "p", key: "open \(attempts)"))
    let answer = try await ledger.deduct(
      DeductCredits(account: account, charge: .micros(1)),
      by: Attempt(principal: "p", key: "\(attempts)")
    ).get().value
    return "e\(answer.usage.id.seq)"
  }

  /// Each delivery as event, state and attempts.
  func log(_ query: DeliveryQuery = DeliveryQuery()) async throws -> [String] {
    try await outbox.deliveries(query).page.map { delivery, event in
      "\(event.id) \(delivery.state) \(delivery.attempts)"
    }
  }

  /// Lets time pass and delivers what is due then.
  func deliver(after seconds: Int64 = 0) async {
    clock.advance(.seconds(seconds))
    await outbox.deliverDue()
  }

  func close() async throws {
    try await outbox.close()
    try await ledger.shutDown()
  }
}
