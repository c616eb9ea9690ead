import GRDB
import Identity

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Users in an SQLite file.
///
/// One connection and a rollback journal, not WAL: writes are rare, and the operator's command may
/// write while the server runs. `synchronous = EXTRA` is FULL plus a sync of the directory, so that
/// a user is durable when `insert` returns.
public struct SQLiteUserStore: UserStore {
  private let database: DatabaseQueue

  /// Opens the file, makes it (mode 0600) when there is none, and brings its tables up to date.
  ///
  /// Blocks on the disk: call at start-up. Throws when the file is damaged, from a newer version,
  /// or no database.
  public init(path: String) throws(StartupError) {
    Self.createPrivateFile(path)
    SQLiteLibrary.prepare()
    var configuration = Configuration()
    configuration.label = "identity"
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA synchronous = EXTRA; PRAGMA trusted_schema = OFF")
    }
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
      let migrator = IdentityMigrations.migrator
      try database.read { db in
        let verdict = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "no answer"
        guard verdict == "ok" else { throw StartupError("\(path) is damaged: \(verdict)") }
        guard try !migrator.hasBeenSuperseded(db) else {
          throw StartupError("\(path) was written by a newer version of this program")
        }
      }
      try migrator.migrate(database)
    } catch let error as StartupError {
      throw error
    } catch {
      throw StartupError("cannot open the user database \(path): \(error)")
    }
  }

  /// Closes the file; later calls fail.
  public func close() throws {
    try database.close()
  }

  /// Adds a user; durable on return.
  public func insert(_ user: UserRecord) async throws(UserStoreError) {
    do {
      try await database.write { db in
        try db.execute(
          sql: """
            INSERT INTO users (id, username, username_folded, password_hash, roles, is_disabled,
              created_at, token_epoch) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            user.id, user.username.text, user.username.folded, user.passwordHash,
            user.roles.description, user.isDisabled, user.createdAt, user.tokenEpoch,
          ])
      }
    } catch let error as DatabaseError
      where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE
    {
      // The only UNIQUE column; the id is the primary key and has a code of its own.
      throw .usernameTaken
    } catch {
      throw .storage(error)
    }
  }

  /// The user of that name, or nil.
  public func user(named username: Username) async throws(UserStoreError) -> UserRecord? {
    try await first("SELECT * FROM users WHERE username_folded = ?", username.folded)
  }

  /// The user with that id, or nil.
  public func user(id: String) async throws(UserStoreError) -> UserRecord? {
    try await first("SELECT * FROM users WHERE id = ?", id)
  }

  /// How many users there are.
  public func count() async throws(UserStoreError) -> Int {
    do {
      return try await database.read { db in
        try Int.fetchOne(db, sql: "SELECT count(*) FROM users") ?? 0
      }
    } catch {
      throw .storage(error)
    }
  }

  private func first(
    _ query: String, _ argument: String
  ) async throws(UserStoreError) -> UserRecord? {
    do {
      return try await database.read { db in
        try Row.fetchOne(db, sql: query, arguments: [argument]).map(Self.user)
      }
    } catch let error as UserStoreError {
      throw error
    } catch {
      throw .storage(error)
    }
  }

  private static func user(_ row: Row) throws -> UserRecord {
    let id: String = row["id"]
    guard let username = Username(row["username"] as String) else {
      throw UserStoreError.damaged("user \(id) has a malformed name")
    }
    let names = (row["roles"] as String).split(separator: ",").map(String.init)
    return UserRecord(
      id: id, username: username, passwordHash: row["password_hash"],
      roles: RoleSet(names: names), isDisabled: row["is_disabled"],
      createdAt: row["created_at"], tokenEpoch: row["token_epoch"])
  }

  /// SQLite gives its journal the mode of the database, so this covers both. A failure shows when
  /// the database is opened.
  private static func createPrivateFile(_ path: String) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    if descriptor >= 0 { closeDescriptor(descriptor) }
  }
}

/// The C function, under a name that the store's own `close` does not hide.
private func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }
