import Ledger
import LedgerConformance
import Testing

@testable import Webhooks

@Suite("The outbox")
struct WebhookOutboxTests {
  @Test("posts each event once, in order, signed, from the webhook's first entry on")
  func delivers() async throws {
    let bench = try await OutboxBench()
    let before = try await bench.event()
    let webhook = try await bench.put()
    await bench.deliver()
    #expect(bench.poster.posted.isEmpty)
    let events = [try await bench.event(), try await bench.event("bob"), try await bench.event()]
    await bench.deliver()
    await bench.deliver(after: 1_000)
    #expect(bench.poster.ids == events && !events.contains(before))
    let bodies = bench.poster.posted
    #expect(bodies.allSatisfy { $0.isSigned && $0.url == "https://example.com/hook" })
    let usage = "u" + events[0].dropFirst()
    #expect(
      bodies[0].body.hasPrefix(#"{"type":"charge.uncovered","timestamp":"2026-"#)
        && bodies[0].body.hasSuffix(
          #"Z","data":{"event_id":"\#(events[0])","account_id":"alice","usage_id":"\#(usage)","#
            + #""debt_micros":0,"uncollected_micros":1}}"#))
    #expect(try await bench.log() == events.map { "\($0) delivered 1" })
    #expect(try await bench.outbox.counts(of: webhook) == DeliveryCounts())
    try await bench.close()
  }

  @Test("only events of the wanted kinds are posted")
  func kinds() async throws {
    let bench = try await OutboxBench()
    try await bench.put(kinds: [.balanceLow])
    try await bench.event()
    await bench.deliver()
    #expect(bench.poster.posted.isEmpty)
    try await bench.close()
  }

  @Test("a receiver that cannot be reached is tried on schedule, and later events wait in order")
  func unreachable() async throws {
    let bench = try await OutboxBench()
    try await bench.put()
    let first = try await bench.event()
    bench.poster.answers { _ in .failed("refused") }
    await bench.deliver()
    let second = try await bench.event()
    await bench.deliver(after: 4)
    #expect(bench.poster.ids == [first])
    for delay in [5, 30, 120, 600, 3_600, 21_600] as [Int64] {
      await bench.deliver(after: delay - 1)
      let count = bench.poster.posted.count
      await bench.deliver(after: 1)
      await bench.deliver()
      #expect(bench.poster.posted.count - count <= 1)
    }
    #expect(Set(bench.poster.ids) == [first])
    bench.poster.answers { _ in .answered(status: 204) }
    await bench.deliver(after: 86_400)
    #expect(Array(bench.poster.ids.suffix(2)) == [first, second])
    #expect(bench.poster.ids.dropLast(2).allSatisfy { $0 == first })
    try await bench.close()
  }

  @Test("an event that the receiver refuses steps aside, and is dead after the last try")
  func refused() async throws {
    let bench = try await OutboxBench()
    let webhook = try await bench.put()
    let bad = try await bench.event()
    let good = try await bench.event()
    bench.poster.answers { $0.id == bad ? .answered(status: 400) : .answered(status: 200) }
    await bench.deliver()
    #expect(bench.poster.ids == [bad, good])
    for delay in RetrySchedule.delays {
      await bench.deliver(after: delay)
    }
    #expect(bench.poster.ids.filter { $0 == bad }.count == 8)
    #expect(try await bench.log() == ["\(bad) dead 8", "\(good) delivered 1"])
    #expect(try await bench.outbox.counts(of: webhook).dead == 1)
    await bench.deliver(after: 100_000)
    #expect(bench.poster.posted.count == 9)
    bench.poster.answers { _ in .answered(status: 200) }
    try await bench.redeliver(bad, to: webhook)
    await bench.deliver()
    #expect(try await bench.log() == ["\(bad) delivered 1", "\(good) delivered 1"])
    let same = bench.poster.posted.filter { $0.id == bad }
    #expect(Set(same.map(\.body)).count == 1, "every try posts the same bytes")
    try await bench.close()
  }

  @Test(
    "what counts as delivered, and what as unreachable",
    arguments: [
      (200, true, false), (204, true, false), (299, true, false), (199, false, false),
      (301, false, false), (302, false, false), (400, false, false), (410, false, false),
      (429, false, true), (500, false, false), (502, false, true), (503, false, true),
      (504, false, true),
    ])
  func statuses(status: Int, isDelivered: Bool, holdsLine: Bool) {
    let result = AttemptResult.answered(status: status)
    #expect(result.isDelivered == isDelivered && result.holdsLine == holdsLine)
  }

  @Test("retries are spread by a fifth, and there are seven")
  func schedule() {
    for (index, seconds) in RetrySchedule.delays.enumerated() {
      let soon = RetrySchedule { $0.lowerBound }.pause(afterAttempts: index + 1)
      let late = RetrySchedule { $0.upperBound }.pause(afterAttempts: index + 1)
      #expect(soon == .milliseconds(seconds * 800) && late == .milliseconds(seconds * 1_200))
    }
    #expect(RetrySchedule().pause(afterAttempts: 8) == nil)
  }

  @Test("a restart goes on where it was: nothing is lost and nothing delivered is posted again")
  func restarts() async throws {
    let bench = try await OutboxBench()
    let webhook = try await bench.put()
    let first = try await bench.event()
    await bench.deliver()
    bench.poster.answers { _ in .failed("down") }
    let second = try await bench.event()
    await bench.deliver()
    let third = try await bench.event()
    try await bench.restart()
    bench.poster.answers { _ in .answered(status: 200) }
    await bench.deliver(after: 5)
    #expect(bench.poster.ids == [first, second, second, third])
    #expect(bench.poster.posted.allSatisfy { $0.isSigned }, "the secret is kept")
    let listed = try await bench.outbox.webhooks()
    #expect(listed.map(\.0.id) == [webhook])
    try await bench.close()
  }

  @Test("a paused webhook keeps its events; a new secret signs at once; a deleted one forgets")
  func changes() async throws {
    let bench = try await OutboxBench()
    let webhook = try await bench.put()
    try await bench.put(id: webhook, paused: true)
    let event = try await bench.event()
    await bench.deliver()
    #expect(bench.poster.posted.isEmpty)
    try await bench.put("https://example.com/new", id: webhook, rotates: true)
    await bench.deliver()
    #expect(bench.poster.ids == [event] && bench.poster.posted[0].isSigned)
    #expect(bench.poster.posted[0].url == "https://example.com/new")
    _ = try await bench.outbox.delete(webhook, by: bench.attempt()) { _ in [] }
    try await bench.event()
    await bench.deliver()
    #expect(bench.poster.posted.count == 1)
    #expect(try await bench.log() == [])
    try await bench.close()
  }

  @Test("the same key is answered as the first time, another request with it refused")
  func keys() async throws {
    let bench = try await OutboxBench()
    let once = WebhookAttempt(method: "Put", principal: "p", key: "k", body: [1])
    let command = PutWebhook(
      id: nil, url: "https://example.com/", kinds: [], isPaused: false, rotatesSecret: false)
    let encode: @Sendable (Webhook, WebhookSecret?, Int64) -> [UInt8] = { webhook, secret, _ in
      Array((webhook.id + (secret?.text ?? "")).utf8)
    }
    let first = try await bench.outbox.put(command, by: once, encode: encode)
    let again = try await bench.outbox.put(command, by: once, encode: encode)
    #expect(!first.isReplayed && again.isReplayed && first.bytes == again.bytes)
    #expect(try await bench.outbox.webhooks().count == 1)
    let other = WebhookAttempt(method: "Put", principal: "p", key: "k", body: [2])
    await #expect(throws: WebhookRefusal.self) {
      try await bench.outbox.put(command, by: other, encode: encode)
    }
    try await bench.close()
  }

  @Test("pages of the log add up, and filters choose")
  func pages() async throws {
    let bench = try await OutboxBench()
    let webhook = try await bench.put()
    bench.poster.answers { .answered(status: $0.body.contains("bob") ? 404 : 200) }
    var events: [String] = []
    for number in 0..<7 { events.append(try await bench.event(number % 3 == 0 ? "bob" : "alice")) }
    await bench.deliver()
    var found: [String] = []
    var cursor: Int64? = 0
    while let after = cursor {
      let (page, next) = try await bench.outbox.deliveries(
        DeliveryQuery(afterNumber: after, limit: 3))
      found += page.map(\.1.id.description)
      cursor = next
    }
    #expect(found == events)
    #expect(try await bench.log(DeliveryQuery(account: "bob")).count == 3)
    #expect(try await bench.log(DeliveryQuery(state: .pending)).count == 3)
    #expect(try await bench.log(DeliveryQuery(webhook: webhook, state: .delivered)).count == 4)
    #expect(try await bench.log(DeliveryQuery(webhook: "w0")) == [])
    try await bench.close()
  }

  @Test(
    "over random troubles each event is delivered, each time under its own id",
    .timeLimit(.minutes(10)))
  func randomTroubles() async throws {
    let seed = UInt64.random(in: 0..<1_000_000)
    print("random troubles of receivers: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let bench = try await OutboxBench()
    try await bench.put()
    try await bench.put("https://example.com/other")
    var events: [String] = []
    for _ in 0..<60 {
      let result: AttemptResult =
        [.answered(status: 200), .answered(status: 500), .failed("down"), .answered(status: 503)]
        .randomElement(using: &random) ?? .answered(status: 200)
      bench.poster.answers { _ in result }
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        events.append(try await bench.event())
      }
      if random.chance(10) { try await bench.restart() }
      await bench.deliver(after: Int64.random(in: 0...40, using: &random))
    }
    bench.poster.answers { _ in .answered(status: 200) }
    for delay in RetrySchedule.delays { await bench.deliver(after: delay * 2) }
    let log = try await bench.outbox.deliveries(DeliveryQuery(limit: 1_000)).page
    #expect(log.count == events.count * 2)
    #expect(log.allSatisfy { $0.0.state == .delivered })
    for url in ["https://example.com/hook", "https://example.com/other"] {
      let ids = bench.poster.posted.filter { $0.url == url }.map(\.id)
      #expect(Set(ids) == Set(events))
    }
    try await bench.close()
  }

  @Test(
    "runs until it is stopped, ends the try under way, and makes it again",
    .timeLimit(.minutes(10)))
  func runs() async throws {
    let bench = try await OutboxBench()
    try await bench.put()
    bench.poster.answers { _ in
      try? await Task.sleep(for: .seconds(3_600))
      return .failed("cancelled")
    }
    let outbox = bench.outbox
    let running = Task { await outbox.run() }
    let event = try await bench.event()
    while bench.poster.posted.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
    running.cancel()
    await running.value
    #expect(try await bench.log() == ["\(event) pending 0"])
    try await bench.restart()
    bench.poster.answers { _ in .answered(status: 200) }
    await bench.deliver()
    #expect(try await bench.log() == ["\(event) delivered 1"])
    try await bench.close()
  }
}
