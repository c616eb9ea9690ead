import Contracts
import GRPC
import GRPCServices
import Ledger
import Protobuf

typealias AccountingClient = Farebox_Accounting_V1_AccountingService.Client

/// An answer as a caller got it.
struct Spoken {
  let words: String
  let seq: Int64
  let isReplayed: Bool
}

/// The ledger's commands as callers of the contract say them.
enum Contract {
  /// Asks for a command by its RPC, and puts the answer into words.
  static func send(
    _ command: Command, key: String, _ client: AccountingClient, _ caller: Metadata
  ) async throws -> Spoken {
    switch command {
    case .allocateCredits, .adjustAllocation, .voidAllocation, .refundUsage, .putPrice,
      .setBudget, .setBalanceAlerts, .setAccountState:
      return try await administer(command, key, client, caller)
    case .deductCredits(let command):
      let answer = try await client.deductCredits(request(command, key), metadata: caller)
      return Spoken(
        words: Words.charge(answer), seq: answer.asOfSeq, isReplayed: answer.replayed)
    case .recordUsage(let command):
      return try await record([(command, key)], client, caller)[0].get()
    case .openHold(let command):
      let answer = try await client.openHold(request(command, key), metadata: caller)
      let words = [
        Words.hold(answer.hold), "final \(answer.finalSlice)", Words.optional(answer.grantedTokens),
        Words.balance(answer.balance),
      ]
      return Spoken(words, answer.asOfSeq, answer.replayed)
    case .settleHold(let command):
      let answer = try await client.settleHold(request(command, key), metadata: caller)
      let words = [
        Words.usage(answer.usage), "back \(answer.returnedMicros)", Words.balance(answer.balance),
      ]
      return Spoken(words, answer.asOfSeq, answer.replayed)
    case .extendHold(let command):
      let answer = try await client.extendHold(request(command, key), metadata: caller)
      let words = [
        Words.hold(answer.hold), "final \(answer.finalSlice)", Words.optional(answer.grantedTokens),
        Words.balance(answer.balance),
      ]
      return Spoken(words, answer.asOfSeq, answer.replayed)
    case .releaseHold(let command):
      var request = Farebox_Accounting_V1_ReleaseHoldRequest()
      (request.idempotencyKey, request.holdID) = (key, command.hold.description)
      request.reason = command.reason
      let answer = try await client.releaseHold(request, metadata: caller)
      let words = [
        Words.hold(answer.hold), "back \(answer.returnedMicros)", Words.balance(answer.balance),
      ]
      return Spoken(words, answer.asOfSeq, answer.replayed)
    case .forceRelease(let command):
      var request = Farebox_Accounting_V1_ForceReleaseRequest()
      (request.idempotencyKey, request.holdID) = (key, command.hold.description)
      request.reason = command.reason
      let answer = try await client.forceRelease(request, metadata: caller)
      let words = [
        Words.hold(answer.hold), "back \(answer.returnedMicros)",
        answer.usage.map { Words.usage($0) } ?? "no charge", Words.balance(answer.balance),
      ]
      return Spoken(words, answer.asOfSeq, answer.replayed)
    }
  }

  /// Asks for a batch of charges; one result per item.
  static func record(
    _ items: [(DeductCredits, String)], _ client: AccountingClient, _ caller: Metadata
  ) async throws -> [Result<Spoken, RefusedItem>] {
    var batch = Farebox_Accounting_V1_RecordUsageRequest()
    batch.items = items.map { request($0, $1) }
    let answer = try await client.recordUsage(batch, metadata: caller)
    return answer.results.map { result in
      switch result.outcome {
      case .charged(let answer):
        .success(
          Spoken(words: Words.charge(answer), seq: answer.asOfSeq, isReplayed: answer.replayed))
      case .refused(let refusal): .failure(RefusedItem(refusal))
      case nil: .failure(RefusedItem(.init()))
      }
    }
  }

  // MARK: Administration

  private static func administer(
    _ command: Command, _ key: String, _ client: AccountingClient, _ caller: Metadata
  ) async throws -> Spoken {
    switch command {
    case .allocateCredits(let command):
      let answer = try await client.allocateCredits(request(command, key), metadata: caller)
      let words = [
        Words.allocation(answer.allocation), "repaid \(answer.debtRepaidMicros)",
        Words.balance(answer.balance),
      ]
      return Spoken(words, answer.asOfSeq, answer.replayed)
    case .adjustAllocation(let command):
      let answer = try await client.adjustAllocation(request(command, key), metadata: caller)
      let words = [Words.allocation(answer.allocation), Words.balance(answer.balance)]
      return Spoken(words, answer.asOfSeq, answer.replayed)
    case .voidAllocation(let command):
      var request = Farebox_Accounting_V1_VoidAllocationRequest()
      (request.idempotencyKey, request.allocationID) = (key, command.allocation.description)
      request.reason = command.reason
      let answer = try await client.voidAllocation(request, metadata: caller)
      let words = [
        Words.allocation(answer.allocation), "void \(answer.voidedMicros)",
        Words.balance(answer.balance),
      ]
      return Spoken(words, answer.asOfSeq, answer.replayed)
    case .refundUsage(let command):
      let answer = try await client.refundUsage(request(command, key), metadata: caller)
      let words = [
        "refunded \(answer.refundedMicros) of \(answer.totalRefundedMicros)",
        Words.pins(answer.returned), "lost \(answer.expiredMicros) \(answer.voidedMicros)",
        "debt \(answer.debtMicros)", "new \(answer.newAllocations.map(\.allocationID))",
        Words.balance(answer.balance),
      ]
      return Spoken(words, answer.asOfSeq, answer.replayed)
    case .putPrice(let command):
      let answer = try await client.putPrice(request(command, key), metadata: caller)
      return Spoken([Words.price(answer.price)], answer.asOfSeq, answer.replayed)
    case .setBudget(let command):
      let answer = try await client.setBudget(request(command, key), metadata: caller)
      return Spoken([Words.budget(answer.budget)], answer.asOfSeq, answer.replayed)
    case .setBalanceAlerts(let command):
      var request = Farebox_Accounting_V1_SetBalanceAlertsRequest()
      (request.idempotencyKey, request.accountID) = (key, command.account.name)
      request.thresholdMicros = command.thresholdsMicros
      request.expiryLeads = command.leads.map(Said.duration)
      let answer = try await client.setBalanceAlerts(request, metadata: caller)
      let levels = answer.thresholds.map { "\($0.thresholdMicros) \($0.armed)" }
      let words = ["alerts \(levels)", Words.balance(answer.balance)]
      return Spoken(words, answer.asOfSeq, answer.replayed)
    case .setAccountState(let command):
      var request = Farebox_Accounting_V1_SetAccountStateRequest()
      (request.idempotencyKey, request.accountID) = (key, command.account.name)
      request.state = Said.state(command.state)
      request.overdraftLimitMicros = command.overdraftLimitMicros
      let answer = try await client.setAccountState(request, metadata: caller)
      let words = [
        "\(answer.state) limit \(answer.overdraftLimitMicros)", Words.balance(answer.balance),
      ]
      return Spoken(words, answer.asOfSeq, answer.replayed)
    default: preconditionFailure("not a command of administrators")
    }
  }
}

/// A refused item of a batch.
struct RefusedItem: Error {
  let words: String
  /// Whether asking again may help.
  let isPassing: Bool

  init(_ refusal: Farebox_Accounting_V1_UsageRefusal) {
    let code = Status.Code(rawValue: Int(refusal.code)) ?? .unknown
    words = Words.refusal(code, refusal.reason, refusal.field)
    isPassing = Words.isPassing(code, refusal.reason)
  }
}

extension Spoken {
  init(_ words: [String], _ seq: Int64, _ isReplayed: Bool) {
    self.init(words: words.joined(separator: ", "), seq: seq, isReplayed: isReplayed)
  }
}
