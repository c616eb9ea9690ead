// What administrators do to allocations and charges, in the audit's books.

extension AuditPage {
  mutating func adjust(_ terms: AllocationTerms) throws(LedgerBreak) {
    guard var grant = account.grants[terms.id], grant.terms.amountMicros == terms.amountMicros,
      terms.account == id
    else {
      throw broken(.grantParts, "allocation \(terms.id) terms", "the same amount", "another")
    }
    if terms.expiresAt != grant.terms.expiresAt { account.told[terms.id] = nil }
    grant.terms = terms
    account.grants[terms.id] = grant
  }

  mutating func void(_ id: AllocationID, _ amount: Int64) throws(LedgerBreak) {
    guard let grant = account.grants[id], grant.available == amount else {
      throw broken(
        .grantParts, "allocation \(id) voided_micros", "\(account.grants[id]?.available ?? 0)",
        "\(amount)")
    }
    if amount > 0 {
      try move(Pin(allocation: id, amountMicros: amount), from: \.available, to: \.voided)
    }
    account.grants[id]?.isVoided = true
  }

  /// I11: refunds of a charge are within it, and go where the entry says.
  mutating func refund(_ refund: Refund) throws(LedgerBreak) {
    guard var charge = account.charges[refund.usage] else {
      throw broken(.refundWithinCharge, "usage \(refund.usage)", "a charge of \(id)", "none")
    }
    charge.refunded += refund.amountMicros
    guard charge.refunded <= charge.charged, charge.refunded == refund.totalMicros else {
      throw broken(
        .refundWithinCharge, "usage \(refund.usage) refunded_micros",
        "\(refund.totalMicros), at most \(charge.charged)", "\(charge.refunded)")
    }
    account.charges[refund.usage] = charge
    for pin in refund.returned { try move(pin, from: \.spent, to: \.available) }
    for pin in refund.expired { try move(pin, from: \.spent, to: \.expired) }
    for pin in refund.voided { try move(pin, from: \.spent, to: \.voided) }
    account.debt -= refund.debtMicros
    try requireDebtNotNegative()
  }
}
