import Contracts
import Conversation
import GRPC
import Logging

/// Settles holds, and goes on trying with the same key until accounting has answered.
///
/// Each attempt is idempotent, so trying too often charges once. An actor: its bookkeeping is small
/// and off the event loops.
public actor PendingSettlements {
  /// Settlements that may wait at once; one more is not tried, and its hold ends by itself.
  public static let countMax = 10_000
  /// The pause after a failed attempt doubles from here…
  static let pauseMin: Duration = .milliseconds(100)
  /// …up to here.
  static let pauseMax: Duration = .seconds(30)

  private let client: Farebox_Accounting_V1_AccountingService.Client
  private let tokens: any ServiceTokens
  private let logger: Logger
  private var tasks: [String: Task<Receipt?, Never>] = [:]

  public init(client: GRPCClient, tokens: any ServiceTokens, logger: Logger) {
    self.client = Farebox_Accounting_V1_AccountingService.Client(wrapping: client)
    self.tokens = tokens
    self.logger = logger
  }

  /// How many settlements are not answered yet.
  public var count: Int { tasks.count }

  /// Starts a settlement and waits for its receipt; nil when it did not come within `patience`.
  func settle(_ settlement: Settlement, within patience: Duration) async -> Receipt? {
    guard tasks.count < Self.countMax else {
      logger.error("too many settlements wait", metadata: ["hold": "\(settlement.holdID)"])
      return nil
    }
    let task = Task { await self.persist(settlement) }
    tasks[settlement.key] = task
    return await firstOf(task, patience: patience)
  }

  /// Waits until every settlement was answered, at most `patience`; tells how many were not.
  public func drain(within patience: Duration) async -> Int {
    let end = ContinuousClock.now + patience
    while !tasks.isEmpty, ContinuousClock.now < end {
      try? await Task.sleep(for: .milliseconds(20))
    }
    for task in tasks.values { task.cancel() }
    return tasks.count
  }

  /// Tries until answered or cancelled.
  private func persist(_ settlement: Settlement) async -> Receipt? {
    var pause = Self.pauseMin
    while !Task.isCancelled {
      do {
        let receipt = try await attempt(settlement)
        tasks[settlement.key] = nil
        return receipt
      } catch {
        let error = RPCError(wrapping: error)
        guard error.errorInfo == nil || error.mayHaveBeenLost || error.code == .resourceExhausted
        else {
          logger.error(
            "a settlement was refused",
            metadata: ["hold": "\(settlement.holdID)", "error": "\(error)"])
          tasks[settlement.key] = nil
          return nil
        }
        logger.warning(
          "a settlement was not answered",
          metadata: ["hold": "\(settlement.holdID)", "error": "\(error)"])
      }
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, Self.pauseMax)
    }
    return nil
  }

  private func attempt(_ settlement: Settlement) async throws -> Receipt {
    let metadata = try await tokens.metadata()
    var options = CallOptions.defaults
    options.timeout = .seconds(2)
    guard let usage = settlement.usage else {
      var request = Farebox_Accounting_V1_ReleaseHoldRequest()
      request.idempotencyKey = settlement.key
      request.holdID = settlement.holdID
      request.reason = "nothing was delivered"
      let answer = try await client.releaseHold(request, metadata: metadata, options: options)
      return Receipt(
        chargedMicros: 0, usageID: "", availableMicros: answer.balance?.availableMicros ?? 0)
    }
    var request = Farebox_Accounting_V1_SettleHoldRequest()
    request.idempotencyKey = settlement.key
    request.holdID = settlement.holdID
    request.amount = .usage(Farebox_Accounting_V1_TokenUsage(usage))
    request.outcome = Farebox_Accounting_V1_Outcome(settlement.reason)
    let answer = try await client.settleHold(request, metadata: metadata, options: options)
    return Receipt(
      chargedMicros: answer.usage?.chargedMicros ?? 0, usageID: answer.usage?.usageID ?? "",
      availableMicros: answer.balance?.availableMicros ?? 0)
  }

  /// The task's value, or nil when `patience` ran out first. The task goes on either way.
  private func firstOf(_ task: Task<Receipt?, Never>, patience: Duration) async -> Receipt? {
    let (stream, continuation) = AsyncStream<Receipt?>.makeStream()
    let waiter = Task { continuation.yield(await task.value) }
    let timer = Task {
      try? await Task.sleep(for: patience)
      continuation.yield(nil)
    }
    defer {
      waiter.cancel()
      timer.cancel()
    }
    for await first in stream { return first }
    return nil
  }
}

extension Farebox_Accounting_V1_Outcome {
  fileprivate init(_ reason: EndReason) {
    switch reason {
    case .complete: self = .complete
    case .cancelled: self = .cancelled
    case .exhausted: self = .exhausted
    case .unreachable: self = .unreachable
    case .providerError: self = .providerError
    }
  }
}
