/// What a command came to.
typealias CommandOutcome = Result<Answer, Refusal>

extension CommandOutcome {
  /// Writes the stored form that a later attempt with the same key is answered from, without what
  /// `change` says already: the change that is stored with it, or nil when it is to stand alone.
  func write(to writer: inout ByteWriter, of change: Change?) {
    switch self {
    case .success(let answer):
      if let subject = change?.answerSubject, answer.isAbout(subject) {
        writer.byte(7)
        answer.write(to: &writer, withSubject: false)
      } else {
        writer.byte(5)
        answer.write(to: &writer, withSubject: true)
      }
    case .failure(let refusal):
      writer.byte(6)
      refusal.write(to: &writer)
    }
  }

  /// Reads what was written beside `change`.
  init(storedOutcome bytes: [UInt8], of change: Change?) throws(CorruptionError) {
    var reader = ByteReader(bytes)
    let kind = try reader.byte()
    // Two for each version: 1 and 2 are those of the first.
    reader.version = kind / 2 + kind % 2
    switch kind {
    case 1, 3, 5: self = .success(try Answer(from: &reader))
    case 7:
      guard let subject = change?.answerSubject else {
        throw CorruptionError("an answer about what its entry does not say")
      }
      let answer = try Answer(from: &reader, about: subject)
      guard answer.isAbout(subject) else { throw CorruptionError("an answer about nothing") }
      self = .success(answer)
    case 2, 4, 6: self = .failure(try Refusal(from: &reader))
    default: throw CorruptionError("an unknown kind of outcome")
    }
    try reader.finish()
  }
}

extension StoredReply {
  /// Reads what was asked and what it was answered, as the journal keeps both.
  package func decoded() throws(CorruptionError) -> (Command, Result<Answer, Refusal>) {
    (try Command(storedBody: command), try outcome.decoded())
  }
}

extension Balance: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      availableMicros: try reader.integer(), heldMicros: try reader.integer(),
      debtMicros: try reader.integer())
  }
  func write(to writer: inout ByteWriter) {
    writer.integer(availableMicros)
    writer.integer(heldMicros)
    writer.integer(debtMicros)
  }
}

extension CheckAnswer: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      decision: try reader.value(), requiredMicros: try reader.integer(),
      availableMicros: try reader.integer(), heldMicros: try reader.integer(),
      shortfallMicros: try reader.integer(), maxAffordableTokens: try reader.optional(),
      soonestRelease: try reader.optional(),
      budget: reader.version >= 3 ? try reader.optional() : nil)
  }
  func write(to writer: inout ByteWriter) {
    writer.value(decision)
    writer.integer(requiredMicros)
    writer.integer(availableMicros)
    writer.integer(heldMicros)
    writer.integer(shortfallMicros)
    writer.optional(maxAffordableTokens)
    writer.optional(soonestRelease)
    writer.optional(budget)
  }
}

extension SetAccountStateAnswer: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      state: try reader.value(), overdraftLimitMicros: try reader.integer(),
      balance: try reader.value())
  }
  func write(to writer: inout ByteWriter) {
    writer.value(state)
    writer.integer(overdraftLimitMicros)
    writer.value(balance)
  }
}

extension ByteReader {
  /// The hold of an answer: the subject, or what was written where there is none.
  fileprivate mutating func hold(_ subject: AnswerSubject?) throws(CorruptionError) -> Hold {
    switch subject {
    case nil: try value()
    case .hold(let hold): hold
    case .usage: throw CorruptionError("an answer about a charge in place of a hold")
    }
  }

  /// The charge of an answer, likewise.
  fileprivate mutating func usage(
    _ subject: AnswerSubject?
  ) throws(CorruptionError) -> UsageRecord {
    switch subject {
    case nil: try value()
    case .usage(let usage): usage
    case .hold: throw CorruptionError("an answer about a hold in place of a charge")
    }
  }
}

extension Answer {
  fileprivate init(
    from reader: inout ByteReader, about subject: AnswerSubject? = nil
  ) throws(CorruptionError) {
    switch try reader.value(Command.Kind.self) {
    case .allocateCredits:
      let terms = try AllocationTerms(from: &reader)
      let balance = try reader.value(Balance.self)
      let repaid = try reader.integer()
      var allocation = Allocation(terms: terms)
      allocation.availableMicros -= repaid
      allocation.spentMicros += repaid
      self = .allocated(
        AllocateAnswer(allocation: allocation, balance: balance, debtRepaidMicros: repaid))
    case .deductCredits, .recordUsage:
      self = .deducted(
        DeductAnswer(usage: try reader.usage(subject), balance: try reader.value()))
    case .openHold:
      self = .holdOpened(
        OpenHoldAnswer(
          hold: try reader.hold(subject), expiresIn: try reader.value(),
          grantedTokens: try reader.optional(),
          isFinalSlice: reader.version >= 2 ? try reader.value() : false,
          balance: try reader.value()))
    case .settleHold:
      self = .holdSettled(
        SettleAnswer(
          usage: try reader.usage(subject), returnedMicros: try reader.integer(),
          balance: try reader.value()))
    case .extendHold:
      self = .holdExtended(
        ExtendHoldAnswer(
          hold: try reader.value(), isFinalSlice: try reader.value(),
          warning: try reader.value(), expiresIn: try reader.value(),
          balance: try reader.value()))
    case .forceRelease:
      self = .holdForced(
        ForceReleaseAnswer(
          hold: try reader.value(), usage: try reader.optional(),
          returnedMicros: try reader.integer(), balance: try reader.value()))
    case .releaseHold:
      self = .holdReleased(
        ReleaseAnswer(
          hold: try reader.value(), returnedMicros: try reader.integer(),
          balance: try reader.value()))
    case .adjustAllocation:
      self = .allocationAdjusted(
        AdjustAnswer(allocation: try reader.value(), balance: try reader.value()))
    case .voidAllocation:
      self = .allocationVoided(
        VoidAnswer(
          allocation: try reader.value(), voidedMicros: try reader.integer(),
          balance: try reader.value()))
    case .refundUsage:
      self = .refunded(
        RefundAnswer(
          account: try reader.value(), refund: try reader.value(), grants: try reader.list(),
          balance: try reader.value()))
    case .putPrice:
      self = .pricePut(PutPriceAnswer(price: try reader.value()))
    case .setBudget:
      self = .budgetSet(SetBudgetAnswer(status: try reader.value()))
    case .setBalanceAlerts:
      self = .alertsSet(try reader.value())
    case .setAccountState:
      self = .accountStateSet(try reader.value())
    }
  }

  fileprivate func write(to writer: inout ByteWriter, withSubject: Bool) {
    switch self {
    case .allocated(let answer):
      writer.value(Command.Kind.allocateCredits)
      answer.allocation.terms.write(to: &writer)
      writer.value(answer.balance)
      writer.integer(answer.debtRepaidMicros)
    case .deducted(let answer):
      writer.value(Command.Kind.deductCredits)
      if withSubject { writer.value(answer.usage) }
      writer.value(answer.balance)
    case .holdOpened(let answer):
      writer.value(Command.Kind.openHold)
      if withSubject { writer.value(answer.hold) }
      writer.value(answer.expiresIn)
      writer.optional(answer.grantedTokens)
      writer.value(answer.isFinalSlice)
      writer.value(answer.balance)
    case .holdSettled(let answer):
      writer.value(Command.Kind.settleHold)
      if withSubject { writer.value(answer.usage) }
      writer.integer(answer.returnedMicros)
      writer.value(answer.balance)
    case .holdExtended(let answer):
      writer.value(Command.Kind.extendHold)
      writer.value(answer.hold)
      writer.value(answer.isFinalSlice)
      writer.value(answer.warning)
      writer.value(answer.expiresIn)
      writer.value(answer.balance)
    case .holdForced(let answer):
      writer.value(Command.Kind.forceRelease)
      writer.value(answer.hold)
      writer.optional(answer.usage)
      writer.integer(answer.returnedMicros)
      writer.value(answer.balance)
    case .holdReleased(let answer):
      writer.value(Command.Kind.releaseHold)
      writer.value(answer.hold)
      writer.integer(answer.returnedMicros)
      writer.value(answer.balance)
    case .allocationAdjusted(let answer):
      writer.value(Command.Kind.adjustAllocation)
      writer.value(answer.allocation)
      writer.value(answer.balance)
    case .allocationVoided(let answer):
      writer.value(Command.Kind.voidAllocation)
      writer.value(answer.allocation)
      writer.integer(answer.voidedMicros)
      writer.value(answer.balance)
    case .refunded(let answer):
      writer.value(Command.Kind.refundUsage)
      writer.value(answer.account)
      writer.value(answer.refund)
      writer.list(answer.grants)
      writer.value(answer.balance)
    case .pricePut(let answer):
      writer.value(Command.Kind.putPrice)
      writer.value(answer.price)
    case .budgetSet(let answer):
      writer.value(Command.Kind.setBudget)
      writer.value(answer.status)
    case .alertsSet(let answer):
      writer.value(Command.Kind.setBalanceAlerts)
      writer.value(answer)
    case .accountStateSet(let answer):
      writer.value(Command.Kind.setAccountState)
      writer.value(answer)
    }
  }
}
