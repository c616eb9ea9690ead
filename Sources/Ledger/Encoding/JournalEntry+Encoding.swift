extension JournalEntry {
  /// The version of the stored form that is written; older ones are read.
  private static let formatVersion = ByteReader.currentVersion

  /// The stored form of all but seq, time and account, which have columns of their own.
  ///
  /// ```
  /// version 5 | change kind | change | actor | reply?: key, command, entry count, outcome
  /// version 4 | the same, but the outcome repeats what it has in common with the change
  /// before    | change kind | change | actor | reply?: key, hash of the command, outcome
  /// ```
  public func payload() -> [UInt8] {
    ByteWriter.bytes { writer in
      writeFacts(to: &writer)
      guard let reply else { return }
      ByteWriter.lend { reply.outcome.write(to: &$0, of: change) } to: { writer.raw($0) }
    }
  }

  /// The same with an outcome that stands alone: equal for entries of all versions that say the
  /// same. Throws when the outcome is damaged.
  func contents() throws(CorruptionError) -> [UInt8] {
    let outcome = try reply?.outcome.decoded()
    return ByteWriter.bytes { writer in
      writeFacts(to: &writer)
      outcome?.write(to: &writer, of: nil)
    }
  }

  /// Writes all but the outcome, which is the last part.
  private func writeFacts(to writer: inout ByteWriter) {
    writer.byte(Self.formatVersion)
    writer.value(change.kind)
    change.write(to: &writer)
    writer.value(actor)
    if let reply {
      writer.byte(1)
      writer.value(reply.key)
      writer.raw(reply.command)
      if let body = reply.body { writer.value(body) }
      writer.integer(Int64(reply.entryCount))
    } else {
      writer.byte(0)
    }
  }

  /// Reads a stored entry.
  public init(seq: Int64, time: LedgerTime, account: AccountID?, payload: [UInt8])
    throws(CorruptionError)
  {
    var reader = ByteReader(payload)
    let version = try reader.byte()
    guard (1...Self.formatVersion).contains(version) else {
      throw CorruptionError("a journal entry of an unknown version")
    }
    reader.version = version
    guard seq > 0 else { throw CorruptionError("a journal entry before the first") }
    let change = try Change(from: &reader)
    let actor = try reader.value(String.self)
    var reply: StoredReply?
    if try reader.value(Bool.self) {
      reply = try Self.reply(from: &reader, seq, change)
    }
    try reader.finish()
    self.init(
      seq: seq, time: time, account: account, actor: actor, change: change, reply: reply)
  }

  private static func reply(
    from reader: inout ByteReader, _ seq: Int64, _ change: Change
  ) throws(CorruptionError) -> StoredReply {
    let key = try reader.value(Digest.self)
    guard reader.version >= 4 else {
      return StoredReply(
        key: key, body: try reader.value(), outcome: .stored(try reader.raw(), of: change),
        seq: seq)
    }
    let command = try reader.raw()
    // Empty when a reply of an older version is written again.
    let body = command.isEmpty ? try reader.value(Digest.self) : nil
    let count = try reader.integer()
    guard (0...seq).contains(count) else {
      throw CorruptionError("a command with more entries than there are")
    }
    return StoredReply(
      key: key, body: body, outcome: .stored(try reader.raw(), of: change), seq: seq,
      command: command, entryCount: Int(count))
  }
}

extension Change {
  fileprivate init(from reader: inout ByteReader) throws(CorruptionError) {
    switch try reader.value(Kind.self) {
    case .allocated:
      self = .allocated(try AllocationTerms(from: &reader))
    case .debtRepaid:
      self = .debtRepaid(pins: try reader.pins())
    case .charged:
      self = .charged(Charged(usage: try reader.value()))
    case .holdOpened:
      self = .holdOpened(try reader.value())
    case .holdExtended:
      self = .holdExtended(
        HoldExtension(
          hold: try reader.value(), pins: try reader.pins(), expiresAt: try reader.value(),
          reportedMicros: try reader.amount(), reportedUsage: try reader.optional()))
    case .holdEnded:
      self = .holdEnded(
        HoldEnd(
          hold: try reader.value(), state: try reader.value(), endedAt: try reader.value(),
          spent: try reader.pins(), returned: try reader.pins(), expired: try reader.pins(),
          usage: try reader.optional(), reason: try reader.value()))
    case .overCharged:
      self = .overCharged(
        OverCharge(
          usage: try reader.value(), pins: try reader.pins(), debtMicros: try reader.amount(),
          uncollectedMicros: try reader.amount()))
    case .allocationExpired:
      self = .allocationExpired(try reader.value(), amountMicros: try reader.amount())
    case .allocationAdjusted:
      self = .allocationAdjusted(
        try AllocationTerms(from: &reader), reason: try reader.value())
    case .allocationVoided:
      self = .allocationVoided(
        try reader.value(), amountMicros: try reader.amount(), reason: try reader.value())
    case .refunded:
      self = .refunded(try reader.value())
    case .pricePut:
      self = .pricePut(try reader.value())
    case .budgetSet:
      self = .budgetSet(try reader.value())
    case .budgetPeriodBegan:
      let id = try reader.value(BudgetID.self)
      let start = try reader.value(LedgerTime.self)
      let end = try reader.value(LedgerTime.self)
      guard start < end else { throw CorruptionError("a period that ends before it begins") }
      self = .budgetPeriodBegan(id, start..<end)
    case .alertsSet:
      self = .alertsSet(
        try reader.list(), leads: try reader.list(), at: try reader.value())
    case .balanceFell:
      self = .balanceFell(try reader.value())
    case .balanceRose:
      self = .balanceRose(try reader.value())
    case .expiryNoticed:
      self = .expiryNoticed(try reader.value())
    case .accountStateSet:
      self = .accountStateSet(
        try reader.value(), overdraftLimitMicros: try reader.integer())
    case .refused:
      self = .refused(try reader.value())
    }
  }

  fileprivate func write(to writer: inout ByteWriter) {
    switch self {
    case .allocated(let terms):
      terms.write(to: &writer)
    case .debtRepaid(let pins):
      writer.list(pins)
    case .charged(let charged):
      writer.value(charged.usage)
    case .holdOpened(let hold):
      writer.value(hold)
    case .holdExtended(let slice):
      writer.value(slice.hold)
      writer.list(slice.pins)
      writer.value(slice.expiresAt)
      writer.integer(slice.reportedMicros)
      writer.optional(slice.reportedUsage)
    case .holdEnded(let end):
      writer.value(end.hold)
      writer.value(end.state)
      writer.value(end.endedAt)
      writer.list(end.spent)
      writer.list(end.returned)
      writer.list(end.expired)
      writer.optional(end.usage)
      writer.value(end.reason)
    case .overCharged(let over):
      writer.value(over.usage)
      writer.list(over.pins)
      writer.integer(over.debtMicros)
      writer.integer(over.uncollectedMicros)
    case .allocationExpired(let allocation, let amount):
      writer.value(allocation)
      writer.integer(amount)
    case .allocationAdjusted(let terms, let reason):
      terms.write(to: &writer)
      writer.value(reason)
    case .allocationVoided(let allocation, let amount, let reason):
      writer.value(allocation)
      writer.integer(amount)
      writer.value(reason)
    case .refunded(let refund):
      writer.value(refund)
    case .pricePut(let price):
      writer.value(price)
    case .budgetSet(let terms):
      writer.value(terms)
    case .budgetPeriodBegan(let id, let period):
      writer.value(id)
      writer.value(period.lowerBound)
      writer.value(period.upperBound)
    case .alertsSet(let thresholds, let leads, let time):
      writer.list(thresholds)
      writer.list(leads)
      writer.value(time)
    case .balanceFell(let fall):
      writer.value(fall)
    case .balanceRose(let rise):
      writer.value(rise)
    case .expiryNoticed(let notice):
      writer.value(notice)
    case .accountStateSet(let state, let limit):
      writer.value(state)
      writer.integer(limit)
    case .refused(let kind):
      writer.value(kind)
    }
  }
}
