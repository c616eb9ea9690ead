import GRDB

/// The table `account_items`: which holds and charges an account has, up to some journal entry.
///
/// ```
///   account_items, by account and seq            holds and usage, by seq
///   |---------- up to account_items_end ----------|---- the latest: looked through ----|
/// ```
/// An index of its own for each table would be written all over, an account here and an account
/// there with every row. This one is brought up to date in large steps instead, in its own order,
/// so that several rows fall on a page.
enum AccountItems {
  /// Entries of the journal that are not in the table yet, at most about twice as many.
  static let step: Int64 = 65_536

  /// The entry up to which the table is complete.
  static func end(_ database: Database) throws -> Int64 {
    try Int64.fetchOne(database, sql: "SELECT seq FROM account_items_end") ?? 0
  }

  /// Takes the next step, in the transaction of the caller; returns the new end.
  static func extend(
    from end: Int64, by step: Int64 = step, _ database: Database
  ) throws -> Int64 {
    let next = end + step
    try database.execute(
      sql: """
        INSERT INTO account_items (account_id, seq)
        SELECT account_id, usage_id FROM usage WHERE usage_id > ?1 AND usage_id <= ?2
        UNION ALL
        SELECT account_id, hold_id FROM holds WHERE hold_id > ?1 AND hold_id <= ?2
        ORDER BY 1, 2
        """, arguments: [end, next])
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
        SELECT t.* FROM account_items i CROSS JOIN \(table) t ON t.\(id) = i.seq
        WHERE i.account_id = ?3 AND i.seq > ?1 AND i.seq <= min(?2, \(end)) AND \(filter)
        ORDER BY i.seq LIMIT \(limit)
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
    let found = "SELECT account_id, seq FROM main.account_items"
    let differs = try Bool.fetchOne(
      database,
      sql: """
        SELECT EXISTS (SELECT * FROM (\(wanted)) EXCEPT \(found))
          OR (SELECT count(*) FROM (\(wanted))) <> (SELECT count(*) FROM (\(found)))
        """, arguments: ["end": try end(database)])
    return differs == false
  }
}
