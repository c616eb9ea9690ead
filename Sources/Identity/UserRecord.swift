/// A user as stored.
public struct UserRecord: Sendable, Hashable {
  /// Stable id, never reused, also the id of the user's credit account: `[A-Za-z0-9_.:-]{1,64}`.
  public var id: String
  /// The name to log in with.
  public var username: Username
  /// The password's hash in the encoded form of argon2.
  public var passwordHash: String
  /// What the user may do.
  public var roles: RoleSet
  /// A disabled user cannot log in.
  public var isDisabled: Bool
  /// When the user was added, in seconds since 1970.
  public var createdAt: Int64
  /// Counts up when all tokens of the user are to be refused.
  public var tokenEpoch: Int64

  /// Describes a user.
  public init(
    id: String, username: Username, passwordHash: String, roles: RoleSet, isDisabled: Bool = false,
    createdAt: Int64, tokenEpoch: Int64 = 0
  ) {
    self.id = id
    self.username = username
    self.passwordHash = passwordHash
    self.roles = roles
    self.isDisabled = isDisabled
    self.createdAt = createdAt
    self.tokenEpoch = tokenEpoch
  }

  /// A fresh user id: `usr_` and 128 random bits.
  public static func makeID() -> String {
    "usr_" + randomIdentifier()
  }
}

extension UserRecord: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Id, name and roles; never the password's hash.
  public var description: String { "\(id) \(username) [\(roles)]" }
  /// The same: never the password's hash.
  public var debugDescription: String { description }
  /// Shows no member, so that `dump` prints no hash.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// 128 bits from the system's random source as 26 characters of lower-case base 32.
func randomIdentifier() -> String {
  let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
  var source = SystemRandomNumberGenerator()
  var bits = UInt128(source.next()) << 64 | UInt128(source.next())
  var text: [UInt8] = []
  for _ in 0..<26 {
    text.append(alphabet[Int(bits & 31)])
    bits >>= 5
  }
  return String(decoding: text, as: UTF8.self)
}
