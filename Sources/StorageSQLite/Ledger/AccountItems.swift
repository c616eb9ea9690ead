import GRDB

/// The table `account_items`: which holds and charges an account has, up to some journal entry.
///
/// ```
///   account_items: account, last of the list,     holds and usage, by seq
///                  [seq, seq, ... at most 256]
///   |---------- up to account_items_end ----------|---- the latest: looked through ----|
/// ```
/// An index of its own for each table would be written all over, an account here and an account
/// there with every row. This one is brought up to date in large steps instead, in its own order,
/// with one list for all that an account has of a step.
enum AccountItems {
  /// Entries of the journal that are not in the table yet, at most about twice as many.
  static let step: Int64 = 65_536
  /// The most items of one list: a page of answers reads at most one list too many.
  private static let listMax = 256

  /// The entry up to which the table is complete.
  static func end(_ database: Database) throws -> Int64 {
    try Int64.fetchOne(database, sql: "SELECT seq FROM account_items_end") ?? 0
  }

  /// Takes the next step, in the transaction of the caller; returns the new end.
  static func extend(
    from end: Int64, by step: Int64 = step, _ database: Database
  ) throws -> Int64 {
    let next = end + step
    let latest = try RawStatement(
      database,
      """
      SELECT account_id, usage_id FROM usage WHERE usage_id > ?1 AND usage_id <= ?2
      UNION ALL
      SELECT account_id, hold_id FROM holds WHERE hold_id > ?1 AND hold_id <= ?2
      ORDER BY 1, 2
      """)
    var list = ItemList()
    let insert = try RawStatement(database, "INSERT INTO account_items VALUES (?, ?, ?)")
    let range: (inout RawArguments) -> Void = { row in
      row.integer(end)
      row.integer(next)
    }
    try latest.forEach(range) { account, seq in
      if list.count == listMax || !list.account.elementsEqual(account) {
        try list.write(by: insert)
        list = ItemList(account: Array(account))
      }
      list.append(seq)
    }
    try list.write(by: insert)
    try database.execute(sql: "UPDATE account_items_end SET seq = ?", arguments: [next])
    return next
  }

  /// SQL for the first rows of `table` after the id `?1` and up to the id `?2` that are about the
  /// account `?3` and pass the filter; the ones before the end come first.
  static func rows(
    of table: String, id: String, filter: String = "TRUE", limit: Int, _ database: Database
  ) throws -> String {
    let end = try end(database)
    return """
      SELECT * FROM (
        SELECT t.* FROM account_items i CROSS JOIN json_each(i.seqs) j
          CROSS JOIN \(table) t ON t.\(id) = j.value
        WHERE i.account_id = ?3 AND i.last_seq > ?1 AND j.value > ?1
          AND j.value <= min(?2, \(end)) AND \(filter)
        ORDER BY i.last_seq, j.value LIMIT \(limit)
      ) UNION ALL SELECT * FROM (
        SELECT t.* FROM \(table) t
        WHERE \(id) > max(?1, \(end)) AND \(id) <= ?2 AND account_id = ?3 AND \(filter)
        ORDER BY \(id) LIMIT \(limit)
      )
      """
  }

  /// Whether the table has just the holds and charges up to its end.
  static func isWhole(_ database: Database) throws -> Bool {
    let wanted = """
      SELECT account_id, usage_id AS seq FROM main.usage WHERE usage_id <= :end
      UNION ALL SELECT account_id, hold_id FROM main.holds WHERE hold_id <= :end
      """
    let found = """
      SELECT account_id, j.value AS seq FROM main.account_items CROSS JOIN json_each(seqs) j
      """
    let differs = try Bool.fetchOne(
      database,
      sql: """
        SELECT EXISTS (SELECT * FROM (\(wanted)) EXCEPT \(found))
          OR (SELECT count(*) FROM (\(wanted))) <> (SELECT count(*) FROM (\(found)))
        """, arguments: ["end": try end(database)])
    return differs == false
  }
}

/// A row of the table: one account's items, as a list in JSON.
private struct ItemList {
  let account: [UInt8]
  private(set) var count = 0
  private var last: Int64 = 0
  private var text: [UInt8] = []

  init(account: [UInt8] = []) { self.account = account }

  mutating func append(_ seq: Int64) {
    text.append(UInt8(ascii: count == 0 ? "[" : ","))
    text.append(contentsOf: String(seq).utf8)
    last = seq
    count += 1
  }

  func write(by insert: RawStatement) throws {
    guard count > 0 else { return }
    try insert.run { row in
      row.text(account)
      row.integer(last)
      row.text(text + [UInt8(ascii: "]")])
    }
  }
}
