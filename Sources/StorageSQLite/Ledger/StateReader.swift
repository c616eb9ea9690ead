import Foundation
import GRDB
import Ledger

/// Turns rows of `state.db` into the ledger's values. Rows that the ledger cannot have written are
/// reported, not trusted.
enum StateReader {
  /// The journal entry that the tables stand for.
  static func head(_ database: Database) throws -> JournalHead {
    guard let row = try Row.fetchOne(database, sql: "SELECT seq, time_us, hash FROM as_of") else {
      return .empty
    }
    guard let hash = Digest(bytes: row["hash"] as Data) else {
      throw StoreError.corrupted("the state's hash is not 32 bytes")
    }
    return JournalHead(
      seq: row["seq"], time: LedgerTime(microseconds: row["time_us"]), hash: hash)
  }

  /// What belongs to no account: prices, and how long the latest answers were.
  static func start(_ database: Database) throws -> LoadedState {
    LoadedState(
      head: try head(database), prices: try prices(database),
      outputs: try RecentAnswers.outputs(database))
  }

  /// Those of the accounts that exist, with what is unspent, open or set.
  static func accounts(_ ids: [AccountID], _ database: Database) throws -> [Account] {
    var prices: [Int64: PriceVersion] = [:]
    return try ids.compactMap { try account($0, database, &prices) }
  }

  private static func account(
    _ id: AccountID, _ database: Database, _ prices: inout [Int64: PriceVersion]
  ) throws -> Account? {
    func rows(_ sql: String) throws -> [Row] {
      try Row.fetchAll(try database.cachedStatement(sql: sql), arguments: [id.name])
    }
    let own = try rows(
      """
      SELECT a.*, d.due_at_us FROM accounts a LEFT JOIN due d USING (account_id)
      WHERE a.account_id = ?
      """)
    guard let row = own.first else { return nil }
    let allocations = try rows(
      """
      SELECT * FROM allocations
      WHERE account_id = ? AND unspent = 1
      """
    ).map(allocation)
    let holds = try rows("SELECT * FROM holds WHERE account_id = ? AND state = 1").map { row in
      try hold(row) { version in
        if let known = prices[version] { return known }
        prices[version] = try price(version: version, database)
        return prices[version]
      }
    }
    let budgets = try rows(
      "SELECT * FROM budgets WHERE account_id = ? AND mode <> \(BudgetMode.off.rawValue)"
    ).map(budget)
    return try account(row, allocations, holds, budgets)
  }

  /// Accounts that are to be swept by `instant`, but for `others`.
  static func due(
    by instant: LedgerTime, besides others: some Collection<AccountID>, max: Int,
    _ database: Database
  ) throws -> [AccountID] {
    let others = Set(others)
    let rows = try Row.fetchCursor(
      database, sql: "SELECT account_id FROM due WHERE due_at_us <= ? ORDER BY due_at_us",
      arguments: [instant.microseconds])
    var due: [AccountID] = []
    while due.count < max, let row = try rows.next() {
      let id = AccountID(row["account_id"])
      if !others.contains(id) { due.append(id) }
    }
    return due
  }

  private static func budget(_ row: Row) throws -> Budget {
    do {
      return try Budget(storedColumn: [UInt8](row["form"] as Data))
    } catch {
      throw StoreError.corrupted("budget \(row["budget_id"] as Int64): \(error)")
    }
  }

  private static func account(
    _ row: Row, _ allocations: [Allocation], _ holds: [Hold], _ budgets: [Budget]
  ) throws -> Account {
    let id = AccountID(row["account_id"])
    // An index that a disk has left behind its table finds holds that have ended.
    if let ended = holds.first(where: { $0.state != .open }) {
      throw StoreError.corrupted("hold \(ended.id): it has ended, and is listed as open")
    }
    let pinned = holds.reduce(0) { $0 + $1.grantedMicros }
    let held = allocations.reduce(0) { $0 + $1.heldMicros }
    guard let state = AccountState(rawValue: row["state"]), pinned == held else {
      throw StoreError.corrupted("account \(id): holds and allocations do not agree")
    }
    return Account(
      id: id, state: state, overdraftLimitMicros: row["overdraft_limit_micros"],
      debtMicros: row["debt_micros"], seq: row["seq"], allocations: allocations, holds: holds,
      budgets: budgets, alerts: try alerts(row["alerts"], of: id),
      sweepAt: (row["due_at_us"] as Int64?).map(LedgerTime.init(microseconds:)) ?? .distantFuture)
  }

  private static func alerts(_ column: Data?, of id: AccountID) throws -> BalanceAlerts? {
    guard let column else { return nil }
    do {
      return try BalanceAlerts(storedColumn: [UInt8](column))
    } catch {
      throw StoreError.corrupted("account \(id): \(error)")
    }
  }

  private static func allocation(_ row: Row) throws -> Allocation {
    let id = AllocationID(seq: row["allocation_id"])
    let models: String = row["models"]
    let parts: [Int64] = [
      row["available_micros"], row["held_micros"], row["spent_micros"], row["expired_micros"],
      row["voided_micros"],
    ]
    let amount: Int64 = row["amount_micros"]
    let sum = parts.reduce(Int128(0)) { $0 + Int128($1) }
    guard let allocationClass = AllocationClass(rawValue: row["class"]),
      parts.allSatisfy({ $0 >= 0 }), sum == Int128(amount)
    else { throw StoreError.corrupted("allocation \(id): its parts do not add up") }
    let terms = AllocationTerms(
      id: id, account: AccountID(row["account_id"]), amountMicros: amount,
      allocationClass: allocationClass, priority: row["priority"],
      effectiveAt: LedgerTime(microseconds: row["effective_at_us"]),
      expiresAt: (row["expires_at_us"] as Int64?).map(LedgerTime.init(microseconds:)),
      models: models.isEmpty ? [] : models.split(separator: "\n").map(String.init),
      allocatedBy: row["allocated_by"],
      allocatedAt: LedgerTime(microseconds: row["allocated_at_us"]), notes: row["notes"])
    return Allocation(
      terms: terms, availableMicros: parts[0], heldMicros: parts[1], spentMicros: parts[2],
      expiredMicros: parts[3], voidedMicros: parts[4], isVoided: row["voided"])
  }

  /// Reads one allocation, spent or not.
  static func allocation(_ id: AllocationID, _ database: Database) throws -> Allocation? {
    try Row.fetchOne(
      database, sql: "SELECT * FROM allocations WHERE allocation_id = ?", arguments: [id.seq]
    ).map(allocation)
  }

  /// Reads one charge.
  static func usage(_ id: UsageID, _ database: Database) throws -> UsageRecord? {
    try Row.fetchOne(
      database, sql: "SELECT * FROM usage WHERE usage_id = ?", arguments: [id.seq]
    ).map(usage)
  }

  /// Reads one hold, with the price that it pinned.
  static func hold(_ id: HoldID, _ database: Database) throws -> Hold? {
    let found = try Row.fetchOne(
      database, sql: "SELECT * FROM holds WHERE hold_id = ?", arguments: [id.seq])
    guard let row = found else { return nil }
    return try hold(row) { try price(version: $0, database) }
  }

  private static func price(version: Int64, _ database: Database) throws -> PriceVersion? {
    try Row.fetchOne(
      database, sql: "SELECT * FROM prices WHERE version = ?", arguments: [version]
    ).map(price)
  }

  private static func hold(
    _ row: Row, priceOf: (Int64) throws -> PriceVersion?
  ) throws -> Hold {
    let id = HoldID(seq: row["hold_id"])
    let pins = try pins(row, "hold \(id)")
    let granted: Int64 = row["granted_micros"]
    let endedAt = (row["ended_at_us"] as Int64?).map(LedgerTime.init(microseconds:))
    guard let state = HoldState(rawValue: row["state"]), pins.totalMicros == granted,
      (state == .open) == (endedAt == nil)
    else { throw StoreError.corrupted("hold \(id): its parts do not add up") }
    var price: PriceVersion?
    if let version = row["price_version"] as Int64? {
      price = try priceOf(version)
      guard price != nil else { throw StoreError.corrupted("hold \(id): its price is gone") }
    }
    let terms = HoldTerms(
      id: id, account: AccountID(row["account_id"]), price: price, sessionID: row["session_id"],
      openedAt: LedgerTime(microseconds: row["opened_at_us"]))
    return Hold(
      terms: terms, state: state, grantedMicros: granted, pins: pins,
      expiresAt: LedgerTime(microseconds: row["expires_at_us"]),
      reportedMicros: row["reported_micros"], reportedUsage: try reportedUsage(row, id),
      endedAt: endedAt, isLateSettled: row["late_settled"])
  }

  private static func reportedUsage(_ row: Row, _ id: HoldID) throws -> TokenUsage? {
    guard let bytes = row["reported_usage"] as Data? else { return nil }
    do {
      return try TokenUsage(storedColumn: [UInt8](bytes))
    } catch {
      throw StoreError.corrupted("hold \(id): \(error)")
    }
  }

  /// Reads one page of holds.
  static func holds(_ query: HoldQuery, _ database: Database) throws -> HoldPage {
    let filter = "(?4 IS NULL OR state = ?4) AND (?5 IS NULL OR session_id = ?5)"
    let limit = query.limit + 1
    var matching = "SELECT * FROM holds WHERE hold_id > ?1 AND ?2 > 0 AND ?3 IS NULL AND \(filter)"
    if query.account != nil {
      matching = try AccountItems.rows(
        of: "holds", id: "hold_id", filter: filter, limit: limit, database)
    }
    let rows = try Row.fetchAll(
      database, sql: "SELECT * FROM (\(matching)) ORDER BY hold_id LIMIT \(limit)",
      arguments: [
        query.afterSeq, Int64.max, query.account?.name, query.state.map { Int64($0.rawValue) },
        query.sessionID,
      ])
    let matches = try rows.map { row in
      try hold(row) { try price(version: $0, database) }
    }
    return HoldPage(first: matches, limit: query.limit, asOfSeq: try head(database).seq)
  }

  private static func prices(_ database: Database) throws -> [PriceVersion] {
    try Row.fetchAll(database, sql: "SELECT * FROM prices ORDER BY version").map(price)
  }

  private static func price(_ row: Row) -> PriceVersion {
    PriceVersion(
      version: row["version"], model: row["model"],
      effectiveFrom: LedgerTime(microseconds: row["effective_from_us"]),
      rates: PriceRates(
        inputMicrosPerMillion: row["input_micros_per_million"],
        outputMicrosPerMillion: row["output_micros_per_million"],
        cachedInputMicrosPerMillion: row["cached_input_micros_per_million"],
        reasoningMicrosPerMillion: row["reasoning_micros_per_million"],
        perCallMicros: row["per_call_micros"], minimumMicros: row["minimum_micros"]))
  }

  /// Rows of one account that a page of usage looks at, at most.
  private static let usageExaminedMax = 5_000

  /// Reads one page of usage records.
  static func usage(_ query: UsageQuery, _ database: Database) throws -> UsagePage {
    // The filters choose among a bounded number of rows, so that a rare one cannot take for ever.
    let scope: StatementArguments = [query.afterSeq, query.throughSeq, query.account?.name]
    var examined = """
      SELECT * FROM usage WHERE usage_id > ?1 AND usage_id <= ?2 AND ?3 IS NULL
      ORDER BY usage_id LIMIT \(usageExaminedMax)
      """
    if query.account != nil {
      examined = try AccountItems.rows(
        of: "usage", id: "usage_id", limit: usageExaminedMax, database)
      examined = "SELECT * FROM (\(examined)) ORDER BY usage_id LIMIT \(usageExaminedMax)"
    }
    var filter = "charged_at_us >= ? AND charged_at_us < ?"
    var wanted: StatementArguments = [
      (query.from ?? .distantPast).microseconds, (query.until ?? .distantFuture).microseconds,
    ]
    if let model = query.model {
      filter += " AND model = ?"
      wanted += [model]
    }
    if let session = query.sessionID {
      filter += " AND session_id = ?"
      wanted += [session]
    }
    if let outcome = query.outcome {
      filter += " AND outcome = ?"
      wanted += [Int64(outcome.rawValue)]
    }
    let rows = try Row.fetchAll(
      database,
      sql: "SELECT * FROM (\(examined)) WHERE \(filter) ORDER BY usage_id LIMIT ?",
      arguments: scope + wanted + [query.limit + 1])
    let records = try rows.prefix(query.limit).map(usage)
    var next = rows.count > records.count ? records.last?.seq : nil
    if next == nil {
      // The row behind the last that was looked at, if there is one.
      let last = try Int64.fetchOne(
        database,
        sql: "SELECT usage_id FROM (\(examined)) LIMIT 1 OFFSET \(usageExaminedMax - 1)",
        arguments: scope)
      next = last
    }
    return UsagePage(records: records, nextSeq: next, asOfSeq: try head(database).seq)
  }

  private static func usage(_ row: Row) throws -> UsageRecord {
    let id = UsageID(seq: row["usage_id"])
    guard let outcome = Outcome(rawValue: row["outcome"]) else {
      throw StoreError.corrupted("usage \(id): an unknown outcome")
    }
    let usage = (row["model"] as String?).map { model in
      TokenUsage(
        model: model, inputTokens: row["input_tokens"], outputTokens: row["output_tokens"],
        cachedInputTokens: row["cached_input_tokens"], reasoningTokens: row["reasoning_tokens"])
    }
    var record = UsageRecord(
      id: id, account: AccountID(row["account_id"]), usage: usage,
      priceVersion: row["price_version"], debtMicros: row["debt_micros"],
      uncollectedMicros: row["uncollected_micros"], pins: try pins(row, "usage \(id)"),
      chargedAt: LedgerTime(microseconds: row["charged_at_us"]),
      eventTime: LedgerTime(microseconds: row["event_time_us"]), isLate: row["late"],
      outcome: outcome, hold: (row["hold_id"] as Int64?).map(HoldID.init(seq:)),
      sessionID: row["session_id"], requestID: row["request_id"])
    guard record.chargedMicros == row["charged_micros"] else {
      throw StoreError.corrupted("usage \(id): its pins are not its charge")
    }
    record.refundedMicros = row["refunded_micros"]
    return record
  }

  private static func pins(_ row: Row, _ subject: String) throws -> [Pin] {
    do {
      return try [Pin](storedPins: [UInt8](row["pins"] as Data))
    } catch {
      throw StoreError.corrupted("\(subject): \(error)")
    }
  }
}
