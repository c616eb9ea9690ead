/// Hashes and checks passwords with argon2id, off every event loop, at most two at once.
public final class PasswordHasher: Sendable {
  /// Longest password, in bytes of UTF-8; longer ones are refused before they are hashed.
  public static let passwordBytesMax = 256
  /// Hashes computed at once.
  public static let concurrencyMax = 2
  /// Hashes that may wait.
  public static let waitingMax = 32

  private let cost: PasswordHash.Cost
  private let workers: PasswordWorkers
  private let dummy: PasswordHash

  /// Starts the hashing threads; takes the time of one hash.
  public convenience init() throws {
    try self.init(cost: .standard)
  }

  init(
    cost: PasswordHash.Cost, concurrency: Int = concurrencyMax, waiting: Int = waitingMax
  ) throws(PasswordHashError) {
    self.cost = cost
    self.workers = PasswordWorkers(threads: concurrency, waitingMax: waiting)
    // Nobody knows this password: it is random, and matching it still counts for nothing.
    var source = SystemRandomNumberGenerator()
    let password = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &source) }
    self.dummy = try PasswordHash(of: password, cost: cost)
  }

  /// The encoded hash of a password, to be stored.
  public func hash(_ password: String) async throws(PasswordHasherError) -> String {
    let bytes = try Self.admit(password)
    let cost = cost
    let result = try await workers.run {
      Result { () throws(PasswordHashError) in try PasswordHash(of: bytes, cost: cost).encoded }
    }
    do throws(PasswordHashError) {
      return try result.get()
    } catch {
      throw .failed(error)
    }
  }

  /// Whether `password` is the one behind the stored hash.
  ///
  /// Give nil for users that do not exist or may not log in: the answer is then no, after the same
  /// work, so that its time tells nothing.
  public func matches(
    _ password: String, storedHash: String?
  ) async throws(PasswordHasherError) -> Bool {
    let bytes = try Self.admit(password)
    let dummy = dummy
    let result = try await workers.run {
      Result { () throws(PasswordHashError) -> Bool in
        guard let storedHash else {
          _ = try dummy.matches(bytes)
          return false
        }
        return try PasswordHash(encoded: storedHash).matches(bytes)
      }
    }
    do throws(PasswordHashError) {
      return try result.get()
    } catch {
      throw .failed(error)
    }
  }

  private static func admit(_ password: String) throws(PasswordHasherError) -> [UInt8] {
    guard password.utf8.count <= passwordBytesMax else { throw .passwordTooLong }
    return Array(password.utf8)
  }
}

/// Why a password was not hashed or checked.
public enum PasswordHasherError: Error, Sendable, Hashable {
  /// Longer than `PasswordHasher.passwordBytesMax`.
  case passwordTooLong
  /// Too many others wait; try again later.
  case busy
  /// The caller gave up while the work waited.
  case cancelled
  /// The stored hash is damaged, or there was no memory.
  case failed(PasswordHashError)
}
