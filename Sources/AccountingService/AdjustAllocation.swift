import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI {
  /// Changes an allocation's terms. See the contract for effect and refusals.
  public func adjustAllocation(
    request: Farebox_Accounting_V1_AdjustAllocationRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_AdjustAllocationResponse {
    let command = try Ledger.AdjustAllocation(request)
    let attempt = try self.attempt(request.idempotencyKey, context)
    let outcome = await ledger.adjustAllocation(command, by: attempt)
    let receipt = try outcome.orThrow(account: nil)
    var answer = Farebox_Accounting_V1_AdjustAllocationResponse()
    answer.allocation = Farebox_Accounting_V1_Allocation(receipt.value.allocation)
    answer.balance = Farebox_Accounting_V1_Balance(
      receipt.value.balance, of: receipt.value.allocation.terms.account)
    answer.asOfSeq = receipt.asOfSeq
    answer.replayed = receipt.isReplayed
    return answer
  }

  /// Takes back what is left of an allocation. See the contract for effect and refusals.
  public func voidAllocation(
    request: Farebox_Accounting_V1_VoidAllocationRequest, context: ServerContext
  ) async throws -> Farebox_Accounting_V1_VoidAllocationResponse {
    let command = Ledger.VoidAllocation(
      allocation: try AllocationID(named: request.allocationID), reason: request.reason)
    let attempt = try self.attempt(request.idempotencyKey, context)
    let outcome = await ledger.voidAllocation(command, by: attempt)
    let receipt = try outcome.orThrow(account: nil)
    var answer = Farebox_Accounting_V1_VoidAllocationResponse()
    answer.allocation = Farebox_Accounting_V1_Allocation(receipt.value.allocation)
    answer.voidedMicros = receipt.value.voidedMicros
    answer.balance = Farebox_Accounting_V1_Balance(
      receipt.value.balance, of: receipt.value.allocation.terms.account)
    answer.asOfSeq = receipt.asOfSeq
    answer.replayed = receipt.isReplayed
    return answer
  }
}

extension Ledger.AdjustAllocation {
  fileprivate init(_ request: Farebox_Accounting_V1_AdjustAllocationRequest) throws(RPCError) {
    let expiry: Expiry?
    switch request.expiry {
    case nil: expiry = nil
    case .expiresAt(let timestamp):
      expiry = try Instant.time(timestamp, field: "expires_at").map(Expiry.at)
    case .neverExpires(let isMeant):
      guard isMeant else {
        throw .invalidArgument(field: "never_expires", description: "must be true when it is there")
      }
      expiry = .never
    }
    var priority: UInt8?
    if let asked = request.priority {
      priority = UInt8(exactly: asked)
      guard priority != nil else {
        throw .invalidArgument(field: "priority", description: "must be 0 to 255")
      }
    }
    self.init(
      allocation: try AllocationID(named: request.allocationID), expiry: expiry,
      priority: priority, reason: request.reason)
  }
}

extension AllocationID {
  /// Reads the id of an allocation; throws naming the field when it cannot be one.
  fileprivate init(named text: String) throws(RPCError) {
    guard let id = AllocationID(text) else {
      throw .invalidArgument(field: "allocation_id", description: "is not the id of an allocation")
    }
    self = id
  }
}
