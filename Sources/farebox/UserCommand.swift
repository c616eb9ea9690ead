import ArgumentParser
import Foundation
import Identity
import StorageSQLite

/// `farebox user …`: users, managed on the machine that keeps them.
struct UserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "Manage users.", subcommands: [Add.self])

  /// `farebox user add NAME`: the only way to the first administrator.
  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add a user. The password comes from a prompt, or from standard input.")

    @Argument(help: "The name to log in with: [A-Za-z0-9_.:-]{1,64}.")
    var name: String

    @Flag(help: "Grant the ADMIN role.")
    var admin = false

    @Flag(help: "Grant the SERVICE role.")
    var service = false

    @Flag(help: "Grant the AUDITOR role.")
    var auditor = false

    @Option(name: .customLong("data"), help: "The data directory.")
    var data = "./farebox-data"

    func run() async throws {
      var roles: [Role] = []
      if admin { roles.append(.admin) }
      if service { roles.append(.service) }
      if auditor { roles.append(.auditor) }
      if roles.isEmpty || admin { roles.append(.user) }
      let password = try Password.read(prompt: "Password for \(name): ")
      let files = Installation(path: data)
      try files.prepare()
      let store = try SQLiteUserStore(path: files.users)
      defer { try? store.close() }
      let users = UserDirectory(store: store, hasher: try PasswordHasher())
      let user: UserRecord
      do {
        user = try await users.addUser(name: name, password: password, roles: RoleSet(roles))
      } catch {
        throw StartupError("user \(name) was not added: \(error)")
      }
      print("added user \(user.username) (\(user.id)) with roles \(user.roles)")
    }
  }
}
