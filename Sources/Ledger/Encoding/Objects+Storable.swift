extension Pin: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    let allocation = try reader.value(AllocationID.self)
    let amount = try reader.integer()
    guard amount > 0 else { throw CorruptionError("a pin without an amount") }
    self.init(allocation: allocation, amountMicros: amount)
  }
  func write(to writer: inout ByteWriter) {
    writer.value(allocation)
    writer.integer(amountMicros)
  }
}

extension ByteReader {
  /// A list of pins whose sum fits: a hold or a charge never has more than the limits allow.
  mutating func pins() throws(CorruptionError) -> [Pin] {
    let pins = try list(Pin.self)
    let sum = pins.reduce(Int128(0)) { $0 + Int128($1.amountMicros) }
    guard sum <= Int128(LedgerLimits.amountMax) else {
      throw CorruptionError("pins above the largest amount")
    }
    return pins
  }

  /// An amount that is not negative and not above the limits.
  mutating func amount() throws(CorruptionError) -> Int64 {
    let amount = try integer()
    guard (0...LedgerLimits.amountMax).contains(amount) else {
      throw CorruptionError("an amount outside of 0 to 10^15")
    }
    return amount
  }
}

extension TokenUsage: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      model: try reader.value(), inputTokens: try reader.integer(),
      outputTokens: try reader.integer(), cachedInputTokens: try reader.integer(),
      reasoningTokens: try reader.integer())
    guard isValid else { throw CorruptionError("a count of tokens out of range") }
  }
  func write(to writer: inout ByteWriter) {
    writer.value(model)
    writer.integer(inputTokens)
    writer.integer(outputTokens)
    writer.integer(cachedInputTokens)
    writer.integer(reasoningTokens)
  }
}

extension Charge: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    switch try reader.byte() {
    case 1: self = .micros(try reader.integer())
    case 2: self = .usage(try reader.value())
    default: throw CorruptionError("an unknown kind of charge")
    }
  }
  func write(to writer: inout ByteWriter) {
    switch self {
    case .micros(let amount):
      writer.byte(1)
      writer.integer(amount)
    case .usage(let usage):
      writer.byte(2)
      writer.value(usage)
    }
  }
}

extension PriceRates: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      inputMicrosPerMillion: try reader.integer(), outputMicrosPerMillion: try reader.integer(),
      cachedInputMicrosPerMillion: try reader.integer(),
      reasoningMicrosPerMillion: try reader.integer(), perCallMicros: try reader.integer(),
      minimumMicros: try reader.integer())
  }
  func write(to writer: inout ByteWriter) {
    writer.integer(inputMicrosPerMillion)
    writer.integer(outputMicrosPerMillion)
    writer.integer(cachedInputMicrosPerMillion)
    writer.integer(reasoningMicrosPerMillion)
    writer.integer(perCallMicros)
    writer.integer(minimumMicros)
  }
}

extension PriceVersion: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      version: try reader.integer(), model: try reader.value(), effectiveFrom: try reader.value(),
      rates: try reader.value())
  }
  func write(to writer: inout ByteWriter) {
    writer.integer(version)
    writer.value(model)
    writer.value(effectiveFrom)
    writer.value(rates)
  }
}

extension AllocationTerms {
  convenience init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      id: try reader.value(), account: try reader.value(), amountMicros: try reader.integer(),
      allocationClass: try reader.value(), priority: try reader.byte(),
      effectiveAt: try reader.value(), expiresAt: try reader.optional(),
      models: try reader.list(), allocatedBy: try reader.value(),
      allocatedAt: try reader.value(), notes: try reader.value())
  }
  func write(to writer: inout ByteWriter) {
    writer.value(id)
    writer.value(account)
    writer.integer(amountMicros)
    writer.value(allocationClass)
    writer.byte(priority)
    writer.value(effectiveAt)
    writer.optional(expiresAt)
    writer.list(models)
    writer.value(allocatedBy)
    writer.value(allocatedAt)
    writer.value(notes)
  }
}

extension Hold: Storable {
  convenience init(from reader: inout ByteReader) throws(CorruptionError) {
    let id = try reader.value(HoldID.self)
    let account = try reader.value(AccountID.self)
    let price = try reader.optional(PriceVersion.self)
    let sessionID = try reader.value(String.self)
    let openedAt = try reader.value(LedgerTime.self)
    let granted = try reader.amount()
    let pins = try reader.pins()
    let state = try reader.value(HoldState.self)
    let expiresAt = try reader.value(LedgerTime.self)
    let reported = try reader.amount()
    let endedAt = try reader.optional(LedgerTime.self)
    guard pins.totalMicros == granted, (state == .open) == (endedAt == nil) else {
      throw CorruptionError("a hold whose parts do not add up")
    }
    let terms = HoldTerms(
      id: id, account: account, price: price, sessionID: sessionID, openedAt: openedAt)
    let isLateSettled = try reader.value(Bool.self)
    let usage = reader.version >= 2 ? try reader.optional(TokenUsage.self) : nil
    self.init(
      terms: terms, state: state, grantedMicros: granted, pins: pins, expiresAt: expiresAt,
      reportedMicros: reported, reportedUsage: usage, endedAt: endedAt,
      isLateSettled: isLateSettled)
  }
  func write(to writer: inout ByteWriter) {
    writer.value(terms.id)
    writer.value(terms.account)
    writer.optional(terms.price)
    writer.value(terms.sessionID)
    writer.value(terms.openedAt)
    writer.integer(grantedMicros)
    writer.list(pins)
    writer.value(state)
    writer.value(expiresAt)
    writer.integer(reportedMicros)
    writer.optional(endedAt)
    writer.value(isLateSettled)
    writer.optional(reportedUsage)
  }
}

extension UsageRecord: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(
      id: try reader.value(), account: try reader.value(), usage: try reader.optional(),
      priceVersion: try reader.optional(), debtMicros: try reader.amount(),
      uncollectedMicros: try reader.amount(), pins: try reader.pins(),
      chargedAt: try reader.value(), eventTime: try reader.value(), isLate: try reader.value(),
      outcome: try reader.value(), hold: try reader.optional(), sessionID: try reader.value(),
      requestID: reader.version >= 2 ? try reader.value() : "")
  }
  func write(to writer: inout ByteWriter) {
    writer.value(id)
    writer.value(account)
    writer.optional(usage)
    writer.optional(priceVersion)
    writer.integer(debtMicros)
    writer.integer(uncollectedMicros)
    writer.list(pins)
    writer.value(chargedAt)
    writer.value(eventTime)
    writer.value(isLate)
    writer.value(outcome)
    writer.optional(hold)
    writer.value(sessionID)
    writer.value(requestID)
  }
}

extension TokenUsage {
  /// The stored form, for a column.
  public var storedColumn: [UInt8] { storedBytes }

  /// Reads a column that ``storedColumn`` filled.
  public init(storedColumn bytes: [UInt8]) throws(CorruptionError) {
    self = try TokenUsage(storedBytes: bytes)
  }
}

extension [Pin] {
  /// The stored form, for a column.
  public var storedBytes: [UInt8] { ByteWriter.bytes { $0.list(self) } }

  /// Reads a column that ``storedBytes`` filled.
  public init(storedPins bytes: [UInt8]) throws(CorruptionError) {
    var reader = ByteReader(bytes)
    self = try reader.list()
    try reader.finish()
  }
}
