import Contracts
import Conversation
import GRPC
import GRPCServices
import Protobuf
import Synchronization

/// The credit gate over accounting's RPCs. Denies whatever is not a well-formed yes.
///
/// A class because the breaker and the pending settlements are shared by all turns; both are
/// guarded.
public final class AccountingGate: CreditGate {
  /// How long CheckCredits may take; the caller's own deadline may be nearer.
  public static let checkTimeout: Duration = .milliseconds(250)
  /// How long one attempt of OpenHold may take.
  public static let holdTimeout: Duration = .milliseconds(500)
  /// How long a turn waits for its receipt before the settlement goes on behind it.
  public static let settleTimeout: Duration = .seconds(2)

  private let client: Farebox_Accounting_V1_AccountingService.Client
  private let tokens: any ServiceTokens
  private let settlements: PendingSettlements
  private let breaker = Mutex(CircuitBreaker())

  /// - Parameters:
  ///   - client: a channel to accounting.
  ///   - tokens: chat's own credentials.
  ///   - settlements: what goes on trying when a settlement was not answered in time.
  public init(
    client: GRPCClient, tokens: any ServiceTokens, settlements: PendingSettlements
  ) {
    self.client = Farebox_Accounting_V1_AccountingService.Client(wrapping: client)
    self.tokens = tokens
    self.settlements = settlements
  }

  public func check(account: String, usage: MeteredUsage) async -> CreditVerdict {
    var request = Farebox_Accounting_V1_CheckCreditsRequest()
    request.accountID = account
    request.amount = .usage(Farebox_Accounting_V1_TokenUsage(usage))
    let question = request
    let answer = await ask(timeout: Self.checkTimeout) { metadata, options in
      try await self.client.checkCredits(question, metadata: metadata, options: options)
    }
    return CreditAnswer.verdict(answer, account: account, model: usage.model)
  }

  public func openHold(_ request: HoldRequest) async -> HoldVerdict {
    let question = Farebox_Accounting_V1_OpenHoldRequest(request)
    var answer = await ask(timeout: Self.holdTimeout) { metadata, options in
      try await self.client.openHold(question, metadata: metadata, options: options)
    }
    if case .failure(let error) = answer, error.mayHaveBeenLost {
      // Once more with the same key: at most one hold comes of it.
      answer = await ask(timeout: Self.holdTimeout) { metadata, options in
        try await self.client.openHold(question, metadata: metadata, options: options)
      }
    }
    let verdict = CreditAnswer.holdVerdict(
      answer, account: request.account, model: request.usage.model)
    if case .denied = verdict, case .success(let answer) = answer,
      let holdID = answer.hold?.holdID, !holdID.isEmpty
    {
      // A hold that buys nothing is given back at once.
      let release = Settlement(
        holdID: holdID, usage: nil, reason: .exhausted, key: request.key + ":release")
      Task.detached { await self.settle(release) }
    }
    return verdict
  }

  public func settle(_ settlement: Settlement) async -> Receipt? {
    await settlements.settle(settlement, within: Self.settleTimeout)
  }

  /// Makes one call unless the breaker is open, and tells the breaker what came of it.
  private func ask<Answer: Sendable>(
    timeout: Duration, _ call: (Metadata, CallOptions) async throws -> Answer
  ) async -> Result<Answer, RPCError> {
    guard breaker.withLock({ $0.admits(at: .now) }) else {
      return .failure(
        RPCError(code: .unavailable, message: "accounting failed too often, waiting a second"))
    }
    do {
      let metadata = try await tokens.metadata()
      var options = CallOptions.defaults
      options.timeout = timeout
      let answer = try await call(metadata, options)
      breaker.withLock { $0.succeeded() }
      return .success(answer)
    } catch {
      let error = RPCError(wrapping: error)
      breaker.withLock { error.isAnswer ? $0.succeeded() : $0.failed(at: .now) }
      return .failure(error)
    }
  }
}

extension RPCError {
  /// Whether the peer decided this, so that it is alive.
  fileprivate var isAnswer: Bool { errorInfo != nil || code == .cancelled }

  /// Whether the call may have taken effect although no answer came.
  var mayHaveBeenLost: Bool { code == .deadlineExceeded || code == .unavailable }
}

extension ServiceTokens {
  /// The metadata that carries the token.
  func metadata() async throws -> Metadata {
    var metadata = Metadata()
    metadata.addString("Bearer " + (try await token()), forKey: "authorization")
    return metadata
  }
}

extension Farebox_Accounting_V1_OpenHoldRequest {
  fileprivate init(_ request: HoldRequest) {
    self.init()
    idempotencyKey = request.key
    accountID = request.account
    amount = .usage(Farebox_Accounting_V1_TokenUsage(request.usage))
    minMicros = request.minMicros
    var life = Google_Protobuf_Duration()
    life.seconds = Turn.holdTTL.components.seconds
    ttl = life
    sessionID = request.session
  }
}

extension Farebox_Accounting_V1_TokenUsage {
  init(_ usage: MeteredUsage) {
    self.init()
    model = usage.model
    inputTokens = usage.inputTokens
    outputTokens = usage.outputTokens
  }
}
