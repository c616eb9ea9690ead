import Synchronization
import Testing

@testable import Identity

@Suite("The user directory")
struct UserDirectoryTests {
  final class MemoryStore: UserStore {
    private let users = Mutex<[String: UserRecord]>([:])
    func insert(_ user: UserRecord) async throws(UserStoreError) {
      let inserted = users.withLock { users in
        guard users[user.username.folded] == nil else { return false }
        users[user.username.folded] = user
        return true
      }
      if !inserted { throw .usernameTaken }
    }
    func user(named username: Username) async throws(UserStoreError) -> UserRecord? {
      users.withLock { $0[username.folded] }
    }
    func user(id: String) async throws(UserStoreError) -> UserRecord? {
      users.withLock { $0.values.first { $0.id == id } }
    }
    func count() async throws(UserStoreError) -> Int { users.withLock { $0.count } }
    func disable(_ name: String) { users.withLock { $0[name]?.isDisabled = true } }
  }

  func make() throws -> (UserDirectory, MemoryStore) {
    let store = MemoryStore()
    let hasher = try PasswordHasher(cost: PasswordHasherTests.cheap)
    return (UserDirectory(store: store, hasher: hasher), store)
  }

  @Test("A user who was added can log in with that password only, until disabled")
  func authentication() async throws {
    let (directory, store) = try make()
    let added = try await directory.addUser(
      name: "Alice", password: "correct horse", roles: [.user])
    let name = try #require(Username("alice"))
    #expect(try await directory.authenticate(name: name, password: "correct horse") == added)
    #expect(try await directory.authenticate(name: name, password: "wrong horse") == nil)
    let nobody = try #require(Username("nobody"))
    #expect(try await directory.authenticate(name: nobody, password: "correct horse") == nil)
    store.disable("alice")
    #expect(try await directory.authenticate(name: name, password: "correct horse") == nil)
  }

  @Test("Refusals come in their documented order")
  func precedence() async throws {
    let (directory, _) = try make()
    _ = try await directory.addUser(name: "alice", password: "12345678", roles: [.user])
    let long = String(repeating: "p", count: 257)
    let rows: [(String, String, RoleSet, String)] = [
      ("a b", "short", [], "badUsername"), ("alice", "1234567", [], "badPassword"),
      ("alice", long, [], "badPassword"), ("alice", "12345678", [], "noRole"),
      ("ALICE", "12345678", [.user], "usernameTaken"),
    ]
    for (name, password, roles, refusal) in rows {
      do throws(AddUserRefusal) {
        _ = try await directory.addUser(name: name, password: password, roles: roles)
        Issue.record("\(name) was added")
      } catch {
        #expect("\(error)" == refusal)
      }
    }
  }
}
