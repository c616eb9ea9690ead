import Contracts
import Identity
import Protobuf

extension Farebox_Auth_V1_User {
  /// A user as administrators see it: without the password's hash.
  init(_ user: UserRecord) {
    self.init()
    userID = user.id
    username = user.username.text
    roles = user.roles.roles.map(Farebox_Auth_V1_Role.init)
    createdAt = .init(seconds: user.createdAt)
  }
}

extension Farebox_Auth_V1_Role {
  /// The contract's word for a role.
  init(_ role: Role) {
    switch role {
    case .user: self = .user
    case .admin: self = .admin
    case .service: self = .service
    case .auditor: self = .auditor
    }
  }
}

extension Role {
  /// The role that the contract's word names; nil for unspecified and unknown ones.
  init?(_ role: Farebox_Auth_V1_Role) {
    switch role {
    case .user: self = .user
    case .admin: self = .admin
    case .service: self = .service
    case .auditor: self = .auditor
    case .unspecified, .UNRECOGNIZED: return nil
    }
  }
}

extension Google_Protobuf_Timestamp {
  /// An instant in whole seconds since 1970.
  init(seconds: Int64) {
    self.init()
    self.seconds = seconds
  }
}
