extension BalanceAlerts.Threshold: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(micros: try reader.amount(), isArmed: try reader.value())
  }
  func write(to writer: inout ByteWriter) {
    writer.integer(micros)
    writer.value(isArmed)
  }
}

extension BalanceFall: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      thresholdMicros: try reader.amount(), availableMicros: try reader.amount(),
      fellAt: try reader.value())
  }
  func write(to writer: inout ByteWriter) {
    writer.integer(thresholdMicros)
    writer.integer(availableMicros)
    writer.value(fellAt)
  }
}

extension BalanceRise: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      thresholdsMicros: try reader.list(), availableMicros: try reader.amount(),
      roseAt: try reader.value())
  }
  func write(to writer: inout ByteWriter) {
    writer.list(thresholdsMicros)
    writer.integer(availableMicros)
    writer.value(roseAt)
  }
}

extension ExpiryNotice: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      allocation: try reader.value(), lead: try reader.value(), expiresAt: try reader.value(),
      leftMicros: try reader.amount(), noticedAt: try reader.value())
  }
  func write(to writer: inout ByteWriter) {
    writer.value(allocation)
    writer.value(lead)
    writer.value(expiresAt)
    writer.integer(leftMicros)
    writer.value(noticedAt)
  }
}

extension SetBalanceAlerts: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      account: try reader.value(), thresholdsMicros: try reader.list(),
      leads: try reader.list())
  }
  func write(to writer: inout ByteWriter) {
    writer.value(account)
    writer.list(thresholdsMicros)
    writer.list(leads)
  }
}

extension SetBalanceAlertsAnswer: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      thresholds: try reader.list(), leads: try reader.list(), balance: try reader.value())
  }
  func write(to writer: inout ByteWriter) {
    writer.list(thresholds)
    writer.list(leads)
    writer.value(balance)
  }
}

extension BalanceAlerts {
  /// The stored form, for a column: thresholds, leads, when they were set, and the shortest lead
  /// told of each allocation, in the order of their ids.
  public var storedColumn: [UInt8] {
    var writer = ByteWriter()
    writer.list(thresholds)
    writer.list(leads)
    writer.value(setAt)
    writer.integer(Int64(told.count))
    for (id, lead) in told.sorted(by: { $0.key < $1.key }) {
      writer.value(id)
      writer.value(lead)
    }
    return writer.bytes
  }

  /// Reads a column that ``storedColumn`` filled.
  public init(storedColumn bytes: [UInt8]) throws(CorruptionError) {
    var reader = ByteReader(bytes)
    let thresholds = try reader.list(Threshold.self)
    let leads = try reader.list(Duration.self)
    let setAt = try reader.value(LedgerTime.self)
    let count = try reader.integer()
    guard (0...Int64(LedgerLimits.allocationsPerAccountMax)).contains(count) else {
      throw CorruptionError("more allocations were told of than an account has")
    }
    var told: [AllocationID: Duration] = [:]
    for _ in 0..<count { told[try reader.value()] = try reader.value() }
    try reader.finish()
    self.init(thresholds: thresholds, leads: leads, setAt: setAt, told: told)
  }
}
