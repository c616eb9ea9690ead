import Ledger
import Webhooks

/// One webhook and its deliveries, which outlive processes.
///
/// Unchecked: it belongs to the simulation's thread.
final class SimulatedWebhookDisk: @unchecked Sendable {
  static let webhookID = "w0000000000000001"

  private let webhook: Webhook
  fileprivate(set) var cursor: Int64 = 0
  fileprivate(set) var deliveries: [Delivery] = []

  init() {
    guard let url = try? WebhookURL("https://receiver.example/events"),
      let secret = WebhookSecret(bytes: Array(repeating: 7, count: 32))
    else { preconditionFailure("a webhook that is not lawful") }
    webhook = Webhook(
      id: Self.webhookID, url: url, kinds: [], isPaused: false, secret: secret,
      createdAt: LedgerTime(microseconds: 0), fromSeq: 0)
  }

  var isDone: Bool { !deliveries.contains { $0.state == .pending } }

  fileprivate var all: [(webhook: Webhook, cursor: Int64)] { [(webhook, cursor)] }
}

/// The deliveries as one process sees them.
struct SimulatedWebhookStore: WebhookStore {
  private struct Failure: Error {}

  let disk: SimulatedWebhookDisk
  let process: SimulatedProcess
  unowned let world: World

  private func write() throws {
    guard !process.isDead, !world.simulator.random.chance(world.faults.commitFails) else {
      throw Failure()
    }
  }

  func webhooks() async throws -> [(webhook: Webhook, cursor: Int64)] { disk.all }

  func enqueue(
    _ events: [(id: EventID, account: AccountID)], to webhook: String, cursor: Int64,
    at time: LedgerTime
  ) async throws {
    try write()
    disk.cursor = cursor
    for (id, account) in events where !disk.deliveries.contains(where: { $0.event == id }) {
      disk.deliveries.append(
        Delivery(
          number: Int64(disk.deliveries.count) + 1, webhook: webhook, event: id, account: account,
          state: .pending, attempts: 0, holdsLine: false, lastAttemptAt: nil, nextAttemptAt: time,
          lastStatus: 0, lastError: ""))
    }
  }

  func next(for webhook: String, at time: LedgerTime) async throws -> NextDelivery {
    let pending = disk.deliveries.filter { $0.state == .pending }
      .sorted { $0.event.seq < $1.event.seq }
    for delivery in pending {
      guard let due = delivery.nextAttemptAt else { continue }
      if due <= time { return .ready(delivery) }
      if delivery.holdsLine { return .wait(until: due) }
    }
    return pending.compactMap(\.nextAttemptAt).min().map { .wait(until: $0) } ?? .none
  }

  func record(_ delivery: Delivery) async throws {
    try write()
    guard let place = disk.deliveries.firstIndex(where: { $0.number == delivery.number }) else {
      return world.simulator.fail("a delivery that is not there was tried")
    }
    disk.deliveries[place] = delivery
  }

  func forget(before time: LedgerTime) async throws {}
  func close() throws {}

  // MARK: Administration, which has no part in simulations

  func answer(to key: Digest) async throws -> WebhookAnswer? { throw Failure() }
  func put(_ webhook: Webhook, answer: WebhookAnswer) async throws -> WebhookAnswer? {
    throw Failure()
  }
  func delete(_ id: String, answer: WebhookAnswer) async throws -> WebhookAnswer? {
    throw Failure()
  }
  func redeliver(
    _ event: EventID, of account: AccountID, to webhook: String, at time: LedgerTime,
    answer: @Sendable (Delivery) -> WebhookAnswer
  ) async throws -> WebhookAnswer? { throw Failure() }
  func deliveries(_ query: DeliveryQuery) async throws -> [Delivery] { throw Failure() }
  func counts() async throws -> [String: DeliveryCounts] { throw Failure() }
}

extension World {
  /// Every event of the journal reached its receiver, or was given up after the last try; nothing
  /// else did.
  func judgeDeliveries() async {
    // What was put off is due in the end.
    for _ in 0..<30 where webhooks.cursor < judge.lastSeq || !webhooks.isDone {
      clock.suffer(.forwardADay, for: .zero)
      await simulator.sleep(for: .seconds(6))
    }
    guard let entries = try? disk.journal.entries(afterSeq: 0, limit: .max) else {
      return simulator.fail("the journal cannot be read")
    }
    let events = entries.compactMap { LedgerEvent($0)?.id.description }
    guard Set(receiver.received.keys).isSubset(of: Set(events)) else {
      return simulator.fail("an event was delivered that never happened")
    }
    let states = Dictionary(
      uniqueKeysWithValues: webhooks.deliveries.map { ($0.event.description, $0.state) })
    for event in events {
      switch states[event] {
      case .delivered where receiver.received[event] != nil: break
      case .dead: simulator.history.count("webhook: given up")
      case let state:
        return simulator.fail("event \(event) is \(state.map { "\($0)" } ?? "lost")")
      }
    }
  }
}
