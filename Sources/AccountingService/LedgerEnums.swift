import Contracts
import GRPC
import GRPCServices
import Ledger

// Closed enums of the ledger and open enums of the contracts. A value that this version does not
// know is refused by name: taking it for something else could charge the wrong party.

extension Farebox_Accounting_V1_Outcome {
  init(_ outcome: Ledger.Outcome) {
    switch outcome {
    case .unspecified: self = .unspecified
    case .complete: self = .complete
    case .cancelled: self = .cancelled
    case .exhausted: self = .exhausted
    case .unreachable: self = .unreachable
    case .providerError: self = .providerError
    }
  }

  /// The ledger's outcome; throws for a value that this version does not know.
  func checked() throws(RPCError) -> Ledger.Outcome {
    switch self {
    case .unspecified: .unspecified
    case .complete: .complete
    case .cancelled: .cancelled
    case .exhausted: .exhausted
    case .unreachable: .unreachable
    case .providerError: .providerError
    case .UNRECOGNIZED(let value):
      throw .invalidArgument(field: "outcome", description: "\(value) is not an outcome")
    }
  }
}

extension Farebox_Accounting_V1_OverPolicy {
  /// The ledger's policy, COVER when left out; throws for a value that this version does not know.
  func checked() throws(RPCError) -> Ledger.OverPolicy {
    switch self {
    case .unspecified, .cover: .cover
    case .cap: .cap
    case .reject: .reject
    case .UNRECOGNIZED(let value):
      throw .invalidArgument(field: "over_policy", description: "\(value) is not a policy")
    }
  }
}

extension Farebox_Accounting_V1_AllocationClass {
  /// The ledger's class, PAID when left out; throws for a value that this version does not know.
  func checked() throws(RPCError) -> Ledger.AllocationClass {
    switch self {
    case .unspecified, .paid: .paid
    case .promo: .promo
    case .adjust: .adjust
    case .UNRECOGNIZED(let value):
      throw .invalidArgument(field: "class", description: "\(value) is not a class")
    }
  }
}

extension Farebox_Accounting_V1_AccountState {
  init(_ state: Ledger.AccountState) {
    switch state {
    case .active: self = .active
    case .frozen: self = .frozen
    case .closed: self = .closed
    }
  }

  /// The ledger's state, nil when left out; throws for a value that this version does not know.
  func checked() throws(RPCError) -> Ledger.AccountState? {
    switch self {
    case .unspecified: nil
    case .active: .active
    case .frozen: .frozen
    case .closed: .closed
    case .UNRECOGNIZED(let value):
      throw .invalidArgument(field: "state", description: "\(value) is not an account's state")
    }
  }
}

extension Farebox_Accounting_V1_HoldState {
  /// The ledger's state, nil when left out; throws for a value that this version does not know.
  func checked() throws(RPCError) -> Ledger.HoldState? {
    switch self {
    case .unspecified: nil
    case .open: .open
    case .settled: .settled
    case .released: .released
    case .expired: .expired
    case .UNRECOGNIZED(let value):
      throw .invalidArgument(field: "state", description: "\(value) is not a hold's state")
    }
  }
}

extension Farebox_Accounting_V1_CreditWarning {
  init(_ warning: Ledger.CreditWarning) {
    switch warning {
    case .none: self = .unspecified
    case .low: self = .low
    case .critical: self = .critical
    }
  }
}

extension Farebox_Accounting_V1_Decision {
  init(_ decision: CheckDecision) {
    switch decision {
    case .unspecified: self = .unspecified
    case .sufficient: self = .sufficient
    case .insufficient: self = .insufficient
    case .held: self = .held
    case .noAccount: self = .noAccount
    case .accountFrozen: self = .accountFrozen
    case .accountClosed: self = .accountClosed
    case .unknownModel: self = .unknownModel
    case .inDebt: self = .inDebt
    case .budgetExceeded: self = .budgetExceeded
    }
  }
}
