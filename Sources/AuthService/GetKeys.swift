import Contracts
import GRPC

extension AuthAPI {
  /// Publishes the keys that verify access tokens.
  public func getKeys(
    request: Farebox_Auth_V1_GetKeysRequest, context: ServerContext
  ) async throws -> Farebox_Auth_V1_GetKeysResponse {
    var response = Farebox_Auth_V1_GetKeysResponse()
    response.jwksJson = keysJSON
    return response
  }
}
