import Foundation
import GRDB
import Ledger

/// `state.db`: the ledger's state in tables, as of some journal entry. Can be rebuilt at any time.
///
/// Written by one connection on one thread; read through ``StateReader``.
final class StateDatabase {
  private let queue: DatabaseQueue
  private var statements: Statements?
  /// The journal entry that the tables stand for.
  private(set) var head: JournalHead
  private var rowsInLog = 0

  /// The log is copied into the file when it holds about this many rows, each at most a page of it.
  private static let checkpointRows = 5_000

  private struct Statements {
    let begin, commit, rollback, asOf, account, allocation, hold, late, usage, refund, price,
      budget, event, key, due, notDue: RawStatement
  }

  init(path: String) throws(StartupError) {
    queue = try DatabaseFile.openWriter(
      at: path, durability: .rebuildable, migrator: Self.migrator)
    do {
      head = try queue.writeWithoutTransaction { try StateReader.head($0) }
      statements = try queue.writeWithoutTransaction { try Self.prepare($0) }
    } catch {
      throw StartupError("cannot read the state \(path): \(error)")
    }
  }

  /// Reads what was written so far.
  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try queue.writeWithoutTransaction(body)
  }

  /// Writes a chunk, all or nothing.
  func write(_ chunk: StateChunk) throws {
    precondition(chunk.head.seq >= head.seq, "the tables would go back")
    try queue.writeWithoutTransaction { _ in
      guard let statements else { throw StoreError.failed("the state is closed") }
      try statements.begin.run()
      do {
        try write(chunk, by: statements)
        try statements.commit.run()
      } catch {
        try? statements.rollback.run()
        throw error
      }
    }
    head = chunk.head
    rowsInLog += chunk.rowCount
  }

  /// Copies the log into the file when it has grown.
  func checkpointIfGrown() {
    guard rowsInLog >= Self.checkpointRows else { return }
    rowsInLog = 0
    // When it fails the log just goes on growing until the next time.
    try? queue.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
  }

  func close() throws {
    statements = nil
    try DatabaseFile.checkpoint(queue)
    try queue.close()
  }

  private static func prepare(_ database: Database) throws -> Statements {
    Statements(
      begin: try RawStatement(database, "BEGIN IMMEDIATE"),
      commit: try RawStatement(database, "COMMIT"),
      rollback: try RawStatement(database, "ROLLBACK"),
      asOf: try RawStatement(database, "REPLACE INTO as_of VALUES (1, ?, ?, ?)"),
      account: try RawStatement(database, "REPLACE INTO accounts VALUES (?, ?, ?, ?, ?, ?)"),
      allocation: try RawStatement(
        database,
        "REPLACE INTO allocations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      hold: try RawStatement(
        database, "REPLACE INTO holds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      late: try RawStatement(database, "UPDATE holds SET late_settled = 1 WHERE hold_id = ?"),
      usage: try RawStatement(
        database,
        "INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      refund: try RawStatement(
        database, "UPDATE usage SET refunded_micros = ? WHERE usage_id = ?"),
      price: try RawStatement(database, "INSERT INTO prices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      budget: try RawStatement(database, "REPLACE INTO budgets VALUES (?, ?, ?, ?, ?)"),
      event: try RawStatement(database, "INSERT INTO events VALUES (?, ?, ?)"),
      key: try RawStatement(database, "INSERT INTO idempotency_keys VALUES (?, ?)"),
      due: try RawStatement(database, "REPLACE INTO due VALUES (?, ?)"),
      notDue: try RawStatement(database, "DELETE FROM due WHERE account_id = ?"))
  }

  private func write(_ chunk: StateChunk, by statements: Statements) throws {
    for account in chunk.accounts.values { try statements.account.write(account) }
    for allocation in chunk.allocations.values { try statements.allocation.write(allocation) }
    for hold in chunk.holds.values { try statements.hold.write(hold) }
    for id in chunk.lateSettled { try statements.late.run(.integer(id.seq)) }
    for record in chunk.usage { try statements.usage.write(record) }
    for (id, total) in chunk.refunds {
      try statements.refund.run(.integer(total), .integer(id.seq))
    }
    for price in chunk.prices { try statements.price.write(price) }
    for budget in chunk.budgets.values { try statements.budget.write(budget) }
    for event in chunk.events {
      try statements.event.run(
        .integer(event.id.seq), .text(event.account.name), .integer(Int64(event.kind.rawValue)))
    }
    for key in chunk.keys {
      try statements.key.run(.blob(key.digest.shortened), .integer(key.seq))
    }
    for (id, instant) in chunk.due {
      if instant == .distantFuture {
        try statements.notDue.run(.text(id.name))
      } else {
        try statements.due.run(.text(id.name), .integer(instant.microseconds))
      }
    }
    try statements.asOf.run(
      .integer(chunk.head.seq), .integer(chunk.head.time.microseconds),
      .blob(chunk.head.hash.bytes))
  }
}

extension Digest {
  /// The first 16 bytes: enough to find an entry, whose whole digest is then compared.
  var shortened: [UInt8] { Array(bytes.prefix(16)) }
}

extension RawStatement {
  fileprivate func write(_ account: AccountRow) throws {
    try run(
      .text(account.id.name), .integer(Int64(account.state.rawValue)),
      .integer(account.overdraftLimitMicros), .integer(account.debtMicros),
      .integer(account.seq), account.alerts.map { .blob($0.storedColumn) } ?? .null)
  }

  fileprivate func write(_ allocation: Allocation) throws {
    let terms = allocation.terms
    try run(
      .integer(terms.id.seq), .text(terms.account.name), .integer(terms.amountMicros),
      .integer(Int64(terms.allocationClass.rawValue)), .integer(Int64(terms.priority)),
      .integer(terms.effectiveAt.microseconds), .optional(terms.expiresAt?.microseconds),
      .text(terms.models.joined(separator: "\n")), .text(terms.allocatedBy),
      .integer(terms.allocatedAt.microseconds), .text(terms.notes),
      .integer(allocation.availableMicros), .integer(allocation.heldMicros),
      .integer(allocation.spentMicros), .integer(allocation.expiredMicros),
      .integer(allocation.voidedMicros), .integer(allocation.isVoided ? 1 : 0))
  }

  fileprivate func write(_ hold: Hold) throws {
    let terms = hold.terms
    try run(
      .integer(terms.id.seq), .text(terms.account.name), .integer(Int64(hold.state.rawValue)),
      .optional(terms.price?.version), .text(terms.sessionID),
      .integer(terms.openedAt.microseconds), .integer(hold.grantedMicros),
      .blob(hold.pins.storedBytes), .integer(hold.expiresAt.microseconds),
      .integer(hold.reportedMicros),
      hold.reportedUsage.map { .blob($0.storedColumn) } ?? .null,
      .optional(hold.endedAt?.microseconds),
      .integer(hold.isLateSettled ? 1 : 0))
  }

  fileprivate func write(_ record: UsageRecord) throws {
    let usage = record.usage
    try run(
      .integer(record.id.seq), .text(record.account.name), .optional(usage?.model),
      .integer(usage?.inputTokens ?? 0), .integer(usage?.outputTokens ?? 0),
      .integer(usage?.cachedInputTokens ?? 0), .integer(usage?.reasoningTokens ?? 0),
      .optional(record.priceVersion), .integer(record.chargedMicros),
      .integer(record.debtMicros), .integer(record.uncollectedMicros),
      .blob(record.pins.storedBytes), .integer(record.chargedAt.microseconds),
      .integer(record.eventTime.microseconds), .integer(record.isLate ? 1 : 0),
      .integer(Int64(record.outcome.rawValue)), .optional(record.hold?.seq),
      .text(record.sessionID), .text(record.requestID), .integer(record.refundedMicros))
  }

  fileprivate func write(_ budget: Budget) throws {
    try run(
      .integer(budget.id.seq), .text(budget.terms.account.name),
      .integer(Int64(budget.terms.mode.rawValue)), .integer(budget.terms.limitMicros),
      .blob(budget.storedColumn))
  }

  fileprivate func write(_ price: PriceVersion) throws {
    let rates = price.rates
    try run(
      .integer(price.version), .text(price.model), .integer(price.effectiveFrom.microseconds),
      .integer(rates.inputMicrosPerMillion), .integer(rates.outputMicrosPerMillion),
      .integer(rates.cachedInputMicrosPerMillion), .integer(rates.reasoningMicrosPerMillion),
      .integer(rates.perCallMicros), .integer(rates.minimumMicros))
  }
}
