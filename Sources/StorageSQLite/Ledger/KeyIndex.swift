import GRDB
import Ledger

/// Finds in `state.db` the journal entries that idempotency keys were used in. Every command asks.
///
/// Used by one thread at a time, and closed before its connection.
final class KeyIndex {
  private let reader: DatabaseQueue
  private var statements: (begin: RawStatement, find: RawStatement, end: RawStatement)?

  /// Prepares the look-up on a connection that stays open longer.
  init(_ reader: DatabaseQueue) throws(StartupError) {
    self.reader = reader
    do {
      statements = try reader.unsafeRead { database in
        (
          try RawStatement(database, "BEGIN"),
          try RawStatement(database, "SELECT seq FROM idempotency_keys WHERE key_hash = ?"),
          try RawStatement(database, "COMMIT")
        )
      }
    } catch {
      throw StartupError("cannot look up keys: \(error)")
    }
  }

  /// The entries of those keys that the tables know, all as of one instant.
  func entries(of keys: [Digest]) throws -> [Digest: Int64] {
    guard let statements else { throw StoreError.failed("the key index is closed") }
    guard !keys.isEmpty else { return [:] }
    return try reader.unsafeRead { _ in
      var entries: [Digest: Int64] = [:]
      try statements.begin.run()
      defer { try? statements.end.run() }
      for key in keys {
        entries[key] = try statements.find.firstInteger(.blob(key.shortened))
      }
      return entries
    }
  }

  func close() {
    statements = nil
  }
}
