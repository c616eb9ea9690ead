import GRPC
import Identity

/// Who may call which method: one row for each method that is served.
///
/// A method without a row is denied to everybody. Rules are looked up by the method that the router
/// resolved, never by the text of a request.
public struct AuthorizationTable: Sendable {
  /// What a caller must have.
  public enum Rule: Sendable, Hashable {
    /// Nothing: no token is looked at.
    case open
    /// A valid token.
    case anyAuthenticated
    /// A valid token with one of these roles.
    case roles(RoleSet)
    /// A valid token of a user, for the user's own account, or with one of these roles for every
    /// account. Which account is meant stands in the payload, so the service decides by
    /// `Principal.requireAccess(to:orAnyOf:)`.
    case selfOr(RoleSet)
  }

  private let rows: [String: Rule]

  /// A table of rules by path (`/package.Service/Method`); a path may occur once.
  public init(_ rows: [(path: String, rule: Rule)]) {
    self.rows = Dictionary(rows.map { ($0.path, $0.rule) }) { _, _ in
      preconditionFailure("a method has two rows in the authorization table")
    }
  }

  /// The rule for a method; nil denies.
  public func rule(for method: MethodDescriptor) -> Rule? { rows[method.path] }

  /// The paths that have a row, sorted.
  public var paths: [String] { rows.keys.sorted() }

  /// Those of `methods` that have no row: they can never be called, so a server should not start.
  public func methodsWithoutRow(among methods: [MethodDescriptor]) -> [MethodDescriptor] {
    methods.filter { rows[$0.path] == nil }
  }

  /// What the rule says about a caller; nil allows.
  static func refusal(of rule: Rule?, to principal: Principal?) -> AuthorizationRefusal? {
    switch rule {
    case .open: return nil
    case nil: return .noRule
    case .anyAuthenticated: return principal == nil ? .unauthenticated : nil
    case .roles(let roles):
      guard let principal else { return .unauthenticated }
      return principal.roles.intersects(roles) ? nil : .missingRole
    case .selfOr(let roles):
      guard let principal else { return .unauthenticated }
      if principal.roles.contains(.user) || principal.roles.intersects(roles) { return nil }
      return .missingRole
    }
  }
}

/// Why a method was not called.
enum AuthorizationRefusal: Sendable, Hashable {
  case noRule
  case unauthenticated
  case missingRole
}
