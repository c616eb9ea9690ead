import Ledger

// The ledger's answers, in the words of the model.

extension Trial {
  /// Puts an answer into words. `step` names what is new in it; nil when it was answered before.
  mutating func render(_ told: Told, _ step: Int64?) -> String {
    names.render(told.outcome, step, model)
  }
}

extension Names {
  /// Puts an answer into words. `step` names what is new in it; nil when it was answered before.
  mutating func render(
    _ outcome: Result<Answer, Refusal>, _ step: Int64?, _ model: ReferenceModel
  ) -> String {
    switch outcome {
    case .failure(let refusal):
      return "\(RefusalKind(refusal))"
    case .success(let answer):
      if let step { note(answer, step) }
      return render(answer, model)
    }
  }

  private func render(_ answer: Answer, _ model: ReferenceModel) -> String {
    switch answer {
    case .allocated(let answer):
      return "allocated, repaid \(answer.debtRepaidMicros)"
    case .deducted(let answer):
      let usage = answer.usage
      return charged(usage.pins, usage.debtMicros, usage.uncollectedMicros)
    case .alertsSet(let answer):
      return "alerted at \(answer.thresholds.map { "\($0.micros) \($0.isArmed)" })"
    case .allocationAdjusted:
      return "adjusted"
    case .allocationVoided(let answer):
      return "voided \(answer.voidedMicros)"
    case .refunded(let answer):
      let refund = answer.refund
      let lost = refund.expired.totalMicros + refund.voided.totalMicros
      return "refunded \(text(refund.returned)) lost \(lost) forgiven \(refund.debtMicros) "
        + "new \(refund.reissuedMicros)"
    case .holdOpened(let answer):
      let deadline = answer.hold.expiresAt.microseconds
      let word = answer.isFinalSlice ? "finally held" : "held"
      return "\(word) \(text(answer.hold.pins)) until \(deadline)"
    case .holdExtended(let answer):
      return "extended \(text(answer.hold.pins)) until \(answer.hold.expiresAt.microseconds) "
        + "\(answer.isFinalSlice ? "finally" : "more") \(answer.warning)"
    case .holdForced(let answer):
      return "forced \(text(answer.usage?.pins ?? [])) back \(answer.returnedMicros)"
    case .holdSettled(let answer):
      return render(answer, model)
    case .holdReleased(let answer):
      return "released back \(answer.returnedMicros)"
    case .budgetSet:
      return "limited"
    case .pricePut:
      return "priced"
    case .accountStateSet:
      return "set"
    }
  }

  private func render(_ answer: SettleAnswer, _ model: ReferenceModel) -> String {
    let usage = answer.usage
    if usage.isLate {
      return "late " + charged(usage.pins, usage.debtMicros, usage.uncollectedMicros)
    }
    // The model tells apart what the hold paid from what came on top.
    let number = usage.hold.flatMap { holdName[$0] }.flatMap { model.holdNumbers[$0] } ?? 0
    var covered = min(usage.costMicros, model.holds[number].granted)
    var paid: [Pin] = []
    var rest = usage.pins[...]
    while covered > 0, let pin = rest.popFirst() {
      paid.append(pin)
      covered -= pin.amountMicros
    }
    let over = charged(Array(rest), usage.debtMicros, usage.uncollectedMicros)
    return "settled \(text(paid)) back \(answer.returnedMicros), over \(over)"
  }

  private func charged(_ pins: [Pin], _ debt: Int64, _ lost: Int64) -> String {
    "charged \(text(pins)) debt \(debt) lost \(lost)"
  }

  private func text(_ pins: [Pin]) -> [String] {
    pins.map { "\(grantNumber[$0.allocation] ?? -1):\($0.amountMicros)" }
  }
}

extension Answer {
  /// The balance that it shows.
  var balance: Balance? {
    switch self {
    case .allocated(let answer): answer.balance
    case .deducted(let answer): answer.balance
    case .holdOpened(let answer): answer.balance
    case .holdSettled(let answer): answer.balance
    case .holdExtended(let answer): answer.balance
    case .holdReleased(let answer): answer.balance
    case .holdForced(let answer): answer.balance
    case .allocationAdjusted(let answer): answer.balance
    case .allocationVoided(let answer): answer.balance
    case .refunded(let answer): answer.balance
    case .accountStateSet, .pricePut, .budgetSet, .alertsSet: nil
    }
  }

  /// Whose balance that is, by the model.
  func account(_ names: Names, _ model: ReferenceModel) -> String? {
    func owner(_ hold: HoldID) -> String? {
      names.holdName[hold].flatMap { model.holdNumbers[$0] }.map { model.holds[$0].owner }
    }
    return switch self {
    case .allocated(let answer): answer.allocation.terms.account.name
    case .deducted(let answer): answer.usage.account.name
    case .holdOpened(let answer): owner(answer.hold.id)
    case .holdSettled(let answer): answer.usage.hold.flatMap(owner)
    case .holdExtended(let answer): owner(answer.hold.id)
    case .holdReleased(let answer): owner(answer.hold.id)
    case .holdForced(let answer): owner(answer.hold.id)
    case .allocationAdjusted(let answer): answer.allocation.terms.account.name
    case .allocationVoided(let answer): answer.allocation.terms.account.name
    case .refunded(let answer): answer.account.name
    case .accountStateSet, .pricePut, .budgetSet, .alertsSet: nil
    }
  }
}
