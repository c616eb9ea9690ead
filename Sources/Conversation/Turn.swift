/// One prompt and its answer: check, hold, deliver, settle. Denies by default.
///
/// The order is the promise: no token leaves before the check said sufficient and a hold covers it,
/// and every way out after the hold settles it.
public struct Turn: Sendable {
  /// Who pays.
  public let account: String
  /// The model to ask.
  public let model: String
  /// The prompt.
  public let prompt: String
  /// The answer ends at this many tokens at the latest; at least 1.
  public let maxOutputTokens: Int64
  /// The caller's session.
  public let session: String
  /// Unique to this turn: the root of its idempotency keys.
  public let id: String

  /// How long an answer may take before it is cut off; shorter than the life of its hold.
  public static let durationMax: Duration = .seconds(240)
  /// How long the hold of a turn lives without being settled.
  public static let holdTTL: Duration = .seconds(300)

  public init(
    account: String, model: String, prompt: String, maxOutputTokens: Int64, session: String,
    id: String
  ) {
    precondition(maxOutputTokens >= 1, "the service admits positive limits only")
    self.account = account
    self.model = model
    self.prompt = prompt
    self.maxOutputTokens = maxOutputTokens
    self.session = session
    self.id = id
  }

  /// What a turn came to.
  public struct Result: Sendable, Hashable {
    public let reason: EndReason
    public let inputTokens: Int64
    public let outputTokens: Int64
    /// Nil while the settlement is still under way.
    public let receipt: Receipt?
  }

  /// Runs the turn. Throws ``Denial`` before the first token or not at all.
  ///
  /// - Parameter emit: hands a chunk to the caller; throws when the caller is gone. Its suspension
  ///   is
  ///   the back-pressure on the provider.
  public func run(
    provider: any ModelProvider, gate: any CreditGate,
    emit: (ModelChunk) async throws -> Void
  ) async throws(Denial) -> Result {
    let inputTokens = provider.countTokens(in: prompt, model: model)
    var usage = MeteredUsage(model: model, inputTokens: inputTokens, outputTokens: 1)
    // Checked for the smallest useful answer: a small balance buys a short one.
    let minMicros: Int64
    switch await gate.check(account: account, usage: usage) {
    case .denied(let denial): throw denial
    case .sufficient(let requiredMicros): minMicros = requiredMicros
    }
    usage.outputTokens = maxOutputTokens
    let request = HoldRequest(
      account: account, usage: usage, minMicros: minMicros, session: session, key: id + ":hold")
    let grant: Grant
    // Detached: a caller who goes away now must not leave a hold behind that nobody knows of.
    switch await Task.detached(operation: { await gate.openHold(request) }).value {
    case .denied(let denial): throw denial
    case .granted(let granted): grant = granted
    }
    var meter = Meter(granted: min(grant.outputTokens, maxOutputTokens))
    let reason = await deliver(&meter, provider: provider, emit: emit)
    usage.outputTokens = meter.delivered
    // An answer of which nothing arrived costs nothing, unless it was empty by itself.
    let chargeable = meter.delivered > 0 || reason == .complete
    let settlement = Settlement(
      holdID: grant.holdID, usage: chargeable ? usage : nil, reason: reason, key: id + ":settle")
    // Detached: a cancelled caller, or a deadline that has passed, must not cancel the settlement.
    let receipt = await Task.detached { await gate.settle(settlement) }.value
    return Result(
      reason: reason, inputTokens: inputTokens, outputTokens: meter.delivered, receipt: receipt)
  }

  /// Pulls the answer and hands it on until it ends. Every outcome is a reason, never an error.
  private func deliver(
    _ meter: inout Meter, provider: any ModelProvider, emit: (ModelChunk) async throws -> Void
  ) async -> EndReason {
    let cutOff = ContinuousClock.now + Self.durationMax
    let request = ModelRequest(model: model, prompt: prompt, maxOutputTokens: meter.granted)
    do throws(ProviderFailure) {
      let stream = try await provider.open(request)
      while let chunk = try await stream.next() {
        if Task.isCancelled { return .cancelled }
        if ContinuousClock.now >= cutOff { return .providerError }
        guard meter.admit(chunk) == .deliver else { return .exhausted }
        do { try await emit(chunk) } catch { return .cancelled }
        meter.recordDelivery(of: chunk)
      }
    } catch {
      return Task.isCancelled ? .cancelled : .providerError
    }
    let cutShort = meter.delivered == meter.granted && meter.granted < maxOutputTokens
    return cutShort ? .exhausted : .complete
  }
}
