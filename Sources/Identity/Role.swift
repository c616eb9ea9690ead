/// What a caller may do.
///
/// The set is closed: a name that is not listed here, also one in another case, is no role at all
/// and grants nothing.
public enum Role: String, Sendable, Hashable, CaseIterable {
  /// Uses services and sees the own account.
  case user = "USER"
  /// Allocates credits, sets prices, manages users.
  case admin = "ADMIN"
  /// A program that meters on behalf of users.
  case service = "SERVICE"
  /// Reads every account and changes none.
  case auditor = "AUDITOR"

  fileprivate var bit: UInt8 {
    switch self {
    case .user: 1
    case .admin: 2
    case .service: 4
    case .auditor: 8
    }
  }
}

/// A set of roles that costs one byte, so that checking a call allocates nothing.
public struct RoleSet: Sendable, Hashable, ExpressibleByArrayLiteral {
  private var bits: UInt8

  /// The roles in `roles`; repeats count once.
  public init(_ roles: some Sequence<Role>) {
    bits = roles.reduce(0) { $0 | $1.bit }
  }

  /// The roles listed.
  public init(arrayLiteral elements: Role...) {
    self.init(elements)
  }

  /// The roles among `names`; a name that is not a role adds nothing.
  public init(names: some Sequence<String>) {
    self.init(names.compactMap(Role.init(rawValue:)))
  }

  /// Whether no role is in the set.
  public var isEmpty: Bool { bits == 0 }

  /// Whether `role` is in the set.
  public func contains(_ role: Role) -> Bool { bits & role.bit != 0 }

  /// Whether the sets share a role.
  public func intersects(_ other: RoleSet) -> Bool { bits & other.bits != 0 }

  /// The roles in the order of their declaration.
  public var roles: [Role] { Role.allCases.filter(contains) }

  /// The names as tokens and storage write them, in the order of declaration.
  public var names: [String] { roles.map(\.rawValue) }
}

extension RoleSet: CustomStringConvertible {
  /// The names, for example `USER,ADMIN`.
  public var description: String { names.joined(separator: ",") }
}
