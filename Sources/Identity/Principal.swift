/// Who is calling, as a verified token says.
///
/// An object and not a value: the cache of verified tokens hands the same one to every call, so
/// that a call pays a reference count and no copy.
public final class Principal: Sendable {
  /// Stable id of the user, also the id of the user's credit account.
  public let subject: String
  /// The name the user logs in with.
  public let username: String
  /// What the token grants.
  public let roles: RoleSet
  /// The token's id (`jti`), for logs; not a secret.
  public let tokenID: String
  /// When the token ends, in seconds since 1970; verification allows `TokenVerifier.leeway` more.
  public let expiresAt: Int64

  /// Describes a caller. Only `TokenVerifier` and tests have reason to.
  public init(
    subject: String, username: String, roles: RoleSet, tokenID: String, expiresAt: Int64
  ) {
    self.subject = subject
    self.username = username
    self.roles = roles
    self.tokenID = tokenID
    self.expiresAt = expiresAt
  }

  /// The rule for calls about one account: the account is the caller's own, or the caller has one
  /// of `roles`.
  ///
  /// The refusal does not depend on whether the account exists.
  ///
  /// - Parameters:
  ///   - account: the decoded account id; an empty one is the caller's own.
  ///   - roles: roles that may act on every account.
  /// - Returns: the id of the account to act on.
  @discardableResult
  public func requireAccess(
    to account: String, orAnyOf roles: RoleSet
  ) throws(AccessDenied) -> String {
    if account.isEmpty { return subject }
    if isSubject(account) || self.roles.intersects(roles) { return account }
    throw AccessDenied()
  }
}

extension Principal {
  /// By bytes: String equality takes some non-ASCII letters for ASCII ones (U+212A for K).
  private func isSubject(_ account: String) -> Bool {
    guard account.utf8.count == subject.utf8.count else { return false }
    var account = account
    var subject = subject
    return account.withUTF8 { left in
      subject.withUTF8 { right in
        (0..<left.count).allSatisfy { left[$0] == right[$0] }
      }
    }
  }
}

extension Principal: CustomStringConvertible {
  /// Id and roles, for logs.
  public var description: String { "\(subject) [\(roles)]" }
}

/// The caller is known and may not act on this account.
public struct AccessDenied: Error, Sendable, Hashable {
  /// Makes the refusal; it says nothing about the account.
  public init() {}

  /// What the caller is told.
  public var message: String { "the caller may not act on this account" }
}
