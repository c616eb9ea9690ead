import Synchronization
import Testing

@testable import Conversation

/// A gate that answers from a script and remembers what it was asked.
private final class ScriptedGate: CreditGate {
  struct Log { var asked: [String] = []; var settlements: [Settlement] = [] }
  let verdict: CreditVerdict
  let hold: HoldVerdict
  let receipt: Receipt?
  let log = Mutex(Log())

  init(
    verdict: CreditVerdict = .sufficient(requiredMicros: 1),
    hold: HoldVerdict = .granted(Grant(holdID: "h1", outputTokens: 100)),
    receipt: Receipt? = Receipt(chargedMicros: 7, usageID: "u1", availableMicros: 3)
  ) {
    self.verdict = verdict
    self.hold = hold
    self.receipt = receipt
  }

  func check(account: String, usage: MeteredUsage) async -> CreditVerdict {
    log.withLock { $0.asked.append("check \(usage.inputTokens)+\(usage.outputTokens)") }
    return verdict
  }
  func openHold(_ request: HoldRequest) async -> HoldVerdict {
    let usage = request.usage
    log.withLock {
      $0.asked.append("hold \(usage.inputTokens)+\(usage.outputTokens) \(request.key)")
    }
    return hold
  }
  func settle(_ settlement: Settlement) async -> Receipt? {
    log.withLock { $0.settlements.append(settlement) }
    return receipt
  }
  var settlements: [Settlement] { log.withLock { $0.settlements } }
}

/// A provider that fails after so many chunks.
private struct FailingProvider: ModelProvider {
  let after: Int
  var models: [ModelDescription] { [ModelDescription(name: "m", maxOutputTokens: 10)] }
  func countTokens(in text: String, model: String) -> Int64 { 2 }
  func open(_ request: ModelRequest) async throws(ProviderFailure) -> any ModelStream {
    Stream(after: after)
  }
  actor Stream: ModelStream {
    var left: Int
    init(after: Int) { left = after }
    func next() async throws(ProviderFailure) -> ModelChunk? {
      guard left > 0 else { throw ProviderFailure(reason: "upstream broke") }
      left -= 1
      return ModelChunk(text: "x", tokens: 1)
    }
  }
}

private func turn(model: String = BuiltInProvider.counter, max: Int64 = 5) -> Turn {
  Turn(
    account: "u", model: model, prompt: "say it again", maxOutputTokens: max, session: "s", id: "t")
}

@Suite struct TurnTests {
  @Test("a verdict that nobody gave denies")
  func emptyVerdictsDeny() {
    guard case .denied(.unavailable) = CreditVerdict() else { Issue.record("allowed"); return }
    guard case .denied(.unavailable) = HoldVerdict() else { Issue.record("allowed"); return }
  }

  @Test(
    "a denied check serves nothing and opens no hold",
    arguments: [
      Denial.insufficient(message: "no", answer: [1]), .unknownModel(model: "m"),
      .unavailable(reason: "deadline"),
    ])
  func deniedCheck(denial: Denial) async {
    let gate = ScriptedGate(verdict: .denied(denial))
    await #expect(throws: denial) {
      _ = try await turn().run(provider: BuiltInProvider(), gate: gate) { _ in
        Issue.record("a token was delivered")
      }
    }
    #expect(gate.log.withLock { $0.asked } == ["check 3+1"])
    #expect(gate.settlements.isEmpty)
  }

  @Test("a denied hold serves nothing and settles nothing")
  func deniedHold() async {
    let gate = ScriptedGate(hold: HoldVerdict())
    await #expect(throws: Denial.self) {
      _ = try await turn().run(provider: BuiltInProvider(), gate: gate) { _ in
        Issue.record("a token was delivered")
      }
    }
    #expect(gate.settlements.isEmpty)
  }

  @Test("a whole answer is charged for its input and output tokens")
  func complete() async throws {
    let gate = ScriptedGate()
    var text = ""
    let result = try await turn().run(provider: BuiltInProvider(), gate: gate) { text += $0.text }
    #expect(text == "1 2 3 4 5")
    #expect(result.reason == .complete && result.outputTokens == 5 && result.inputTokens == 3)
    #expect(result.receipt?.usageID == "u1")
    let usage = MeteredUsage(model: BuiltInProvider.counter, inputTokens: 3, outputTokens: 5)
    #expect(
      gate.settlements == [
        Settlement(holdID: "h1", usage: usage, reason: .complete, key: "t:settle")
      ])
  }

  @Test("a partial grant ends exactly at the last paid token")
  func exhausted() async throws {
    let gate = ScriptedGate(hold: .granted(Grant(holdID: "h", outputTokens: 3)))
    var count: Int64 = 0
    let result = try await turn().run(provider: BuiltInProvider(), gate: gate) { count += $0.tokens }
    #expect(result.reason == .exhausted && count == 3 && result.outputTokens == 3)
  }

  @Test("a caller who goes away pays for what was delivered", arguments: [0, 1, 4])
  func cancelled(after: Int64) async throws {
    let gate = ScriptedGate()
    var delivered: Int64 = 0
    struct Gone: Error {}
    let result = try await turn().run(provider: BuiltInProvider(), gate: gate) { chunk in
      if delivered == after { throw Gone() }
      delivered += chunk.tokens
    }
    #expect(result.reason == .cancelled && result.outputTokens == after)
    #expect(gate.settlements.count == 1)
    #expect(gate.settlements[0].usage?.outputTokens == (after == 0 ? nil : after))
  }

  @Test("a failing provider costs the delivered part and nothing before the first token",
    arguments: [0, 2])
  func providerError(after: Int) async throws {
    let gate = ScriptedGate()
    let result = try await turn(model: "m").run(
      provider: FailingProvider(after: after), gate: gate) { _ in }
    #expect(result.reason == .providerError)
    #expect(gate.settlements.map { $0.usage?.outputTokens } == [after == 0 ? nil : Int64(after)])
  }

  @Test("a cancelled task still settles")
  func cancelledTaskSettles() async throws {
    let gate = ScriptedGate()
    let begun = AsyncStream<Void>.makeStream()
    let task = Task {
      try await turn(max: 1000).run(
        provider: BuiltInProvider(chunkDelay: .milliseconds(50)), gate: gate
      ) { _ in begun.continuation.yield() }
    }
    for await _ in begun.stream { break }
    task.cancel()
    let result = try await task.value
    #expect(result.reason == .cancelled && gate.settlements.count == 1)
  }

  @Test("an unanswered settlement leaves the receipt open")
  func noReceipt() async throws {
    let gate = ScriptedGate(receipt: nil)
    let result = try await turn().run(provider: BuiltInProvider(), gate: gate) { _ in }
    #expect(result.receipt == nil && result.outputTokens == 5)
  }
}
