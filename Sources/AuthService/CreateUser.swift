import Contracts
import GRPC
import Identity

extension AuthAPI {
  /// Adds a user who can log in.
  public func createUser(
    request: Farebox_Auth_V1_CreateUserRequest, context: ServerContext
  ) async throws -> Farebox_Auth_V1_CreateUserResponse {
    var roles: [Role] = []
    var hasUnknownRole = false
    for role in request.roles {
      if let known = Role(role) { roles.append(known) } else { hasUnknownRole = true }
    }
    let user: UserRecord
    do throws(AddUserRefusal) {
      // An unknown role empties the set: it is refused in its turn, after name and password.
      user = try await users.addUser(
        name: request.username, password: request.password,
        roles: hasUnknownRole ? [] : RoleSet(roles))
    } catch {
      throw AuthRefusal(error)
    }
    var response = Farebox_Auth_V1_CreateUserResponse()
    response.user = .init(user)
    return response
  }
}
