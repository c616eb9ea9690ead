import GRDB
import Ledger

/// The table `recent_answers`: which charges were for whole answers, the latest at least.
///
/// The start reads how long these were. An index of the charges would cost each of them a row of
/// its own, and answers do not leave it when newer ones have taken their place.
enum RecentAnswers {
  /// The most charges of one list.
  static let listMax = 256
  /// Which charges are listed, as ``UsageRecord/wholeAnswer`` says. Asked again of what a list
  /// names: a file that was edited by hand may name others.
  private static let isListed =
    "model IS NOT NULL AND output_tokens > 0 AND outcome = 1 AND late = 0"

  /// Writes charges in lists, given in order.
  static func write(_ ids: [UsageID], by insert: RawStatement) throws {
    for start in stride(from: 0, to: ids.count, by: listMax) {
      let list = ids[start...].prefix(listMax)
      guard let last = list.last else { continue }
      try insert.run { row in
        row.integer(last.seq)
        row.text("[" + list.map { String($0.seq) }.joined(separator: ",") + "]")
      }
    }
  }

  /// The output tokens of the latest whole answers, oldest first.
  static func outputs(_ database: Database) throws -> [ModelOutput] {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT u.model, u.output_tokens
        FROM recent_answers a CROSS JOIN json_each(a.usage_ids) j
          CROSS JOIN usage u ON u.usage_id = j.value
        WHERE \(isListed)
        ORDER BY a.last_usage_id DESC, j.value DESC LIMIT ?
        """, arguments: [ModelOutput.rememberedMax])
    return rows.reversed().map { ModelOutput(model: $0["model"], tokens: $0["output_tokens"]) }
  }

  /// Drops the lists that are older than all that is remembered, in the transaction of the caller.
  static func trim(_ database: Database) throws {
    try database.execute(
      sql: """
        DELETE FROM recent_answers WHERE last_usage_id <= (
          SELECT max(last_usage_id) FROM (
            SELECT last_usage_id, sum(json_array_length(usage_ids)) OVER (
              ORDER BY last_usage_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS later
            FROM recent_answers)
          WHERE later >= ?)
        """, arguments: [ModelOutput.rememberedMax])
  }

  /// Whether the table has just the latest whole answers that the charges have.
  static func isWhole(_ database: Database) throws -> Bool {
    let wanted = try Int64.fetchAll(
      database,
      sql: """
        SELECT usage_id FROM main.usage WHERE \(isListed)
        ORDER BY usage_id DESC LIMIT ?
        """, arguments: [ModelOutput.rememberedMax])
    let found = try Int64.fetchAll(
      database,
      sql: """
        SELECT j.value FROM main.recent_answers a CROSS JOIN json_each(a.usage_ids) j
        ORDER BY a.last_usage_id DESC, j.value DESC LIMIT ?
        """, arguments: [ModelOutput.rememberedMax])
    return wanted == found
  }
}
