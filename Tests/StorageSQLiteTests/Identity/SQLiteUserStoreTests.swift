import Foundation
import GRDB
import Identity
import Testing

@testable import StorageSQLite

@Suite("Users in SQLite")
struct SQLiteUserStoreTests {
  /// A directory that is removed when the test ends.
  final class Scratch {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("identity-\(UUID().uuidString)")
    var path: String { url.appendingPathComponent("identity.db").path }

    init() throws {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(at: url) }
  }

  func makeUser(_ name: String, id: String = UserRecord.makeID()) throws -> UserRecord {
    UserRecord(
      id: id, username: try #require(Username(name)), passwordHash: "$argon2id$...",
      roles: [.user, .auditor], isDisabled: true, createdAt: 1_700_000_000, tokenEpoch: 3)
  }

  @Test("A stored user comes back whole, by name in any case and by id, also after a restart")
  func roundTrip() async throws {
    let scratch = try Scratch()
    let user = try makeUser("Alice")
    do {
      let store = try SQLiteUserStore(path: scratch.path)
      try await store.insert(user)
      try store.close()
    }
    let store = try SQLiteUserStore(path: scratch.path)
    let byName = try await store.user(named: #require(Username("aLICE")))
    #expect(byName == user)
    #expect(byName?.username.text == "Alice")
    #expect(try await store.user(id: user.id) == user)
    #expect(try await store.count() == 1)
    #expect(try await store.user(named: #require(Username("bob"))) == nil)
    #expect(try await store.user(id: "usr_nobody") == nil)
  }

  @Test("A second user of the same name, in another case, is refused by type and changes nothing")
  func duplicates() async throws {
    let scratch = try Scratch()
    let store = try SQLiteUserStore(path: scratch.path)
    let first = try makeUser("alice")
    try await store.insert(first)
    for name in ["alice", "ALICE", "Alice"] {
      do {
        try await store.insert(makeUser(name))
        Issue.record("\(name) was accepted twice")
      } catch let error as UserStoreError {
        guard case .usernameTaken = error else {
          Issue.record("\(error)")
          continue
        }
      }
    }
    #expect(try await store.count() == 1)
    #expect(try await store.user(named: first.username)?.id == first.id)
  }

  @Test("A repeated id is a storage error, not a taken name")
  func duplicateID() async throws {
    let scratch = try Scratch()
    let store = try SQLiteUserStore(path: scratch.path)
    try await store.insert(makeUser("alice", id: "usr_1"))
    do {
      try await store.insert(makeUser("bob", id: "usr_1"))
      Issue.record("accepted")
    } catch let error as UserStoreError {
      guard case .storage = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test("Only the owner can read the file")
  func fileMode() throws {
    let scratch = try Scratch()
    _ = try SQLiteUserStore(path: scratch.path)
    let mode = try FileManager.default.attributesOfItem(atPath: scratch.path)[.posixPermissions]
    #expect(mode as? Int == 0o600)
  }

  @Test("A file that is no database, or is damaged, is refused at start")
  func damaged() throws {
    let scratch = try Scratch()
    try Data("this is not a database at all, whatever it is".utf8)
      .write(to: URL(fileURLWithPath: scratch.path))
    #expect(throws: StartupError.self) { try SQLiteUserStore(path: scratch.path) }
  }

  @Test("A database of a newer version is refused")
  func newerVersion() throws {
    let scratch = try Scratch()
    try SQLiteUserStore(path: scratch.path).close()
    let queue = try DatabaseQueue(path: scratch.path)
    try queue.write { db in
      try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('9999-later')")
    }
    try queue.close()
    #expect(throws: StartupError.self) { try SQLiteUserStore(path: scratch.path) }
  }

  @Test("Roles that are not known grant nothing, and a malformed name is damage")
  func editedRows() async throws {
    let scratch = try Scratch()
    let store = try SQLiteUserStore(path: scratch.path)
    try await store.insert(makeUser("alice", id: "usr_1"))
    try await store.insert(makeUser("bob", id: "usr_2"))
    let queue = try DatabaseQueue(path: scratch.path)
    try await queue.write { db in
      try db.execute(sql: "UPDATE users SET roles = 'ROOT,admin,USER' WHERE id = 'usr_1'")
      try db.execute(
        sql: "UPDATE users SET username = 'b b', username_folded = 'b b' WHERE id = 'usr_2'")
    }
    #expect(try await store.user(id: "usr_1")?.roles == [.user])
    await #expect(throws: UserStoreError.self) { try await store.user(id: "usr_2") }
  }

  @Test("Shipped migrations keep their names and their order")
  func migrations() {
    #expect(IdentityMigrations.migrator.migrations == ["0001-users"])
  }
}
