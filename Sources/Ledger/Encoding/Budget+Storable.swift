extension BudgetID: Storable {}
extension BudgetMode: Storable {}
extension CalendarPeriod: Storable {}

extension BudgetWindow: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    switch try reader.byte() {
    case 0: self = .none
    case 1:
      let length = try reader.value(Duration.self)
      guard (LedgerLimits.budgetWindowMin...LedgerLimits.budgetWindowMax).contains(length) else {
        throw CorruptionError("a window of unlawful length")
      }
      self = .rolling(length)
    case 2: self = .calendar(try reader.value(), zone: try reader.value())
    default: throw CorruptionError("an unknown kind of window")
    }
  }
  func write(to writer: inout ByteWriter) {
    switch self {
    case .none: writer.byte(0)
    case .rolling(let length):
      writer.byte(1)
      writer.value(length)
    case .calendar(let period, let zone):
      writer.byte(2)
      writer.value(period)
      writer.value(zone)
    }
  }
}

extension BudgetTerms: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      id: try reader.value(), account: try reader.value(), model: try reader.optional(),
      sessionID: try reader.optional(), limitMicros: try reader.amount(),
      window: try reader.value(), mode: try reader.value())
  }
  func write(to writer: inout ByteWriter) {
    writer.value(id)
    writer.value(account)
    writer.optional(model)
    writer.optional(sessionID)
    writer.integer(limitMicros)
    writer.value(window)
    writer.value(mode)
  }
}

extension BudgetStatus: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      terms: try reader.value(), usedMicros: try reader.integer(),
      heldMicros: try reader.integer(), remainingMicros: try reader.integer(),
      resetsAt: try reader.optional())
  }
  func write(to writer: inout ByteWriter) {
    writer.value(terms)
    writer.integer(usedMicros)
    writer.integer(heldMicros)
    writer.integer(remainingMicros)
    writer.optional(resetsAt)
  }
}

extension Budget.Step: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(index: try reader.integer(), micros: try reader.integer())
  }
  func write(to writer: inout ByteWriter) {
    writer.integer(index)
    writer.integer(micros)
  }
}

extension Budget {
  /// The stored form, for a column: terms, the civil period if any, and the steps. What open holds
  /// set aside is theirs to tell.
  public var storedColumn: [UInt8] {
    var writer = ByteWriter()
    writer.value(terms)
    writer.optional(period?.lowerBound)
    writer.optional(period?.upperBound)
    writer.list(steps)
    return writer.bytes
  }

  /// Reads a column that ``storedColumn`` filled.
  public init(storedColumn bytes: [UInt8]) throws(CorruptionError) {
    var reader = ByteReader(bytes)
    self.init(terms: try reader.value())
    let start = try reader.optional(LedgerTime.self)
    let end = try reader.optional(LedgerTime.self)
    if let start, let end {
      guard start < end, case .calendar = terms.window else {
        throw CorruptionError("a budget's period that cannot be")
      }
      period = start..<end
    }
    steps = try reader.list()
    try reader.finish()
  }
}
