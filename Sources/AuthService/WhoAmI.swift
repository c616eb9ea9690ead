import Contracts
import GRPC
import Identity
import Interceptors

extension AuthAPI: Farebox_Auth_V1_AuthService.Method.WhoAmI.Synchronous {
  /// Describes the caller as the verified token does.
  public func whoAmI(
    request: Farebox_Auth_V1_WhoAmIRequest, context: ServerContext
  ) throws -> Farebox_Auth_V1_WhoAmIResponse {
    let principal = try context.requirePrincipal()
    var response = Farebox_Auth_V1_WhoAmIResponse()
    response.userID = principal.subject
    response.username = principal.username
    response.roles = principal.roles.roles.map(Farebox_Auth_V1_Role.init)
    response.tokenExpiresAt = .init(seconds: principal.expiresAt)
    return response
  }
}
