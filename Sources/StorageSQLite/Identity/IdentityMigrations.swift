import GRDB

/// The history of the identity database's tables. Append only: a migration that has shipped never
/// changes, a test holds the names.
enum IdentityMigrations {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("0001-users") { db in
      try db.execute(
        sql: """
          CREATE TABLE users (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
            username TEXT NOT NULL CHECK (length(username) BETWEEN 1 AND 64),
            username_folded TEXT NOT NULL UNIQUE CHECK (username_folded = lower(username)),
            password_hash TEXT NOT NULL CHECK (length(password_hash) BETWEEN 1 AND 256),
            roles TEXT NOT NULL,
            is_disabled INTEGER NOT NULL CHECK (is_disabled IN (0, 1)),
            created_at INTEGER NOT NULL,
            token_epoch INTEGER NOT NULL CHECK (token_epoch >= 0)
          ) STRICT, WITHOUT ROWID
          """)
    }
    return migrator
  }
}
