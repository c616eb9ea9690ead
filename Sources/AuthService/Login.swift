import Contracts
import GRPC
import Identity

extension AuthAPI {
  /// Exchanges a user name and a password for an access token.
  public func login(
    request: Farebox_Auth_V1_LoginRequest, context: ServerContext
  ) async throws -> Farebox_Auth_V1_LoginResponse {
    let name = try Self.username(of: request)
    if let wait = throttle.begin(name) { throw AuthRefusal.throttled(seconds: wait) }
    let user: UserRecord?
    do throws(AuthenticationFailure) {
      user = try await users.authenticate(name: name, password: request.password)
    } catch {
      // Nothing was learned about the password, so nothing is counted.
      throttle.forgive(name)
      throw AuthRefusal(error)
    }
    guard let user else { throw AuthRefusal.badCredentials }
    throttle.forgive(name)

    let issued = try await issuer.issue(to: user)
    var response = Farebox_Auth_V1_LoginResponse()
    response.accessToken = issued.token
    response.expiresAt = .init(seconds: issued.expiresAt)
    response.user = .init(user)
    return response
  }

  private static func username(
    of request: Farebox_Auth_V1_LoginRequest
  ) throws(AuthRefusal) -> Username {
    if request.username.isEmpty { throw .invalid(field: "username", "must not be empty") }
    guard let name = Username(request.username) else {
      throw .invalid(field: "username", AuthRefusal.usernameRule)
    }
    if request.password.isEmpty { throw .invalid(field: "password", "must not be empty") }
    if request.password.utf8.count > PasswordHasher.passwordBytesMax {
      throw .invalid(
        field: "password", "must have at most \(PasswordHasher.passwordBytesMax) bytes")
    }
    return name
  }
}
