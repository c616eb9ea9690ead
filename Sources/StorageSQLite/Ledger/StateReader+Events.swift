import GRDB
import Ledger

extension StateReader {
  /// Lists the ids of events, oldest first.
  static func events(_ query: EventQuery, _ database: Database) throws -> [EventID] {
    var filter = "event_id > ? AND event_id <= ?"
    var arguments: StatementArguments = [query.afterSeq, query.throughSeq]
    if let account = query.account {
      filter += " AND account_id = ?"
      arguments += [account.name]
    }
    if !query.kinds.isEmpty {
      filter += " AND kind IN (\(query.kinds.map { "\($0.rawValue)" }.joined(separator: ", ")))"
    }
    arguments += [query.limit]
    let ids = try Int64.fetchAll(
      database, sql: "SELECT event_id FROM events WHERE \(filter) ORDER BY event_id LIMIT ?",
      arguments: arguments)
    return ids.map(EventID.init(seq:))
  }
}
