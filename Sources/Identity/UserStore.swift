/// Where users are kept.
///
/// Calls suspend while the storage works; implementations never block the caller's thread.
public protocol UserStore: Sendable {
  /// Adds a user; durable on return.
  ///
  /// Throws `.usernameTaken` when a user of that name exists, in whatever case.
  func insert(_ user: UserRecord) async throws(UserStoreError)

  /// The user of that name, or nil.
  func user(named username: Username) async throws(UserStoreError) -> UserRecord?

  /// The user with that id, or nil.
  func user(id: String) async throws(UserStoreError) -> UserRecord?

  /// How many users there are.
  func count() async throws(UserStoreError) -> Int
}

/// Why a store of users did not do what it was asked.
public enum UserStoreError: Error, Sendable {
  /// A user of that name exists.
  case usernameTaken
  /// The storage failed; whether the change happened is unknown.
  case storage(any Error)
  /// A stored row breaks a rule of this system, named here.
  case damaged(String)
}
