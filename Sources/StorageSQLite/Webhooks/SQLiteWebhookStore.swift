import Foundation
import GRDB
import Ledger
import Webhooks

/// Webhooks, their deliveries and the answers to keys in an SQLite file.
///
/// What is told is in the journal; here is only who is told, and how far that has come. One
/// connection and a rollback journal: writes are rare. `synchronous = EXTRA` makes each durable
/// when its call returns.
public final class SQLiteWebhookStore: WebhookStore {
  private let database: DatabaseQueue

  /// Opens the file, makes it (mode 0600: it holds secrets) when there is none.
  ///
  /// Blocks on the disk: call at start-up. Throws when the file is damaged or no database.
  public init(path: String) throws(StartupError) {
    let files = FileManager.default
    guard
      files.fileExists(atPath: path)
        || files.createFile(
          atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
    else { throw StartupError("cannot make the webhooks \(path)") }
    SQLiteLibrary.prepare()
    var configuration = Configuration()
    configuration.label = "webhooks"
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA synchronous = EXTRA; PRAGMA trusted_schema = OFF")
    }
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
      try Self.migrator.migrate(database)
    } catch {
      throw StartupError("cannot open the webhooks \(path): \(error)")
    }
  }

  public func close() throws { try database.close() }

  private static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("webhooks-1") { database in
      try database.execute(
        sql: """
          CREATE TABLE webhooks (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            webhook_id TEXT NOT NULL UNIQUE,
            url TEXT NOT NULL,
            kinds TEXT NOT NULL,
            paused INTEGER NOT NULL CHECK (paused IN (0, 1)),
            secret BLOB NOT NULL CHECK (length(secret) = 32),
            created_at_us INTEGER NOT NULL,
            from_seq INTEGER NOT NULL,
            cursor_seq INTEGER NOT NULL
          ) STRICT;

          CREATE TABLE deliveries (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            webhook_id TEXT NOT NULL,
            event_id INTEGER NOT NULL,
            account_id TEXT NOT NULL,
            state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
            attempts INTEGER NOT NULL CHECK (attempts >= 0),
            holds_line INTEGER NOT NULL CHECK (holds_line IN (0, 1)),
            last_attempt_at_us INTEGER,
            next_attempt_at_us INTEGER,
            last_status INTEGER NOT NULL,
            last_error TEXT NOT NULL,
            UNIQUE (webhook_id, event_id),
            CHECK ((state = 1) = (next_attempt_at_us IS NOT NULL))
          ) STRICT;
          CREATE INDEX deliveries_pending ON deliveries (webhook_id, event_id) WHERE state = 1;

          CREATE TABLE answers (
            key_hash BLOB PRIMARY KEY CHECK (length(key_hash) = 32),
            body_hash BLOB NOT NULL CHECK (length(body_hash) = 32),
            answer BLOB NOT NULL
          ) STRICT, WITHOUT ROWID;
          """)
    }
    return migrator
  }

  // MARK: Webhooks

  public func webhooks() async throws -> [(webhook: Webhook, cursor: Int64)] {
    try await database.read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM webhooks ORDER BY number").map { row in
        (try Self.webhook(row), row["cursor_seq"])
      }
    }
  }

  public func answer(to key: Digest) async throws -> WebhookAnswer? {
    try await database.read { try Self.answer(to: key, $0) }
  }

  public func put(_ webhook: Webhook, answer: WebhookAnswer) async throws -> WebhookAnswer? {
    let kinds = webhook.kinds.map { "\($0.rawValue)" }.joined(separator: ",")
    return try await mutating(answer) { database in
      try database.execute(
        sql: """
          INSERT INTO webhooks (webhook_id, url, kinds, paused, secret, created_at_us, from_seq,
            cursor_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (webhook_id) DO UPDATE SET url = excluded.url, kinds = excluded.kinds,
            paused = excluded.paused, secret = excluded.secret
          """,
        arguments: [
          webhook.id, webhook.url.text, kinds, webhook.isPaused, Data(webhook.secret.bytes),
          webhook.createdAt.microseconds, webhook.fromSeq, webhook.fromSeq,
        ])
    }
  }

  public func delete(_ id: String, answer: WebhookAnswer) async throws -> WebhookAnswer? {
    try await mutating(answer) { database in
      try database.execute(sql: "DELETE FROM webhooks WHERE webhook_id = ?", arguments: [id])
      try database.execute(sql: "DELETE FROM deliveries WHERE webhook_id = ?", arguments: [id])
    }
  }

  // MARK: Deliveries

  public func enqueue(
    _ events: [(id: EventID, account: AccountID)], to webhook: String, cursor: Int64,
    at time: LedgerTime
  ) async throws {
    try await database.write { database in
      try database.execute(
        sql: "UPDATE webhooks SET cursor_seq = ? WHERE webhook_id = ?",
        arguments: [cursor, webhook])
      // Deleted meanwhile: nobody to deliver to.
      guard database.changesCount == 1 else { return }
      for event in events {
        try database.execute(
          sql: Self.insert + " ON CONFLICT DO NOTHING",
          arguments: [webhook, event.id.seq, event.account.name, time.microseconds])
      }
    }
  }

  private static let insert = """
    INSERT INTO deliveries (webhook_id, event_id, account_id, state, attempts, holds_line,
      next_attempt_at_us, last_status, last_error) VALUES (?, ?, ?, 1, 0, 0, ?, 0, '')
    """

  public func next(for webhook: String, at time: LedgerTime) async throws -> NextDelivery {
    try await database.read { database in
      let row = try Row.fetchOne(
        database,
        sql: """
          SELECT * FROM deliveries WHERE webhook_id = ? AND state = 1
            AND (holds_line = 1 OR next_attempt_at_us <= ?) ORDER BY event_id LIMIT 1
          """, arguments: [webhook, time.microseconds])
      if let row {
        let delivery = try Self.delivery(row)
        if let due = delivery.nextAttemptAt, due <= time { return .ready(delivery) }
      }
      // The first one holds the line, or all have stepped aside.
      let soonest = try Int64.fetchOne(
        database,
        sql: "SELECT min(next_attempt_at_us) FROM deliveries WHERE webhook_id = ? AND state = 1",
        arguments: [webhook])
      guard let soonest else { return .none }
      let held = try row.map { try Self.delivery($0) }?.nextAttemptAt
      return .wait(until: held ?? LedgerTime(microseconds: soonest))
    }
  }

  public func record(_ delivery: Delivery) async throws {
    try await database.write { database in
      try database.execute(
        sql: """
          UPDATE deliveries SET state = ?, attempts = ?, holds_line = ?, last_attempt_at_us = ?,
            next_attempt_at_us = ?, last_status = ?, last_error = ? WHERE number = ?
          """,
        arguments: [
          Int64(delivery.state.rawValue), delivery.attempts, delivery.holdsLine,
          delivery.lastAttemptAt?.microseconds, delivery.nextAttemptAt?.microseconds,
          delivery.lastStatus, delivery.lastError, delivery.number,
        ])
    }
  }

  public func redeliver(
    _ event: EventID, of account: AccountID, to webhook: String, at time: LedgerTime,
    answer: @Sendable (Delivery) -> WebhookAnswer
  ) async throws -> WebhookAnswer? {
    try await withoutActuallyEscaping(answer) { answer in
      try await database.write { database in
        try database.execute(
          sql: Self.insert + """
             ON CONFLICT (webhook_id, event_id) DO UPDATE SET state = 1, attempts = 0,
              holds_line = 0, next_attempt_at_us = excluded.next_attempt_at_us
            """,
          arguments: [webhook, event.seq, account.name, time.microseconds])
        let row = try Row.fetchOne(
          database, sql: "SELECT * FROM deliveries WHERE webhook_id = ? AND event_id = ?",
          arguments: [webhook, event.seq])
        guard let row else { throw StoreError.failed("a delivery is gone") }
        let made = answer(try Self.delivery(row))
        if let earlier = try Self.answer(to: made.key, database) {
          // The same request, answered meanwhile: that it is due now does no harm.
          return earlier
        }
        try Self.insert(made, database)
        return nil
      }
    }
  }

  public func deliveries(_ query: DeliveryQuery) async throws -> [Delivery] {
    var filter = "number > ?"
    var arguments: StatementArguments = [query.afterNumber]
    if let account = query.account {
      filter += " AND account_id = ?"
      arguments += [account.name]
    }
    if let webhook = query.webhook {
      filter += " AND webhook_id = ?"
      arguments += [webhook]
    }
    if let state = query.state {
      filter += " AND state = ?"
      arguments += [Int64(state.rawValue)]
    }
    arguments += [query.limit]
    return try await database.read { [filter, arguments] database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM deliveries WHERE \(filter) ORDER BY number LIMIT ?",
        arguments: arguments
      ).map(Self.delivery)
    }
  }

  public func counts() async throws -> [String: DeliveryCounts] {
    try await database.read { database in
      var counts: [String: DeliveryCounts] = [:]
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT webhook_id, sum(state = 1) AS pending, sum(state = 3) AS dead FROM deliveries
          GROUP BY webhook_id
          """)
      for row in rows {
        counts[row["webhook_id"]] = DeliveryCounts(pending: row["pending"], dead: row["dead"])
      }
      return counts
    }
  }

  public func forget(before time: LedgerTime) async throws {
    try await database.write { database in
      try database.execute(
        sql: "DELETE FROM deliveries WHERE state <> 1 AND last_attempt_at_us < ?",
        arguments: [time.microseconds])
    }
  }

  // MARK: Rows

  /// Carries out a mutation and keeps its answer, unless its key was answered before.
  private func mutating(
    _ answer: WebhookAnswer, _ body: @escaping @Sendable (Database) throws -> Void
  ) async throws -> WebhookAnswer? {
    try await database.write { database in
      if let earlier = try Self.answer(to: answer.key, database) { return earlier }
      try body(database)
      try Self.insert(answer, database)
      return nil
    }
  }

  private static func insert(_ answer: WebhookAnswer, _ database: Database) throws {
    try database.execute(
      sql: "INSERT INTO answers VALUES (?, ?, ?)",
      arguments: [Data(answer.key.bytes), Data(answer.body.bytes), Data(answer.bytes)])
  }

  private static func answer(to key: Digest, _ database: Database) throws -> WebhookAnswer? {
    let row = try Row.fetchOne(
      database, sql: "SELECT body_hash, answer FROM answers WHERE key_hash = ?",
      arguments: [Data(key.bytes)])
    guard let row else { return nil }
    guard let body = Digest(bytes: row["body_hash"] as Data) else {
      throw StoreError.corrupted("an answer to a webhook request")
    }
    return WebhookAnswer(key: key, body: body, bytes: [UInt8](row["answer"] as Data))
  }

  private static func webhook(_ row: Row) throws -> Webhook {
    let id: String = row["webhook_id"]
    let kinds = (row["kinds"] as String).split(separator: ",").map { text in
      UInt8(text).flatMap(LedgerEvent.Kind.init(rawValue:))
    }
    // Whether http is allowed was decided when it was put.
    guard let secret = WebhookSecret(bytes: [UInt8](row["secret"] as Data)),
      let url = try? WebhookURL(row["url"], allowsPlain: true), !kinds.contains(nil)
    else { throw StoreError.corrupted("webhook \(id)") }
    return Webhook(
      id: id, url: url, kinds: kinds.compactMap { $0 }, isPaused: row["paused"], secret: secret,
      createdAt: LedgerTime(microseconds: row["created_at_us"]), fromSeq: row["from_seq"])
  }

  private static func delivery(_ row: Row) throws -> Delivery {
    let number: Int64 = row["number"]
    guard let state = DeliveryState(rawValue: row["state"]) else {
      throw StoreError.corrupted("delivery \(number)")
    }
    return Delivery(
      number: number, webhook: row["webhook_id"], event: EventID(seq: row["event_id"]),
      account: AccountID(row["account_id"]), state: state, attempts: row["attempts"],
      holdsLine: row["holds_line"],
      lastAttemptAt: (row["last_attempt_at_us"] as Int64?).map(LedgerTime.init(microseconds:)),
      nextAttemptAt: (row["next_attempt_at_us"] as Int64?).map(LedgerTime.init(microseconds:)),
      lastStatus: row["last_status"], lastError: row["last_error"])
  }
}
