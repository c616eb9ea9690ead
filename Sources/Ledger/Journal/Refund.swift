/// What a refund gave back, and to where.
public struct Refund: Sendable {
  public let usage: UsageID
  /// All of it, in micro-credits: the sum of the parts below.
  public let amountMicros: Int64
  /// What was refunded of the usage by now, this refund included, in micro-credits.
  public let totalMicros: Int64
  /// Debt that the charge had made and that is taken back, in micro-credits.
  public let debtMicros: Int64
  /// Given back to grants that are live.
  public let returned: [Pin]
  /// Lost with grants that have expired.
  public let expired: [Pin]
  /// Lost with grants that were taken back.
  public let voided: [Pin]
  /// Granted anew by the entries that follow, in micro-credits.
  public let reissuedMicros: Int64
  /// The allocations as they stand after it, each that got something back or lost it.
  public let allocations: [Allocation]
  /// Why, for operators.
  public let reason: String
}

extension Refund: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      usage: try reader.value(), amountMicros: try reader.amount(),
      totalMicros: try reader.amount(), debtMicros: try reader.amount(),
      returned: try reader.pins(), expired: try reader.pins(), voided: try reader.pins(),
      reissuedMicros: try reader.amount(), allocations: try reader.list(),
      reason: try reader.value())
  }
  func write(to writer: inout ByteWriter) {
    writer.value(usage)
    writer.integer(amountMicros)
    writer.integer(totalMicros)
    writer.integer(debtMicros)
    writer.list(returned)
    writer.list(expired)
    writer.list(voided)
    writer.integer(reissuedMicros)
    writer.list(allocations)
    writer.value(reason)
  }
}

extension Allocation: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    let terms = try AllocationTerms(from: &reader)
    let parts = [
      try reader.amount(), try reader.amount(), try reader.amount(), try reader.amount(),
      try reader.amount(),
    ]
    // Five amounts within the limits: their sum fits.
    guard parts.reduce(0, +) == terms.amountMicros else {
      throw CorruptionError("an allocation whose parts do not add up")
    }
    self.init(
      terms: terms, availableMicros: parts[0], heldMicros: parts[1], spentMicros: parts[2],
      expiredMicros: parts[3], voidedMicros: parts[4], isVoided: try reader.value())
  }
  func write(to writer: inout ByteWriter) {
    terms.write(to: &writer)
    for part in [availableMicros, heldMicros, spentMicros, expiredMicros, voidedMicros] {
      writer.integer(part)
    }
    writer.value(isVoided)
  }
}
