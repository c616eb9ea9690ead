/// An account in few bytes, for the many that are in memory and that nobody uses just now.
///
/// ```
///   id       its UTF-8 length in one byte, then the bytes
///   seq      the last entry, as an integer
///   the rest of the account, in the order of `write(_:to:)`
/// ```
/// Never leaves the process, so that it may change with any version. Bytes that cannot be read are
/// damaged memory: the process stops, because going on would corrupt money.
struct PackedAccount: Sendable {
  /// The packed form, of no more capacity than it needs.
  let bytes: [UInt8]

  /// Packs an account.
  init(_ account: Account) {
    bytes = ByteWriter.bytes { Self.write(account, to: &$0) }
  }

  /// The account as it was packed.
  var account: Account {
    var reader = ByteReader(bytes)
    do {
      let account = try Self.read(from: &reader)
      try reader.finish()
      return account
    } catch {
      preconditionFailure("an account in memory is damaged: \(error)")
    }
  }

  /// The account's name.
  var id: AccountID {
    let end = 1 + Int(bytes[0])
    return AccountID(String(decoding: bytes[1..<end], as: UTF8.self))
  }

  /// The last journal entry about the account.
  var seq: Int64 {
    var reader = ByteReader(bytes)
    do {
      for _ in 0..<Int(try reader.byte()) { _ = try reader.byte() }
      return try reader.integer()
    } catch {
      preconditionFailure("an account in memory is damaged: \(error)")
    }
  }

  /// Whether it is the account of that name. Compares bytes and makes no string.
  func isNamed(_ id: AccountID) -> Bool {
    var name = id.name
    return name.withUTF8 { name in
      guard name.count == Int(bytes[0]) else { return false }
      return bytes[1..<1 + name.count].elementsEqual(name)
    }
  }
}

extension PackedAccount {
  private static func write(_ account: Account, to writer: inout ByteWriter) {
    let name = account.id.name.utf8
    precondition(name.count <= Int(UInt8.max), "a name that is longer than any lawful one")
    writer.byte(UInt8(name.count))
    for byte in name { writer.byte(byte) }
    writer.integer(account.seq)
    writer.value(account.state)
    writer.integer(account.overdraftLimitMicros)
    writer.integer(account.debtMicros)
    writer.due(account.nextDue)
    writer.due(account.sweepAt)
    writer.integer(Int64(account.allocations.count))
    for allocation in account.allocations { write(allocation, to: &writer) }
    writer.list(Array(account.holds))
    writer.integer(Int64(account.budgets.count))
    for budget in account.budgets { write(budget, to: &writer) }
    writer.value(account.alerts != nil)
    if let alerts = account.alerts { writer.raw(alerts.storedColumn) }
  }

  private static func read(from reader: inout ByteReader) throws(CorruptionError) -> Account {
    var name: [UInt8] = []
    for _ in 0..<Int(try reader.byte()) { name.append(try reader.byte()) }
    var account = Account(id: AccountID(String(decoding: name, as: UTF8.self)))
    account.seq = try reader.integer()
    account.state = try reader.value()
    account.overdraftLimitMicros = try reader.integer()
    account.debtMicros = try reader.integer()
    account.nextDue = try reader.due()
    account.sweepAt = try reader.due()
    for _ in 0..<(try reader.integer()) {
      account.allocations.append(try allocation(of: account.id, from: &reader))
    }
    for hold in try reader.list(Hold.self) { account.holds[hold.id] = hold }
    for _ in 0..<(try reader.integer()) {
      account.budgets.append(try budget(of: account.id, from: &reader))
    }
    if try reader.value(Bool.self) {
      account.alerts = try BalanceAlerts(storedColumn: try reader.raw())
    }
    account.requireHeldEqualsPins()
    return account
  }

  // MARK: Allocations

  /// Without its account, which is known, and without its amount, which is the sum of its parts.
  private static func write(_ allocation: Allocation, to writer: inout ByteWriter) {
    let terms = allocation.terms
    writer.value(terms.id)
    writer.value(terms.allocationClass)
    writer.byte(terms.priority)
    writer.value(terms.effectiveAt)
    writer.optional(terms.expiresAt)
    writer.list(terms.models)
    writer.value(terms.allocatedBy)
    // Mostly 0. Wraps around, and back again.
    writer.integer(terms.allocatedAt.microseconds &- terms.effectiveAt.microseconds)
    writer.value(terms.notes)
    writer.integer(allocation.availableMicros)
    writer.integer(allocation.heldMicros)
    writer.integer(allocation.spentMicros)
    writer.integer(allocation.expiredMicros)
    writer.integer(allocation.voidedMicros)
    writer.value(allocation.isVoided)
  }

  private static func allocation(
    of account: AccountID, from reader: inout ByteReader
  ) throws(CorruptionError) -> Allocation {
    let id = try reader.value(AllocationID.self)
    let allocationClass = try reader.value(AllocationClass.self)
    let priority = try reader.byte()
    let effectiveAt = try reader.value(LedgerTime.self)
    let expiresAt = try reader.optional(LedgerTime.self)
    let models = try reader.list(String.self)
    let allocatedBy = try reader.value(String.self)
    let delay = try reader.integer()
    let notes = try reader.value(String.self)
    let available = try reader.amount()
    let held = try reader.amount()
    let spent = try reader.amount()
    let expired = try reader.amount()
    let voided = try reader.amount()
    let terms = AllocationTerms(
      id: id, account: account, amountMicros: available + held + spent + expired + voided,
      allocationClass: allocationClass, priority: priority, effectiveAt: effectiveAt,
      expiresAt: expiresAt, models: models, allocatedBy: allocatedBy,
      allocatedAt: LedgerTime(microseconds: effectiveAt.microseconds &+ delay), notes: notes)
    return Allocation(
      terms: terms, availableMicros: available, heldMicros: held, spentMicros: spent,
      expiredMicros: expired, voidedMicros: voided, isVoided: try reader.value())
  }

  // MARK: Budgets

  private static func write(_ budget: Budget, to writer: inout ByteWriter) {
    writer.value(budget.terms.id)
    writer.optional(budget.terms.model)
    writer.optional(budget.terms.sessionID)
    writer.integer(budget.terms.limitMicros)
    writer.value(budget.terms.window)
    writer.value(budget.terms.mode)
    writer.optional(budget.period?.lowerBound)
    if let end = budget.period?.upperBound { writer.value(end) }
    writer.list(budget.steps)
    writer.integer(budget.heldMicros)
  }

  private static func budget(
    of account: AccountID, from reader: inout ByteReader
  ) throws(CorruptionError) -> Budget {
    let terms = BudgetTerms(
      id: try reader.value(), account: account, model: try reader.optional(),
      sessionID: try reader.optional(), limitMicros: try reader.amount(),
      window: try reader.value(), mode: try reader.value())
    var budget = Budget(terms: terms)
    if let start = try reader.optional(LedgerTime.self) {
      let end = try reader.value(LedgerTime.self)
      guard start < end else { throw CorruptionError("a period that ends before it begins") }
      budget.period = start..<end
    }
    budget.steps = try reader.list()
    budget.heldMicros = try reader.integer()
    return budget
  }
}

extension ByteWriter {
  /// An instant that is mostly never: a byte then.
  fileprivate mutating func due(_ time: LedgerTime) {
    optional(time == .distantFuture ? nil : time)
  }
}

extension ByteReader {
  fileprivate mutating func due() throws(CorruptionError) -> LedgerTime {
    try optional(LedgerTime.self) ?? .distantFuture
  }
}
