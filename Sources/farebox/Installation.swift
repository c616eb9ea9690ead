import StorageSQLite

/// Where one installation keeps its files.
struct Installation: Sendable {
  let path: String

  /// The users' database.
  var users: String { path + "/identity.db" }
  /// The key that signs tokens.
  var signingKey: String { path + "/signing-key.pem" }
  /// The ledger's databases.
  var ledger: String { path + "/ledger" }

  /// Makes the folder, for its owner alone, when it is not there.
  func prepare() throws {
    try Folder.make(path)
  }
}
