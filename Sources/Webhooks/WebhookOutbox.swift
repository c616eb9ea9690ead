import Ledger

/// Delivers the ledger's events to webhooks: at least once, each webhook one at a time.
///
/// ```
///   journal entry --is an event--> deliveries (store) --POST, signed--> receiver
///        ^                              |    ^
///   same commit as its cause            +----+ failed: later again, at last dead
/// ```
/// An event is as durable as the journal entry that it is, and the store remembers for each webhook
/// up to which entry it has taken events over: whenever the process ends, the next one goes on
/// there. Never holds up the ledger: it reads what was committed.
///
/// Later events wait behind one whose receiver cannot be reached (no answer, 429, 502, 503, 504).
/// One that the receiver answered otherwise steps aside until its next try.
public actor WebhookOutbox {
  /// Bounds and pauses.
  public struct Configuration: Sendable {
    /// Whether http is lawful to other machines.
    public var allowsPlainHTTP: Bool
    /// How often the outbox looks for news.
    public var pollPause: Duration
    /// How long the log keeps deliveries that have ended.
    public var retention: Duration

    public init(
      allowsPlainHTTP: Bool = false, pollPause: Duration = .milliseconds(200),
      retention: Duration = .seconds(30 * 24 * 60 * 60)
    ) {
      self.allowsPlainHTTP = allowsPlainHTTP
      self.pollPause = pollPause
      self.retention = retention
    }
  }

  /// The most webhooks.
  public static let webhooksMax = 16
  /// Deliveries that one look for news adds.
  private static let newsMax = 500
  /// Journal entries without news after which the cursor is written down anyway.
  private static let cursorStep: Int64 = 100_000
  /// How often ended deliveries are looked through, to forget old ones.
  private static let forgetPause: Duration = .seconds(60 * 60)

  struct Line {
    var webhook: Webhook
    /// Events up to this entry are among the deliveries.
    var cursor: Int64
    /// The cursor as it was written down last.
    var storedCursor: Int64
    /// Nothing is to be done before; nil when that is not known.
    var restsUntil: LedgerTime?
  }

  nonisolated let ledger: CreditLedger
  nonisolated let store: any WebhookStore
  nonisolated let clock: any LedgerClock
  nonisolated let configuration: Configuration
  private let poster: any WebhookPoster
  private let schedule: RetrySchedule
  private let onTrouble: @Sendable (String) -> Void
  var lines: [String: Line] = [:]
  private var working: Set<String> = []
  private var forgotAt: LedgerTime?

  /// Reads the webhooks from the store, which belongs to the outbox from now on.
  ///
  /// - Parameter onTrouble: told what was given up, and what went wrong with the store or the
  ///   ledger, for the log.
  public init(
    ledger: CreditLedger, store: any WebhookStore, poster: any WebhookPoster,
    clock: any LedgerClock = SystemClock(), schedule: RetrySchedule = RetrySchedule(),
    configuration: Configuration = Configuration(),
    onTrouble: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws {
    self.ledger = ledger
    self.store = store
    self.poster = poster
    self.clock = clock
    self.schedule = schedule
    self.configuration = configuration
    self.onTrouble = onTrouble
    for (webhook, cursor) in try await store.webhooks() {
      lines[webhook.id] = Line(webhook: webhook, cursor: cursor, storedCursor: cursor)
    }
  }

  /// Delivers until the task is cancelled, then ends the tries under way. A try that is ended does
  /// not count: the next process makes it again.
  public func run() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        for id in lines.keys where hasWork(id) {
          working.insert(id)
          group.addTask { await self.work(id) }
        }
        await forgetOld()
        await ledger.machine.sleep(for: configuration.pollPause)
      }
      group.cancelAll()
    }
  }

  /// Delivers what is due now, and returns when nothing is.
  public func deliverDue() async {
    await withDiscardingTaskGroup { group in
      for id in lines.keys where hasWork(id) {
        working.insert(id)
        group.addTask { await self.work(id) }
      }
    }
  }

  /// Closes the store. After ``run()`` has returned, and before the ledger is shut down.
  public func close() throws {
    try store.close()
  }

  private func hasWork(_ id: String) -> Bool {
    guard let line = lines[id], !line.webhook.isPaused, !working.contains(id) else { return false }
    if ledger.committedSeq > line.cursor { return true }
    return line.restsUntil.map { $0 <= clock.now() } ?? true
  }

  private func work(_ id: String) async {
    defer { working.remove(id) }
    do {
      while !Task.isCancelled, let webhook = lines[id]?.webhook, !webhook.isPaused {
        try await takeNews(id)
        // Set before the look, so that what comes in between is looked at again.
        lines[id]?.restsUntil = .distantFuture
        switch try await store.next(for: id, at: clock.now()) {
        case .none: return
        case .wait(let until):
          rest(id, until: until)
          return
        case .ready(let delivery):
          lines[id]?.restsUntil = nil
          try await attempt(delivery, webhook)
        }
      }
    } catch {
      lines[id]?.restsUntil = nil
      if !Task.isCancelled { onTrouble("webhook \(id): \(error)") }
    }
  }

  private func rest(_ id: String, until: LedgerTime) {
    // Somebody asked for a redelivery meanwhile: no rest.
    guard let asked = lines[id]?.restsUntil else { return }
    lines[id]?.restsUntil = min(asked, until)
  }

  /// Makes deliveries of the events since the last look.
  private func takeNews(_ id: String) async throws {
    guard let line = lines[id] else { return }
    let end = ledger.committedSeq
    guard end > line.cursor else { return }
    let events = try await ledger.listEvents(
      EventQuery(
        kinds: line.webhook.kinds, afterSeq: line.cursor, throughSeq: end, limit: Self.newsMax))
    var news: [(id: EventID, account: AccountID)] = []
    for event in events {
      guard let event = try await ledger.event(event) else { continue }
      news.append((event.id, event.account))
    }
    let cursor = events.count == Self.newsMax ? events.last?.seq ?? end : end
    if !news.isEmpty || cursor - line.storedCursor >= Self.cursorStep {
      try await store.enqueue(news, to: id, cursor: cursor, at: clock.now())
      lines[id]?.storedCursor = cursor
    }
    lines[id]?.cursor = cursor
  }

  private func attempt(_ delivery: Delivery, _ webhook: Webhook) async throws {
    guard let event = try await ledger.event(delivery.event) else {
      var lost = delivery
      lost.state = .dead
      lost.nextAttemptAt = nil
      lost.lastError = "the journal has no such event"
      return try await store.record(lost)
    }
    let message = EventMessage(event)
    let timestamp = clock.now().microseconds / 1_000_000
    let signature = webhook.secret.signature(
      id: message.id, timestamp: timestamp, body: message.body)
    let result = await poster.post(
      WebhookRequest(
        url: webhook.url,
        headers: [
          ("webhook-id", message.id), ("webhook-timestamp", "\(timestamp)"),
          ("webhook-signature", signature),
        ], body: message.body))
    // The process stops: whether it arrived is not known.
    if Task.isCancelled, !result.isDelivered { return }
    let after = schedule.delivery(delivery, after: result, at: clock.now())
    try await store.record(after)
    if after.state == .dead {
      onTrouble("webhook \(webhook.id): event \(message.id) was given up: \(after.lastError)")
    }
  }

  private func forgetOld() async {
    let now = clock.now()
    guard forgotAt.map({ now.duration(since: $0) >= Self.forgetPause }) ?? true else { return }
    forgotAt = now
    do {
      try await store.forget(before: now.adding(.zero - configuration.retention))
    } catch {
      onTrouble("the delivery log: \(error)")
    }
  }
}
