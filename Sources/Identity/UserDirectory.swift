/// Adds users and checks who they say they are: the store and the password hasher together.
///
/// Used by the auth service and by the operator's command alike.
public struct UserDirectory: Sendable {
  /// Shortest first password, in bytes of UTF-8.
  public static let passwordBytesMin = 8

  private let store: any UserStore
  private let hasher: PasswordHasher
  private let clock: UnixClock

  /// A directory over `store`.
  public init(store: any UserStore, hasher: PasswordHasher, clock: UnixClock = .system) {
    self.store = store
    self.hasher = hasher
    self.clock = clock
  }

  /// Adds a user; durable on return.
  ///
  /// Refusals in the order of `AddUserRefusal`'s cases.
  public func addUser(
    name: String, password: String, roles: RoleSet
  ) async throws(AddUserRefusal) -> UserRecord {
    guard let username = Username(name) else { throw .badUsername }
    guard (Self.passwordBytesMin...PasswordHasher.passwordBytesMax).contains(password.utf8.count)
    else { throw .badPassword }
    guard !roles.isEmpty else { throw .noRole }
    let hash: String
    do throws(PasswordHasherError) {
      hash = try await hasher.hash(password)
    } catch {
      throw .hashing(error)
    }
    let user = UserRecord(
      id: UserRecord.makeID(), username: username, passwordHash: hash, roles: roles,
      createdAt: clock.now())
    do throws(UserStoreError) {
      try await store.insert(user)
    } catch .usernameTaken {
      throw .usernameTaken
    } catch {
      throw .store(error)
    }
    return user
  }

  /// The user of that name when the password is right and the user may log in; else nil.
  ///
  /// Does the same work whether the name is unknown, the user disabled, or the password wrong.
  public func authenticate(
    name: Username, password: String
  ) async throws(AuthenticationFailure) -> UserRecord? {
    let user: UserRecord?
    do throws(UserStoreError) {
      user = try await store.user(named: name)
    } catch {
      throw .store(error)
    }
    let usable = user.flatMap { $0.isDisabled ? nil : $0 }
    do throws(PasswordHasherError) {
      let matches = try await hasher.matches(password, storedHash: usable?.passwordHash)
      return matches ? usable : nil
    } catch {
      throw .hashing(error)
    }
  }
}

/// Why a user was not added, in the order in which the reasons are looked for.
public enum AddUserRefusal: Error, Sendable {
  /// Not `[A-Za-z0-9_.:-]{1,64}`.
  case badUsername
  /// Not 8 to 256 bytes of UTF-8.
  case badPassword
  /// A user without a role could do nothing.
  case noRole
  /// The password could not be hashed.
  case hashing(PasswordHasherError)
  /// A user of that name exists, in whatever case.
  case usernameTaken
  /// The storage failed; whether the user was added is unknown.
  case store(UserStoreError)
}

/// Why the question whether a password is right has no answer.
public enum AuthenticationFailure: Error, Sendable {
  /// The password could not be hashed.
  case hashing(PasswordHasherError)
  /// The storage failed.
  case store(UserStoreError)
}
