import Foundation
import GRDB
import GRDBSQLite
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
  /// Whether a wait for the log has failed: see ``LogFile/rewrite(_:)``.
  private var isLogSuspect = false
  private let pace: CheckpointPace
  private var itemsEnd: Int64

  /// What is written again and again stays in memory: the ends of the tables and the accounts.
  private static let cacheKiB = 32_768

  private struct Statements {
    let begin, commit, rollback, asOf, account, allocation, amounts, hold, late, refund, price,
      budget, event, answers, key, mergedKey, oldKeys, due, notDue: RawStatement
    let newHolds, usage: RowInsert
  }

  init(path: String, pace: CheckpointPace = CheckpointPace()) throws(StartupError) {
    self.pace = pace
    queue = try DatabaseFile.openWriter(
      at: path, durability: .rebuildable, cacheKiB: Self.cacheKiB, migrator: Self.migrator)
    do {
      // A wait may have failed in the process before.
      try queue.writeWithoutTransaction { try LogFile.rewrite($0) }
      head = try queue.writeWithoutTransaction { try StateReader.head($0) }
      itemsEnd = try queue.writeWithoutTransaction { try AccountItems.end($0) }
      statements = try queue.writeWithoutTransaction { try Self.prepare($0) }
      queue.writeWithoutTransaction { Self.giveWay(in: $0) }
    } catch {
      throw StartupError("cannot read the state \(path): \(error)")
    }
  }

  /// Has SQLite let other threads run while it works, however long a statement is.
  private static func giveWay(in database: Database) {
    sqlite3_progress_handler(
      database.sqliteConnection, stepsBetweenPauses,
      { _ in
        BackgroundThread.giveWay()
        return 0
      }, nil)
  }

  /// Steps of SQLite's machine, of which a row takes some sixty: about a tenth of a millisecond.
  private static let stepsBetweenPauses: Int32 = 1_000

  deinit {
    // Closing copies the log too: then the connection rather stays until the process ends.
    if isLogSuspect { _ = Unmanaged.passRetained(queue) }
  }

  /// Reads what was written so far.
  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try queue.writeWithoutTransaction(body)
  }

  /// Writes a chunk, and a bite of earlier keys, all or nothing.
  func write(_ chunk: StateChunk, merging bite: KeyBite = KeyBite()) throws {
    precondition(chunk.head.seq >= head.seq, "the tables would go back")
    try queue.writeWithoutTransaction { _ in
      guard let statements else { throw StoreError.failed("the state is closed") }
      try statements.begin.run()
      do {
        try write(chunk, by: statements)
        try merge(bite, by: statements)
        try statements.commit.run()
      } catch {
        try? statements.rollback.run()
        throw error
      }
    }
    head = chunk.head
    rowsInLog += chunk.rowCount + bite.merged.count
  }

  /// Copies the log into the file when it has grown.
  func checkpointIfGrown() {
    guard rowsInLog >= pace.stateRows else { return }
    rowsInLog = 0
    // When it fails the log just goes on growing until the next time.
    try? checkpoint(.passive)
  }

  private func checkpoint(_ kind: Database.CheckpointMode) throws {
    try queue.writeWithoutTransaction { database in
      if isLogSuspect { try LogFile.rewrite(database) }
      isLogSuspect = true
      _ = try database.checkpoint(kind)
      isLogSuspect = false
    }
  }

  /// Brings the table of accounts' holds and charges a step further, when one is due.
  func extendItemsIfDue() {
    guard head.seq - itemsEnd >= AccountItems.step else { return }
    // When it fails the latest rows are looked through instead, until the next time.
    try? queue.writeWithoutTransaction { database in
      var end = itemsEnd
      try database.inTransaction(.immediate) {
        end = try AccountItems.extend(from: end, database)
        try RecentAnswers.trim(database)
        return .commit
      }
      itemsEnd = end
    }
    rowsInLog += Int(AccountItems.step) / 4
  }

  func close() throws {
    statements = nil
    try checkpoint(.truncate)
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
        """
        REPLACE INTO allocations
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """),
      // Changes nothing where more is to be changed: of the terms, only these two may be.
      amounts: try RawStatement(
        database,
        """
        UPDATE allocations SET available_micros = ?, held_micros = ?, spent_micros = ?,
          expired_micros = ?, voided_micros = ?, voided = ?
        WHERE allocation_id = ? AND unspent = ? AND priority = ? AND expires_at_us IS ?
        """),
      hold: try RawStatement(
        database, "REPLACE INTO holds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      late: try RawStatement(database, "UPDATE holds SET late_settled = 1 WHERE hold_id = ?"),
      refund: try RawStatement(
        database, "UPDATE usage SET refunded_micros = ? WHERE usage_id = ?"),
      price: try RawStatement(database, "INSERT INTO prices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      budget: try RawStatement(database, "REPLACE INTO budgets VALUES (?, ?, ?, ?, ?)"),
      event: try RawStatement(database, "INSERT INTO events VALUES (?, ?, ?)"),
      answers: try RawStatement(database, "INSERT INTO recent_answers VALUES (?, ?)"),
      key: try RawStatement(database, "INSERT INTO recent_keys VALUES (?, ?)"),
      // A bite may have been written before the process ended.
      mergedKey: try RawStatement(database, "INSERT OR IGNORE INTO merged_keys VALUES (?, ?)"),
      oldKeys: try RawStatement(database, "DELETE FROM recent_keys WHERE last_seq BETWEEN ? AND ?"),
      due: try RawStatement(database, "REPLACE INTO due VALUES (?, ?)"),
      notDue: try RawStatement(database, "DELETE FROM due WHERE account_id = ?"),
      newHolds: try RowInsert(database, into: "holds", columnCount: 13),
      usage: try RowInsert(database, into: "usage", columnCount: 20))
  }

  /// Rows go in the order of their places: those that are close together share pages.
  private func write(_ chunk: StateChunk, by statements: Statements) throws {
    for (_, place) in chunk.accounts {
      if case .account(let account) = chunk[place] { try statements.account.write(account) }
    }
    for (_, place) in chunk.allocations {
      if case .allocation(let grant) = chunk[place] { try write(grant, by: statements) }
    }
    // Nothing has to be looked for where nothing can be.
    let firstNew = chunk.holds.firstIndex { $0.seq > head.seq } ?? chunk.holds.endIndex
    for (_, place) in chunk.holds[..<firstNew] {
      if case .hold(let hold) = chunk[place] { try statements.hold.run { $0.columns(of: hold) } }
    }
    try statements.newHolds.run(chunk.holds[firstNew...]) { place, row in
      if case .hold(let hold) = chunk[place.place] { row.columns(of: hold) }
    }
    for id in chunk.lateSettled { try statements.late.run { $0.integer(id.seq) } }
    try statements.usage.run(chunk.usage[...]) { place, row in
      if case .usage(let record) = chunk[place] { row.columns(of: record) }
    }
    try RecentAnswers.write(chunk.answers, by: statements.answers)
    for (id, total) in chunk.refunds {
      try statements.refund.run { row in
        row.integer(total)
        row.integer(id.seq)
      }
    }
    for place in chunk.prices {
      if case .price(let price) = chunk[place] { try statements.price.write(price) }
    }
    for place in chunk.budgets.values {
      if case .budget(let budget) = chunk[place] { try statements.budget.write(budget) }
    }
    for event in chunk.events {
      try statements.event.run { row in
        row.integer(event.id.seq)
        row.text(event.account.name)
        row.integer(Int64(event.kind.rawValue))
      }
    }
    try write(recent: chunk.keys, by: statements)
    for (id, instant) in chunk.due {
      if instant == .distantFuture {
        try statements.notDue.run { $0.text(id.name) }
      } else {
        try statements.due.run { row in
          row.text(id.name)
          row.integer(instant.microseconds)
        }
      }
    }
    try statements.asOf.run { row in
      row.integer(chunk.head.seq)
      row.integer(chunk.head.time.microseconds)
      chunk.head.hash.withBytes { row.blob($0) }
    }
  }

  /// Most of the time amounts alone have changed: that is the smaller part of the work.
  private func write(_ allocation: Allocation, by statements: Statements) throws {
    if allocation.id.seq <= head.seq {
      try statements.amounts.writeAmounts(of: allocation)
      if statements.amounts.changeCount == 1 { return }
    }
    try statements.allocation.write(allocation)
  }

  private func write(
    recent keys: [(digest: Digest, seq: Int64)], by statements: Statements
  ) throws {
    for start in stride(from: 0, to: keys.count, by: KeyRow.keysMax) {
      let some = keys[start...].prefix(KeyRow.keysMax)
      let row = KeyRow(some.map { KeyEntry($0.digest, seq: $0.seq) })
      try statements.key.run { arguments in
        arguments.integer(row.lastSeq)
        arguments.text(row.text)
      }
    }
  }

  private func merge(_ bite: KeyBite, by statements: Statements) throws {
    for entry in bite.merged {
      try statements.mergedKey.run { row in
        row.integer(entry.hash)
        row.integer(entry.seq)
      }
    }
    if let dropped = bite.dropped {
      try statements.oldKeys.run { row in
        row.integer(dropped.lowerBound)
        row.integer(dropped.upperBound)
      }
    }
  }
}

extension RawStatement {
  fileprivate func write(_ account: AccountRow) throws {
    try run { row in
      row.text(account.id.name)
      row.integer(Int64(account.state.rawValue))
      row.integer(account.overdraftLimitMicros)
      row.integer(account.debtMicros)
      row.integer(account.seq)
      row.optional(account.alerts?.storedColumn)
    }
  }

  fileprivate func write(_ allocation: Allocation) throws {
    let terms = allocation.terms
    try run { row in
      row.integer(terms.id.seq)
      row.text(terms.account.name)
      row.integer(terms.amountMicros)
      row.integer(Int64(terms.allocationClass.rawValue))
      row.integer(Int64(terms.priority))
      row.integer(terms.effectiveAt.microseconds)
      row.optional(terms.expiresAt?.microseconds)
      row.text(terms.models.joined(separator: "\n"))
      row.text(terms.allocatedBy)
      row.integer(terms.allocatedAt.microseconds)
      row.text(terms.notes)
      row.amounts(of: allocation)
      row.integer(allocation.isUnspent ? 1 : 0)
    }
  }

  fileprivate func writeAmounts(of allocation: Allocation) throws {
    let terms = allocation.terms
    try run { row in
      row.amounts(of: allocation)
      row.integer(terms.id.seq)
      row.integer(allocation.isUnspent ? 1 : 0)
      row.integer(Int64(terms.priority))
      row.optional(terms.expiresAt?.microseconds)
    }
  }

  fileprivate func write(_ budget: Budget) throws {
    try run { row in
      row.integer(budget.id.seq)
      row.text(budget.terms.account.name)
      row.integer(Int64(budget.terms.mode.rawValue))
      row.integer(budget.terms.limitMicros)
      row.blob(budget.storedColumn)
    }
  }

  fileprivate func write(_ price: PriceVersion) throws {
    let rates = price.rates
    try run { row in
      row.integer(price.version)
      row.text(price.model)
      row.integer(price.effectiveFrom.microseconds)
      row.integer(rates.inputMicrosPerMillion)
      row.integer(rates.outputMicrosPerMillion)
      row.integer(rates.cachedInputMicrosPerMillion)
      row.integer(rates.reasoningMicrosPerMillion)
      row.integer(rates.perCallMicros)
      row.integer(rates.minimumMicros)
    }
  }
}

extension RawArguments {
  /// The columns of a hold.
  fileprivate mutating func columns(of hold: Hold) {
    let terms = hold.terms
    integer(terms.id.seq)
    text(terms.account.name)
    integer(Int64(hold.state.rawValue))
    optional(terms.price?.version)
    text(terms.sessionID)
    integer(terms.openedAt.microseconds)
    integer(hold.grantedMicros)
    blob(hold.pins.storedBytes)
    integer(hold.expiresAt.microseconds)
    integer(hold.reportedMicros)
    optional(hold.reportedUsage?.storedColumn)
    optional(hold.endedAt?.microseconds)
    integer(hold.isLateSettled ? 1 : 0)
  }

  /// The columns of a charge.
  fileprivate mutating func columns(of record: UsageRecord) {
    let usage = record.usage
    integer(record.id.seq)
    text(record.account.name)
    optional(usage?.model)
    integer(usage?.inputTokens ?? 0)
    integer(usage?.outputTokens ?? 0)
    integer(usage?.cachedInputTokens ?? 0)
    integer(usage?.reasoningTokens ?? 0)
    optional(record.priceVersion)
    integer(record.chargedMicros)
    integer(record.debtMicros)
    integer(record.uncollectedMicros)
    blob(record.pins.storedBytes)
    integer(record.chargedAt.microseconds)
    integer(record.eventTime.microseconds)
    integer(record.isLate ? 1 : 0)
    integer(Int64(record.outcome.rawValue))
    optional(record.hold?.seq)
    text(record.sessionID)
    text(record.requestID)
    integer(record.refundedMicros)
  }

  /// What of an allocation changes with nearly every command, in the order of the columns.
  fileprivate mutating func amounts(of allocation: Allocation) {
    integer(allocation.availableMicros)
    integer(allocation.heldMicros)
    integer(allocation.spentMicros)
    integer(allocation.expiredMicros)
    integer(allocation.voidedMicros)
    integer(allocation.isVoided ? 1 : 0)
  }
}

extension Allocation {
  /// Whether something is left of it, free or set aside.
  fileprivate var isUnspent: Bool { availableMicros > 0 || heldMicros > 0 }
}
