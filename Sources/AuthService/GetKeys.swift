import Contracts
import GRPC

extension AuthAPI: Farebox_Auth_V1_AuthService.Method.GetKeys.Synchronous {
  /// Publishes the keys that verify access tokens.
  public func getKeys(
    request: Farebox_Auth_V1_GetKeysRequest, context: ServerContext
  ) throws -> Farebox_Auth_V1_GetKeysResponse {
    var response = Farebox_Auth_V1_GetKeysResponse()
    response.jwksJson = keysJSON
    return response
  }
}
