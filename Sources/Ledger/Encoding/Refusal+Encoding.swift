extension Refusal {
  /// Whether the refusal is remembered for the key of its command.
  ///
  /// True for what was decided on the ledger's state; such a refusal stays, also when the state
  /// changes, so that a retry never turns it into a charge.
  public var isSticky: Bool {
    switch self {
    case .ledgerStopped, .storageFull, .storageFailed, .ledgerOverloaded, .deadlinePassed,
      .invalidArgument, .idempotencyMismatch, .answerNotKept, .outcomeUnknown:
      false
    default:
      true
    }
  }

  func write(to writer: inout ByteWriter) {
    precondition(isSticky, "a refusal that is not stored")
    writer.byte(storedCode)
    switch self {
    case .holdEnded(let state):
      writer.value(state)
    case .overGranted(let cost, let granted):
      writer.integer(cost)
      writer.integer(granted)
    case .overRefund(let refundable):
      writer.integer(refundable)
    case .inDebt(let check), .insufficientCredits(let check), .budgetExceeded(let check):
      writer.value(check)
    default:
      break
    }
  }

  init(from reader: inout ByteReader) throws(CorruptionError) {
    let code = try reader.byte()
    switch code {
    case 5:
      self = .holdEnded(try reader.value())
    case 14:
      self = .overGranted(
        costMicros: try reader.integer(), grantedMicros: try reader.integer())
    case 21:
      self = .budgetExceeded(try reader.value())
    case 20:
      self = .overRefund(refundableMicros: try reader.integer())
    case 15:
      self = .inDebt(try reader.value())
    case 16:
      self = .insufficientCredits(try reader.value())
    default:
      guard let plain = Self.plain.first(where: { $0.storedCode == code }) else {
        throw CorruptionError("an unknown refusal")
      }
      self = plain
    }
  }

  /// Stored; never renumber.
  private var storedCode: UInt8 {
    switch self {
    case .ledgerStopped, .storageFull, .storageFailed, .ledgerOverloaded, .deadlinePassed,
      .invalidArgument, .idempotencyMismatch, .answerNotKept, .outcomeUnknown:
      0
    case .expiresInThePast: 1
    case .eventTimeOutOfRange: 2
    case .noAccount: 3
    case .holdNotFound: 4
    case .holdEnded: 5
    case .accountClosed: 6
    case .accountFrozen: 7
    case .modelMismatch: 8
    case .unknownModel: 9
    case .costOverflow: 10
    case .balanceOverflow: 11
    case .tooManyAllocations: 12
    case .tooManyHolds: 13
    case .overGranted: 14
    case .inDebt: 15
    case .insufficientCredits: 16
    case .allocationNotFound: 17
    case .allocationEnded: 18
    case .usageNotFound: 19
    case .overRefund: 20
    case .budgetExceeded: 21
    case .budgetNotFound: 22
    case .tooManyBudgets: 23
    }
  }

  private static let plain: [Refusal] = [
    .expiresInThePast, .eventTimeOutOfRange, .noAccount, .holdNotFound, .accountClosed,
    .accountFrozen, .modelMismatch, .unknownModel, .costOverflow, .balanceOverflow,
    .tooManyAllocations, .tooManyHolds, .allocationNotFound, .allocationEnded, .usageNotFound,
    .budgetNotFound, .tooManyBudgets,
  ]
}
